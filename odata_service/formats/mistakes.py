"""Marshmallow's messages → refusals with the paths of the properties as their targets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from odata_service.edm.model import CollectionProperty, ComplexType, EntityModel, EntityType, Property
from odata_service.errors import BadRequest
from odata_service.formats.schema import ITSELF, UNKNOWN, unknown_member

_MOST_DETAILS = 20
Kind = EntityType | ComplexType | CollectionProperty


def invalid(path: str, reason: str) -> BadRequest:
    return BadRequest("InvalidValue", f"{path}: {reason}" if path else reason, target=path or None)


def refusal(error: ValidationError, kind: Kind, model: EntityModel, path: str = "") -> BadRequest:
    """The first mistake as the refusal, the others as its details; a wrong name explains why another is missing."""
    mistakes = islice(_mistakes(error.messages, kind, model, path), _MOST_DETAILS + 1)
    first, *others = sorted(mistakes, key=lambda mistake: mistake.code != "UnknownProperty")
    first.details = tuple(others[:_MOST_DETAILS])
    return first


def _mistakes(messages: Any, kind: Kind, model: EntityModel, path: str) -> Iterator[BadRequest]:
    """The messages are nested as the entities are; their paths: ``Addresses/0/StreetAddress``."""
    if not isinstance(messages, dict):
        yield from (invalid(path, message) for message in messages)
        return
    for name, below in messages.items():
        inside = path if name == ITSELF else _below(path, str(name))
        if below == [UNKNOWN]:
            yield BadRequest("UnknownProperty", unknown_member(kind.name, _members(kind), name), target=inside)
        else:
            yield from _mistakes(below, _inside(kind, name, model), model, inside)


def _below(path: str, name: str) -> str:
    """Marshmallow's names are paths, but for dots: ``Category@bind`` was written as ``Category@odata.bind``."""
    spelled = name if "@odata." in name else name.replace("@", "@odata.")
    return f"{path}/{spelled}" if path else spelled


def _members(kind: Kind) -> tuple[str, ...]:
    if isinstance(kind, CollectionProperty):
        return ()
    return kind.members if isinstance(kind, ComplexType) else kind.member_names


def _inside(kind: Kind, name: object, model: EntityModel) -> Kind:
    """The type of what a member holds, for members that are objects."""
    if isinstance(kind, CollectionProperty):
        return kind if isinstance(kind.item, Property) else kind.item.type
    if isinstance(kind, ComplexType):
        return kind
    own_name = str(name).partition("@")[0]
    if own_name in kind.navigation:
        return model.types[kind.navigation[own_name].target]
    if own_name in kind.collections:
        return kind.collections[own_name]
    return kind.complex[own_name].type if own_name in kind.complex else kind
