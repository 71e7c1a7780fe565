"""Options about a collection of values: ``Tags($filter=startswith($this,'a');$top=5)``, ``Products(1)/Tags?$orderby=$this``."""

from __future__ import annotations

from dataclasses import replace

from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.paths import IT
from odata_service.bind.query import Order, Values
from odata_service.bind.typed import Constant, Logical, Typed
from odata_service.edm.model import CollectionProperty, ComplexProperty
from odata_service.edm.primitive import INT64
from odata_service.errors import BadRequest, did_you_mean
from odata_service.parse.syntax import Literal, Options, OrderBy, Segment


def bind_values(
    collection: CollectionProperty, options: Options, entity: ExpressionBinder, *, is_resource: bool = False
) -> Values:
    """The values that the options leave. Where the collection itself is the resource, ``$it`` is one of its values."""
    _refuse_options_of_entities(collection, options)
    inside = entity.about(collection.item, *([IT] if is_resource else []))
    return Values(
        _with_members(collection, options),
        (inside.own, IT) if is_resource else (inside.own,),
        _condition(inside, options),
        tuple(_order(inside, item) for item in options.orderby),
        number(options.top),
        number(options.skip),
        bool(options.count),
    )


def _refuse_options_of_entities(collection: CollectionProperty, options: Options) -> None:
    of_entities = {"$expand": options.expand, "$compute": options.compute, "$apply": options.apply}
    asked = next((name for name, value in of_entities.items() if value), None)
    if asked is not None:
        raise BadRequest("OptionNotApplicable", f"{asked} needs entities, {collection.name} has values", target=asked)


def number(literal: Literal | None) -> Constant | None:
    """The value of ``$top`` or ``$skip``."""
    return None if literal is None else Constant(INT64, literal.value, literal.slot, literal.type)


def _condition(inside: ExpressionBinder, options: Options) -> Typed | None:
    asked = [] if options.filter is None else [inside.condition(options.filter)]
    if options.search is not None:
        asked.append(replace(inside, target="$search").search(options.search))
    return Logical("and", tuple(asked)) if len(asked) > 1 else next(iter(asked), None)


def _order(inside: ExpressionBinder, item: OrderBy) -> Order:
    inside = replace(inside, target="$orderby")
    value = inside.known(item.expression)
    if isinstance(value, Constant):
        inside.refuse("NotSortable", "only a value that differs from one to the next gives an order", item.at)
    return Order(value, item.descending)


def _with_members(collection: CollectionProperty, options: Options) -> CollectionProperty:
    """Of structures only the members that ``$select`` names."""
    names = [_member(collection, item.path) for item in options.select]
    if not names or "*" in names or not isinstance(collection.item, ComplexProperty):
        return collection
    members = tuple(member for member in collection.item.members if member.name in names)
    return replace(collection, item=replace(collection.item, members=members))


def _member(collection: CollectionProperty, path: tuple[Segment, ...]) -> str:
    name, item = path[0].name, collection.item
    known = item.type.members if isinstance(item, ComplexProperty) else ()
    if len(path) > 1 or name not in (*known, "*"):
        message = f"the values of {collection.name} have no property {path[-1].name!r}{did_you_mean(name, known)}"
        raise BadRequest("UnknownProperty", message, target="$select", at=path[0].at)
    return name
