"""What a context URL says after ``$metadata#`` (Protocol, Context URL)."""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.edm import cross_join
from odata_service.edm.any_entity import AnyEntity, actual
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityType
from odata_service.formats.version_v4 import V4_0, Version
from odata_service.links import path_text
from odata_service.plan.row import ExpandedNavigation, RowShape

REFERENCE = "$ref"
REFERENCES = "Collection($ref)"
EVERYTHING = "Collection(Edm.EntityType)"


def place_of(shape: RowShape, address: str, root: str) -> str:
    """``Products``, and ``Orders(1)/Lines`` of what is contained there, by the address of one of the entities."""
    if not shape.around:
        return shape.entity_set.name
    return f"{address.removeprefix(root).rpartition('/')[0]}/{path_text(shape.entity_set.segment)}"


def contained_place(shape: RowShape, path: str) -> str:
    """The same by the path that was asked for, where there are no entities; a cast or ``/$filter(…)`` is no part of it."""
    before, way, _ = path.rpartition(f"/{path_text(shape.entity_set.segment)}")
    return f"{before}{way}" if way else path


def collection_context(shape: RowShape, version: Version, place: str) -> str:
    """``Products``, ``Products/TechStore.SpecialProduct``, ``Products(Name,Category(Name))``."""
    if shape.sides:
        return cross_join.ROWS
    if isinstance(shape.declared_type, AnyEntity):
        return EVERYTHING
    name = f"Collection({shape.declared_type.full_name})" if shape.scattered else f"{place}{_cast(shape)}"
    return f"{name}{_in_parentheses(shape, version)}"


def entity_context(shape: RowShape, version: Version, place: str) -> str:
    """``Products(Name)/$entity``, or ``Company`` for a singleton."""
    ending = "" if shape.entity_set.singleton else "/$entity"
    return f"{place}{_cast(shape)}{_in_parentheses(shape, version)}{ending}"


def _cast(shape: RowShape) -> str:
    declared = shape.declared_type
    return "" if actual(declared) is shape.entity_set.type else f"/{declared.full_name}"


def _in_parentheses(shape: RowShape, version: Version) -> str:
    items = select_list(shape, version)
    return f"({','.join(items)})" if items else ""


def select_list(shape: RowShape, version: Version) -> list[str]:
    """What the client chose, and what it expanded with choices of its own; empty where all is there."""
    items = list(_chosen(shape)) if shape.chosen else []
    return items + [text for each in shape.expanded for text in _expanded(each, version)]


def _chosen(shape: RowShape) -> Iterator[str]:
    declared = actual(shape.declared_type)
    for each in shape.selected:
        yield f"{_of_derived(declared, each.name, each.subclass)}{each.name}"
    for structure in shape.structures:
        prefix = _of_derived(declared, structure.name, structure.subclass)
        yield from (f"{prefix}{path}" for path in _structure_paths(structure))
    for values in shape.collections:
        prefix = _of_derived(declared, values.collection.name, values.collection.subclass)
        yield from (f"{prefix}{path}" for path in _values_paths(values.collection))
    if shape.dynamic is not None and shape.dynamic.names is not None:
        yield from sorted(shape.dynamic.names)
    yield from (each.name for each in shape.computed)
    yield from (navigation.name for navigation in shape.links)


def _of_derived(declared: EntityType, name: str, subclass: str) -> str:
    """Properties that the declared type has not stand after the type that has them: ``TechStore.SpecialProduct/``."""
    if name in declared.properties or name in declared.complex or name in declared.collections:
        return ""
    return f"{declared.namespace}.{_type_of_class(declared, subclass)}/"


def _type_of_class(declared: EntityType, subclass: str) -> str:
    derived = (each for each in declared.with_derived() if each.mapper.class_.__name__ == subclass)
    found = next(derived, None)
    return subclass if found is None else found.name


def _structure_paths(structure: ComplexProperty) -> Iterator[str]:
    """``Address``, or ``Address/City`` where only some members were chosen."""
    if len(structure.members) == len(structure.type.members):
        yield structure.name
    else:
        yield from (f"{structure.name}/{member.name}" for member in structure.members)


def _values_paths(collection: CollectionProperty) -> Iterator[str]:
    """``Tags``; ``Addresses/City`` where only some members were chosen."""
    if isinstance(collection.item, ComplexProperty):
        return _structure_paths(collection.item)
    return iter([collection.name])


def _expanded(expanded: ExpandedNavigation, version: Version) -> Iterator[str]:
    """``Category(Name)``. Without choices of its own, version 4.0 leaves it out and 4.01 writes ``Category()``."""
    if expanded.only:
        return
    below = select_list(expanded.shape, version)
    if below or version > V4_0:
        yield f"{expanded.navigation.name}({','.join(below)})"
