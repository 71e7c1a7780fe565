"""What a sequence of transformations means in the model (Data Aggregation), before any SQL."""

from __future__ import annotations

from builtins import property as computed  # Aggregated has a field of the name

from odata_service.bind.query import Order
from odata_service.bind.typed import Constant, Typed
from odata_service.edm.model import EntityType, NavigationProperty, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen


@frozen
class Narrowed:
    """``filter(…)`` and ``search(…)``."""

    condition: Typed


@frozen
class Ordered:
    """``orderby(…)``."""

    order: tuple[Order, ...]


@frozen
class Sliced:
    """``skip(n)`` or ``top(n)``."""

    kind: str
    count: Constant


@frozen
class Best:
    """``topcount(2,Amount)`` and its family."""

    kind: str
    amount: Typed
    value: Typed


@frozen
class Related:
    """``Products/Descriptions``: a way from a row to other entities, each of which counts once however many rows lead to
    it. Each navigation property has the type beside it that its entities must be of; ``name`` is what the last ones
    go by in an expression."""

    ways: tuple[tuple[NavigationProperty, EntityType], ...]
    name: str


@frozen
class Aggregated:
    """``Amount with sum as Total``; without an ``expression`` it counts rows, or those ``related`` to them. Only what meets
    the ``condition`` takes part. ``property`` is where a least or greatest value comes from."""

    name: str
    method: str
    expression: Typed | None
    type: PrimitiveType
    related: Related | None = None
    condition: Typed | None = None
    property: Property | None = None

    @computed
    def counts(self) -> bool:
        return self.method in ("countdistinct", "$count")


@frozen
class Grouped:
    """``groupby((Country),aggregate(…))``; without ``groups`` all rows are one group."""

    groups: tuple[tuple[str, Typed], ...]
    aggregates: tuple[Aggregated, ...]


Transformation = Narrowed | Ordered | Sliced | Best | Grouped


@frozen
class Applied:
    """A sequence of transformations, and the columns of its result by path (``Category/Name``). Those below a path in
    ``wholes`` are one structure or entity: null where all of them are. ``context`` has the paths that a context URL names."""

    steps: tuple[Transformation, ...]
    columns: tuple[tuple[str, Typed], ...]
    wholes: frozenset[str] = frozenset()
    context: tuple[tuple[str, ...], ...] = ()
