"""The transformations of ``$apply`` as a tree (OData Extension for Data Aggregation).

``$apply=filter(Amount gt 5)/groupby((Customer/Country),aggregate(Amount with sum as Total))`` is a tuple of two.
"""

from __future__ import annotations


from odata_service.parse.syntax import (
    AggregateItem,
    Argument,
    Compute,
    Expression,
    Literal,
    OrderBy,
    Path,
    SearchExpression,
)
from odata_service.values import frozen


@frozen
class Identity:
    """``identity``."""

    at: int


@frozen
class FilterRows:
    """``filter(Amount gt 5)``."""

    condition: Expression
    at: int


@frozen
class SearchRows:
    """``search(coffee OR tea)``."""

    search: SearchExpression
    at: int


@frozen
class ComputeRows:
    """``compute(Amount mul Rate as Tax)``."""

    items: tuple[Compute, ...]
    at: int


@frozen
class OrderRows:
    """``orderby(Amount desc)``."""

    items: tuple[OrderBy, ...]
    at: int


@frozen
class SkipRows:
    """``skip(10)``."""

    count: Literal
    at: int


@frozen
class TopRows:
    """``top(5)``."""

    count: Literal
    at: int


@frozen
class TopLevels:
    """``topcount(2,Amount)``: ``kind`` is ``topcount``, ``topsum``, ``toppercent``, or one of them with ``bottom``."""

    kind: str
    amount: Expression
    value: Expression
    at: int


@frozen
class Aggregate:
    """``aggregate(Amount with sum as Total,$count as Sales)``."""

    items: tuple[AggregateItem, ...]
    at: int


@frozen
class Rollup:
    """``rollup(Country,City)`` among the groupings; a single path may be the name of a leveled hierarchy."""

    paths: tuple[Path, ...]
    at: int


@frozen
class Hierarchy:
    """``$root/SalesOrganizations,SalesOrgHierarchy,SalesOrganization/ID``."""

    nodes: Path
    qualifier: str
    node_property: Path
    at: int


@frozen
class RollupRecursive:
    """``rolluprecursive($root/Units,Tree,Unit/ID,descendants(…))``."""

    hierarchy: Hierarchy
    restriction: tuple[Transformation, ...]
    at: int


@frozen
class GroupBy:
    """``groupby((Country,Product/Name),aggregate(…))``."""

    groupings: tuple[Path | Rollup | RollupRecursive, ...]
    then: tuple[Transformation, ...]
    at: int


@frozen
class Concat:
    """``concat(groupby(…),aggregate(…))``."""

    sequences: tuple[tuple[Transformation, ...], ...]
    at: int


@frozen
class Nested:
    """``filter(Amount gt 3) as Large``."""

    transformations: tuple[Transformation, ...]
    name: str
    at: int


@frozen
class Nest:
    """``addnested(Sales,filter(…) as Large)``; ``path`` is ``None`` for ``nest(…)``."""

    path: Path | None
    nested: tuple[Nested, ...]
    at: int


@frozen
class Join:
    """``join(Sales as Sale,filter(…))`` or ``outerjoin(…)``: ``kind`` is which."""

    kind: str
    path: Path
    name: str
    then: tuple[Transformation, ...]
    at: int


@frozen
class Related:
    """``ancestors($root/Units,Tree,ID,filter(…),2,keep start)`` or ``descendants(…)``: ``kind`` is which."""

    kind: str
    hierarchy: Hierarchy
    start: tuple[Transformation, ...]
    distance: Literal | None
    keep_start: bool
    at: int


@frozen
class Traverse:
    """``traverse($root/Units,Tree,ID,preorder,Name asc)``."""

    hierarchy: Hierarchy
    order: str
    restriction: tuple[Transformation, ...]
    orderby: tuple[OrderBy, ...]
    at: int


@frozen
class CustomTransformation:
    """``Sales.TopAndBalance(Count=1)``."""

    name: str
    arguments: tuple[Argument, ...]
    at: int


Transformation = (
    Identity | FilterRows | SearchRows | ComputeRows | OrderRows | SkipRows | TopRows | TopLevels | Aggregate | GroupBy
    | Concat | Nest | Join | Related | Traverse | CustomTransformation
)  # fmt: skip
