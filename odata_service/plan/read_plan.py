"""What planning gives and executing takes."""

from __future__ import annotations

from collections.abc import Mapping

from odata_service.bind.query import Query, Read
from odata_service.bind.typed import Constant
from odata_service.dialects.base import Decoder
from odata_service.edm.primitive import PrimitiveType
from odata_service.plan.row import RowShape, StreamColumns
from odata_service.plan.statement import Statement
from odata_service.values import frozen


@frozen
class OrderPosition:
    """Where in a row a value of the order stands, how to make Python of it, and its type."""

    position: int
    decode: Decoder | None
    type: PrimitiveType


@frozen
class GroupPlan:
    """For pages that do not end between rows alike in the first value of the order: ``rows`` fetches all that have the value
    of the parameter ``after_0``, ``further`` one that comes after them."""

    rows: Statement
    further: Statement


@frozen
class ReadPlan:
    """Everything about a read that does not change from request to request.

    ``rows`` fetches the entities and ``count`` their number over all pages (for ``$count`` it is alone); how many rows
    ``estimated`` has, the database is asked first. ``exists``
    asks whether the entity before the last step of the path is there. ``constants`` are the literals by parameter
    name. ``few`` fetches the rows of all parents of an expanded collection at once. ``order`` makes skip tokens out of rows. ``part`` is how many
    rows are written at once where an answer may have more, and nothing elsewhere. ``children`` stand beside ``shape.expanded``.
    """

    read: Read
    shape: RowShape
    constants: Mapping[str, Constant]
    rows: Statement | None = None
    count: Statement | None = None
    estimated: Statement | None = None
    exists: Statement | None = None
    few: Statement | None = None
    order: tuple[OrderPosition, ...] = ()
    children: tuple[ReadPlan, ...] = ()
    group: GroupPlan | None = None
    part: int = 0
    stream: StreamColumns | None = None

    @property
    def query(self) -> Query:
        return self.read.query
