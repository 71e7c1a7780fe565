"""Values of one entity anywhere in the service: ``$root/Categories(5)/Name``, ``$root/Company/Founded`` (URL Conventions,
$root)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from odata_service.bind.keys import key_of
from odata_service.bind.typed import FromRoot, PropertyRef
from odata_service.edm.model import EntitySet
from odata_service.errors import NotImplementedByService, did_you_mean
from odata_service.parse.syntax import Path, Segment, Step

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder

ROOT = "$root"


def from_root(binder: ExpressionBinder, steps: Sequence[Step]) -> FromRoot:
    """What a path means that starts with ``$root``."""
    root, *others = steps
    if not others or not isinstance(named := others[0], Segment):
        binder.refuse("BadPath", f"{ROOT} is followed by the name of an entity set or a singleton", root.at)
    entity_set = _named(binder, named)
    key = key_of(entity_set.type, named, binder.aliases, target=binder.target)
    if not key and not entity_set.singleton:
        _unsupported(binder, f"{ROOT}/{named.name} is a collection; only {ROOT}/{named.name}(key)/Property", named)
    inside = binder.about(entity_set.type)
    entity = Segment(inside.own, None, named.at)
    value = inside.path(Path((entity, *others[1:]), named.at))
    if not isinstance(value, PropertyRef):
        _unsupported(binder, f"behind {ROOT} only single properties with a value of a primitive type", named)
    return FromRoot(entity_set, key, inside.own, value)


def _named(binder: ExpressionBinder, named: Segment) -> EntitySet:
    model = binder.model
    found = model.sets.get(named.name)
    if found is not None:
        return found
    if any(each.name == named.name for each in model.operations):
        _unsupported(binder, f"{named.name} is an operation; behind {ROOT} only entity sets and singletons", named)
    hint = did_you_mean(named.name, model.sets)
    binder.refuse("UnknownEntitySet", f"there is no entity set {named.name!r:.80}{hint}", named.at)


def _unsupported(binder: ExpressionBinder, message: str, step: Step) -> NoReturn:
    message = f"{message} can be asked for in an expression"
    raise NotImplementedByService("NotImplemented", message, target=binder.target, at=step.at)
