"""``$search``: words and phrases looked for in the searchable strings, whatever their case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from odata_service.bind.typed import Comparison, Constant, FullTextMatch, Function, Logical, Not, PropertyRef, Typed
from odata_service.edm.any_entity import actual
from odata_service.edm.model import ComplexProperty, EntityType, Property
from odata_service.edm.primitive import BOOLEAN, STRING
from odata_service.functions import signatures
from odata_service.parse.syntax import SearchExpression

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder


def bind_search(binder: ExpressionBinder, node: SearchExpression) -> Typed:
    """AND, OR and NOT over phrases; a phrase is found where any searchable property contains it."""
    if node.operator == "NOT":
        return Not(bind_search(binder, node.terms[0]))
    if node.operator:
        terms = tuple(bind_search(binder, term) for term in node.terms)
        return Logical(node.operator.lower(), terms)
    places = _places(binder)
    ranged = binder.variables[binder.own]
    if isinstance(ranged, EntityType) and _is_looked_up(actual(ranged), places):
        return FullTextMatch(tuple(places), node.phrase, binder.own)
    if not places:
        return Constant(BOOLEAN, False)
    found = tuple(_contains(binder, declared, node.phrase) for declared in places)
    return found[0] if len(found) == 1 else Logical("or", found)


def _is_looked_up(entity_type: EntityType, places: Sequence[Property]) -> bool:
    """Whether the database looks up all that the caller may search in, and nothing else."""
    return bool(entity_type.full_text) and {each.name for each in places} == set(entity_type.full_text)


def _places(binder: ExpressionBinder) -> list[Property]:
    """Where to look: in an entity, or in one of the values of a collection."""
    ranged = binder.variables[binder.own]
    if isinstance(ranged, EntityType):
        return searchable(actual(ranged))
    members = ranged.members if isinstance(ranged, ComplexProperty) else (ranged,)
    return [declared for declared in members if declared.type == STRING]


def searchable(entity_type: EntityType) -> list[Property]:
    """The properties the model names, or every string where it names none."""
    open_to_search = (each for each in entity_type.properties.values() if "search" not in each.closed_to)
    strings = [declared for declared in open_to_search if declared.type == STRING]
    return [declared for declared in strings if declared.searchable] or strings


def _contains(binder: ExpressionBinder, declared: Property, phrase: str) -> Typed:
    """Compared with true, so that a null is simply not found, also under NOT."""
    (lower,), (contains,) = (signatures(name, binder.protocol) for name in ("tolower", "contains"))
    text = Function(lower, (PropertyRef((), declared, binder.own),))  # in $count($search=…) of what is counted
    found = Function(contains, (text, Constant(STRING, phrase.lower())))
    return Comparison("eq", found, Constant(BOOLEAN, True), BOOLEAN)
