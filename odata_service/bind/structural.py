"""``eq`` and ``ne`` where no single values stand: structures member by member, entities by their key (URL Conventions,
Equals)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from odata_service.bind.typed import (
    Comparison,
    Constant,
    EntityRef,
    Logical,
    PropertyRef,
    StructureRef,
    StructureValue,
    Typed,
)
from odata_service.edm.any_entity import actual
from odata_service.edm.primitive import NULL
from odata_service.errors import did_you_mean
from odata_service.parse.syntax import Binary

if TYPE_CHECKING:
    from odata_service.bind.expression import ExpressionBinder

Reference = EntityRef | StructureRef
NOTHING = Constant(NULL, None)


def equal(binder: ExpressionBinder, node: Binary, left: Typed, right: Typed) -> Typed:
    """The condition that both sides are the same, one of which at least is a structure or an entity."""
    match (left, right):
        case ((EntityRef() | StructureRef()) as one, Constant(value=None)) | (
            Constant(value=None),
            (EntityRef() | StructureRef()) as one,
        ):
            return is_absent(one)
        case StructureRef(), StructureRef() if left.structure.type is right.structure.type:
            return _all(_same_members(left, right))
        case (StructureRef() as one, StructureValue() as value) | (StructureValue() as value, StructureRef() as one):
            return _all(_has_members(binder, node, one, value))
        case EntityRef(), EntityRef() if actual(left.entity_type).root is actual(right.entity_type).root:
            return _all(_same_key(left, right))
    message = f"{node.operator!r} goes between structures of one type, between entities of one type, and with null"
    binder.refuse("NotAValue", message, node.at)


def is_absent(reference: Reference) -> Typed:
    """``Category eq null``, ``ShippingAddress eq null``: there is nothing of it."""
    if isinstance(reference, StructureRef):
        members = reference.structure.members
    else:
        members = actual(reference.entity_type).key[:1]
    parts = (PropertyRef(reference.path, member, reference.variable) for member in members)
    return _all(Comparison("eq", part, NOTHING, part.type) for part in parts)


def _all(conditions: Iterator[Typed]) -> Typed:
    return Logical("and", tuple(conditions))


def _same_members(left: StructureRef, right: StructureRef) -> Iterator[Typed]:
    for member in left.structure.members:
        other = right.structure.member(member.name)
        if other is not None:  # the caller may be shown one of them and not the other
            one = PropertyRef(left.path, member, left.variable)
            yield Comparison("eq", one, PropertyRef(right.path, other, right.variable), member.type)


def _has_members(
    binder: ExpressionBinder, node: Binary, structure: StructureRef, value: StructureValue
) -> Iterator[Typed]:
    """What a value leaves out is null. A structure all of whose members are null is null itself, and equals ``{}``."""
    given = {name: each for name, each in value.members if "@" not in name}
    for name in given:
        if structure.structure.member(name) is None:
            hint = did_you_mean(name, structure.structure.type.members)
            binder.refuse(
                "UnknownProperty", f"{structure.structure.type.name} has no property {name!r:.80}{hint}", node.at
            )
    for member in structure.structure.members:
        one = PropertyRef(structure.path, member, structure.variable)
        yield binder.equal(one, given.get(member.name, NOTHING), node.at)


def _same_key(left: EntityRef, right: EntityRef) -> Iterator[Typed]:
    for part in actual(left.entity_type).root.key:
        one, other = (PropertyRef(each.path, part, each.variable) for each in (left, right))
        yield Comparison("eq", one, other, part.type)
