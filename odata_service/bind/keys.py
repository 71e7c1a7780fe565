"""Keys in a path: ``(5)``, ``(OrderId=1,No=2)``, ``(ID=@p)``, and as a segment of their own: ``/People/5``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from odata_service.bind.convert import NotConvertible, convert, convertible
from odata_service.bind.query import Key
from odata_service.bind.typed import Constant
from odata_service.edm import primitive
from odata_service.edm.model import EntityType, NavigationProperty, Property
from odata_service.errors import BadRequest
from odata_service.parse.syntax import Alias, Argument, Expression, Literal, Segment

TARGET = "path"
Aliases = Mapping[str, Expression]


def key_of(
    entity_type: EntityType, segment: Segment, aliases: Aliases, way: NavigationProperty | None = None, target: str = TARGET
) -> Key:
    """The key in the type's order; a single one may be without its name. What the way that led here gives already may be
    left out (URL Conventions, Addressing Entities: referential constraints)."""
    if not segment.arguments:
        return ()
    given = {argument.name: argument for argument in segment.arguments}
    parts = _parts_meant(entity_type, given, segment, way, target)
    if None in given:
        given = {parts[0].name: segment.arguments[0]}
    return tuple((declared, _value(declared, given[declared.name], aliases, target)) for declared in parts)


def _parts_meant(
    entity_type: EntityType,
    given: Mapping[str | None, Argument],
    segment: Segment,
    way: NavigationProperty | None,
    target: str,
) -> list[Property]:
    """The parts of the key for which there are values, or those of an alternate key, which are always named."""
    if entity_type.keyless:
        _refuse(f"{entity_type.name} has no key, so that its entities can only be read together", segment.at, target)
    needed, names = parts_of_key(entity_type, way), set(given)
    if len(given) == len(segment.arguments or ()):
        if names == {None} and len(needed) == 1:
            return needed
        if {each.name for each in needed} <= names <= {each.name for each in entity_type.key}:
            return [each for each in entity_type.key if each.name in names]
        for key in entity_type.alternate_keys:
            if names == {each.name for each in key}:
                return list(key)
    alternate = "".join(f" or {_names(key)}" for key in entity_type.alternate_keys)
    _refuse(f"the key of {entity_type.name} is {_names(needed)}{alternate}", segment.at, target)


def _names(key: Sequence[Property]) -> str:
    return f"({', '.join(each.name for each in key)})"


def parts_of_key(entity_type: EntityType, way: NavigationProperty | None) -> list[Property]:
    """Those that the way to an entity does not give."""
    given = () if way is None or way.owns_key or way.link_near else way.far
    return [part for part in entity_type.key if part.column not in given] or list(entity_type.key)


def key_from_segments(parts: Sequence[Property], segments: Sequence[Segment]) -> Key:
    """Key-as-segment: one plain text per part of the key."""
    return tuple((declared, _from_text(declared, segment)) for declared, segment in zip(parts, segments, strict=True))


def _value(declared: Property, argument: Argument, aliases: Aliases, target: str) -> Constant:
    literal = argument.value
    if isinstance(literal, Alias):
        literal = aliases.get(literal.name, literal)
    if not isinstance(literal, Literal) or literal.value is None:
        _refuse(f"{declared.name} needs a value of {declared.type}", argument.at, target)
    if not convertible(literal.type, declared.type):
        _refuse(f"{declared.name} needs a value of {declared.type}, not of {literal.type}", argument.at, target)
    try:
        value = convert(literal.value, literal.type, declared.type)
    except NotConvertible as reason:
        _refuse(f"{declared.name}: {reason}", argument.at, target)
    return Constant(declared.type, value, literal.slot, literal.type, declared)


def _from_text(declared: Property, segment: Segment) -> Constant:
    try:
        value: object = segment.name
        if declared.type.is_integer:
            value = int(segment.name)
        elif declared.type is not primitive.STRING:
            value = convert(segment.name, primitive.STRING, declared.type)
    except (NotConvertible, ValueError):
        _refuse(f"{segment.name!r:.60} is no key of type {declared.type}", segment.at)
    return Constant(declared.type, value, -1, declared.type, declared)


def _refuse(message: str, at: int, target: str = TARGET) -> NoReturn:
    raise BadRequest("BadKey", message, target=target, at=at)
