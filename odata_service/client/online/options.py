"""What is asked of a set: conditions, order, pages, and what comes with each entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from odata_service.values import frozen

from .expression import Expression, Order, Path, Raw
from .model import StructuredType

Wanted = str | Path
Ordered = str | Expression | Order


@frozen
class Options:
    """Each method gives new options; conditions add up."""

    filters: tuple[Expression, ...] = ()
    select: tuple[str, ...] = ()
    expand: tuple[Expand, ...] = ()
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int | None = None
    search: str | None = None
    apply: str | None = None
    compute: str | None = None
    count: bool = False
    custom: tuple[tuple[str, str], ...] = ()

    def where(self, *conditions: str | Expression) -> Options:
        return replace(self, filters=(*self.filters, *map(_condition, conditions)))

    def selecting(self, names: Iterable[Wanted]) -> Options:
        return replace(self, select=(*self.select, *map(path_text, names)))

    def expanding(self, items: Iterable[Wanted | Expand]) -> Options:
        expands = [each if isinstance(each, Expand) else Expand.of(path_text(each).split("/")) for each in items]
        return replace(self, expand=merged((*self.expand, *expands)))

    def ordering(self, items: Iterable[Ordered]) -> Options:
        return replace(self, order=(*self.order, *map(_order, items)))


NOTHING_ASKED = Options()


@frozen
class Expand:
    """Related entities that come along: ``Expand("Addresses", Options(top=1))``."""

    name: str
    options: Options = NOTHING_ASKED

    @classmethod
    def of(cls, path: Sequence[str]) -> Expand:
        """
        >>> Expand.of(["Addresses", "AddressType"]).options.expand[0].name
        'AddressType'
        """
        name, *rest = path
        return cls(name, Options(expand=(cls.of(rest),)) if rest else NOTHING_ASKED)

    def where(self, *conditions: str | Expression) -> Expand:
        return replace(self, options=self.options.where(*conditions))

    def select(self, *names: Wanted) -> Expand:
        return replace(self, options=self.options.selecting(names))

    def expand(self, *items: Wanted | Expand) -> Expand:
        return replace(self, options=self.options.expanding(items))

    def order_by(self, *items: Ordered) -> Expand:
        return replace(self, options=self.options.ordering(items))

    def top(self, count: int) -> Expand:
        return replace(self, options=replace(self.options, top=count))

    def skip(self, count: int) -> Expand:
        return replace(self, options=replace(self.options, skip=count))

    def paths(self, before: str = "") -> list[str]:
        """As V2 has them: ``Addresses/AddressType``."""
        path = f"{before}{self.name}"
        return [text for each in self.options.expand for text in each.paths(f"{path}/")] or [path]


def keyed(select: tuple[str, ...], owner: StructuredType) -> tuple[str, ...]:
    """What is selected, and the key, so that the entity stays one that can be saved."""
    return (*(each.name for each in owner.key if each.name not in select), *select)


def expanded_with_keys(expand: Expand, owner: StructuredType) -> Expand:
    navigation = owner.navigation.get(expand.name)
    if navigation is None:
        return expand
    options, target = expand.options, navigation.target
    select = keyed(options.select, target) if options.select else ()
    return Expand(
        expand.name,
        replace(options, select=select, expand=tuple(expanded_with_keys(each, target) for each in options.expand)),
    )


def merged(expands: Iterable[Expand]) -> tuple[Expand, ...]:
    """One for each name: ``Addresses/Type`` and ``Addresses/Person`` are one way to Addresses, and two from there."""
    found: dict[str, Expand] = {}
    for each in expands:
        known = found.get(each.name)
        if known is not None:
            inner = merged((*known.options.expand, *each.options.expand))
            options = each.options if known.options == Options(expand=known.options.expand) else known.options
            each = Expand(each.name, replace(options, expand=inner))
        found[each.name] = each
    return tuple(found.values())


def _condition(said: str | Expression) -> Expression:
    if isinstance(said, str):
        return Raw(said)
    if not isinstance(said, Expression):
        raise TypeError(f"{said!r:.60} is no condition: write people.Name == 'Ada', or a text of $filter")
    return said


def _order(said: Ordered) -> Order:
    if isinstance(said, Order):
        return said
    if isinstance(said, Expression):
        return Order(said)
    name, _, direction = said.partition(" ")
    return (
        Order(Raw(name), direction.strip().lower() == "desc") if direction in ("", "asc", "desc") else Order(Raw(said))
    )


def path_text(said: Wanted) -> str:
    return said if isinstance(said, str) else "/".join(said._segments)


def check_path(owner: StructuredType, path: str) -> None:
    """A path in ``$select`` or ``$expand`` of names that there are; what is not plain is the server's to judge."""
    here: StructuredType | None = owner
    for name in path.split("/"):
        if here is None or not name.isidentifier() or here.is_open:
            return
        found = here.member(name)
        inner = found.target if hasattr(found, "target") else found.value.type
        here = inner if isinstance(inner, StructuredType) else None
