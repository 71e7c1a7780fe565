"""What a client wrote, as a tree: V4's language, into which V2 is translated while it is parsed.

Every node says ``at`` which character of its option's decoded text it starts. Nodes know nothing of a model: a name is
just a name until ``bind`` looks it up.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from odata_service.edm.primitive import PrimitiveType
from odata_service.values import frozen

if TYPE_CHECKING:
    from odata_service.parse.apply_syntax import Transformation


@frozen
class Literal:
    """A value: ``5``, ``'O''Neil'``, ``guid'…'``, ``null``.

    ``type`` is what the literal itself says (``5`` is Int32, ``5L`` Int64, ``1.5`` Decimal in V4 and Double in V2).
    ``text`` is what was written; ``slot`` numbers the literals of one request in the order they were written, so that
    a cached plan finds its parameters again.
    """

    type: PrimitiveType
    value: object
    text: str
    at: int
    slot: int = -1


@frozen
class EnumLiteral:
    """``Sales.Color'Red,Blue'``."""

    type_name: str
    members: str
    text: str
    at: int
    slot: int = -1


@frozen
class Alias:
    """A parameter alias: ``@p``; the sign belongs to the name."""

    name: str
    at: int


@frozen
class Argument:
    """One part of a key or one argument of a function in a path: ``5``, ``ID=5``, ``count=@c``."""

    name: str | None
    value: Expression
    at: int


@frozen
class Segment:
    """One step of a path: ``People``, ``People(5)``, ``Line(Order=1,No=2)``, ``$count``, ``Sales.Manager``, ``$it``,
    ``@Core.Messages``, ``@p``.

    ``arguments`` is ``None`` without parentheses and empty for ``People()``. A key after a function call or after
    ``$filter(…)`` is a segment of its own, without a name: ``Cheapest(count=3)(5)``.
    """

    name: str
    arguments: tuple[Argument, ...] | None
    at: int


CROSSJOIN = "$crossjoin"


def crossed_names(segment: Segment) -> tuple[str, ...]:
    """``$crossjoin(Products,Categories)`` → the names of the sets."""
    paths = (argument.value for argument in segment.arguments or () if isinstance(argument.value, Path))
    return tuple(step.name for path in paths for step in path.steps if isinstance(step, Segment))


@frozen
class AnyAll:
    """The last step of a path over a collection: ``any(o: o/Total gt 100)``; ``any()`` has neither variable nor
    condition."""

    quantifier: str
    variable: str | None
    condition: Expression | None
    at: int


@frozen
class CountOf:
    """The last step of a path over a collection: ``$count($filter=…;$search=…)``."""

    options: Options
    at: int


@frozen
class FilterStep:
    """A step that narrows a collection: ``$filter(Total gt 100)`` or ``$filter(@f)``."""

    condition: Expression
    at: int


@frozen
class From:
    """``from Time/Month with average`` in an aggregation; ``method`` may be left out for a custom aggregate."""

    groupings: tuple[Path, ...]
    method: str | None
    at: int


@frozen
class AggregateItem:
    """``Amount with sum as Total``, ``$count as Sales``, ``Forecast``.

    ``expression`` is ``None`` for ``$count`` of the rows themselves; ``method`` is ``$count`` wherever rows are counted,
    and ``None`` for a custom aggregate.
    """

    expression: Expression | None
    method: str | None
    sources: tuple[From, ...]
    alias: str | None
    at: int


@frozen
class AggregateOf:
    """The last step of a path over a collection: ``aggregate(Amount with sum)``."""

    item: AggregateItem
    at: int


Step = Segment | AnyAll | CountOf | FilterStep | AggregateOf


@frozen
class Path:
    """A member path in an expression: ``Category/Name``, ``$it/Price``, ``o/Lines/any(l:l/Total gt 5)``."""

    steps: tuple[Step, ...]
    at: int


@frozen
class Call:
    """A function of the language: ``contains(Name,'x')``, ``cast(Price,Edm.Int32)``, ``isof(Sales.Manager)``.

    A type name among the arguments is a :class:`TypeName`.
    """

    name: str
    arguments: tuple[Expression, ...]
    at: int


@frozen
class TypeName:
    """A type as an argument: ``Edm.Int32``, ``Collection(Sales.Order)``; in V2 written as a string."""

    name: str
    at: int


@frozen
class Unary:
    """``not x`` or ``-x``; ``operator`` is ``not`` or ``-``."""

    operator: str
    operand: Expression
    at: int


@frozen
class Binary:
    """``left operator right``: ``eq ne gt ge lt le has add sub mul div divby mod``; ``at`` is the operator's place."""

    operator: str
    left: Expression
    right: Expression
    at: int


@frozen
class Junction:
    """A whole chain of ``and`` or of ``or``, flat: ``a or b or c``."""

    operator: str
    terms: tuple[Expression, ...]
    at: int


@frozen
class In:
    """``Name in ('a','b')``; ``items`` is a :class:`ListExpression`, a path to a collection or an alias."""

    operand: Expression
    items: Expression
    at: int


@frozen
class Case:
    """``case(Price lt 5:'low',true:'high')``."""

    branches: tuple[tuple[Expression, Expression], ...]
    at: int


@frozen
class ListExpression:
    """``('a','b')`` after ``in``, or a JSON array as a value: ``["a","b"]``."""

    items: tuple[Expression, ...]
    at: int


@frozen
class ObjectExpression:
    """A JSON object as a value: ``{"Street":"Main"}``."""

    members: tuple[tuple[str, Expression], ...]
    at: int


Expression = (
    Literal | EnumLiteral | Alias | Path | Call | TypeName | Unary | Binary | Junction | In | Case
    | ListExpression | ObjectExpression
)  # fmt: skip


@frozen
class OrderBy:
    """``Name desc``."""

    expression: Expression
    descending: bool
    at: int


@frozen
class SelectItem:
    """``Name``, ``Address/City``, ``*``, ``Sales.Manager/Budget``, ``Tags($filter=…)``."""

    path: tuple[Segment, ...]
    options: Options
    at: int


@frozen
class ExpandItem:
    """``Category``, ``Orders($top=5)``, ``*``, ``Sales.Manager/Reports``; ``suffix`` is ``$ref``, ``$count`` or empty.

    V2's ``A/B`` arrives as ``A($expand=B)``, and its ``$select=A/P`` as ``A($select=P)``.
    """

    path: tuple[Segment, ...]
    suffix: str
    options: Options
    at: int


@frozen
class Compute:
    """``Price mul Quantity as Total``."""

    expression: Expression
    name: str
    at: int


@frozen
class Options:
    """The query options of a request, or of one item of ``$expand``; absent ones are ``None`` or empty.

    ``top`` and ``skip`` are literals, because their values are parameters of a cached plan.
    """

    filter: Expression | None = None
    orderby: tuple[OrderBy, ...] = ()
    expand: tuple[ExpandItem, ...] = ()
    select: tuple[SelectItem, ...] = ()
    compute: tuple[Compute, ...] = ()
    search: SearchExpression | None = None
    apply: tuple[Transformation, ...] = ()
    top: Literal | None = None
    skip: Literal | None = None
    count: bool | None = None
    levels: int | None = None  # -1 is "max"
    index: Literal | None = None
    skip_token: str | None = None
    delta_token: str | None = None
    format: str | None = None
    schema_version: str | None = None
    id: str | None = None
    aliases: tuple[tuple[str, Expression], ...] = ()
    custom: tuple[tuple[str, str], ...] = ()


NO_OPTIONS = Options()


@frozen
class SearchExpression:
    """``$search``: a word or phrase (``operator`` empty), or AND/OR/NOT over others."""

    operator: str
    terms: tuple[SearchExpression, ...]
    phrase: str
    at: int


@frozen
class Syntax:
    """One parsed request: the resource path below the root, the options, and every literal in the order written.

    ``counts`` are the literals, by their slot, that are numbers of rows (``$top``, ``$skip``), each with the greatest
    that is allowed.
    """

    path: tuple[Segment, ...]
    options: Options
    literals: tuple[Literal | EnumLiteral, ...] = field(default=())
    counts: tuple[tuple[int, int], ...] = ()
