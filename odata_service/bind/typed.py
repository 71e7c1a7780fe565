"""Expressions with a meaning: every name is a property of the model, every node has a type and says if it can be null."""

from __future__ import annotations

from builtins import property as computed  # PropertyRef has a field of the name
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement

from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, DynamicColumn, EntitySet, EntityType, NavigationProperty, Property,
)  # fmt: skip
from odata_service.edm.primitive import BOOLEAN, INT64, NULL, UNTYPED, PrimitiveType
from odata_service.functions import Canonical
from odata_service.values import frozen


@frozen
class Constant:
    """A value. With a ``slot`` it is a literal of the request and becomes a parameter of the plan: ``written`` is the
    type the literal has by itself, ``type`` the one it is converted to. Without, it is part of the plan."""

    type: PrimitiveType
    value: object
    slot: int = -1
    written: PrimitiveType | None = None
    like: Property | None = None  # the property it is compared with, whose column says how values are stored

    @property
    def nullable(self) -> bool:
        return self.value is None


@frozen
class PropertyRef:
    """``Category/Name``: a property, reached over single-valued navigation from the variable's row."""

    path: tuple[NavigationProperty, ...]
    property: Property
    variable: str = "$it"

    @computed
    def type(self) -> PrimitiveType:
        return self.property.type

    @computed
    def nullable(self) -> bool:
        return self.property.nullable or not all(way.certain for way in self.path)


@frozen
class DynamicRef:
    """``Maker/Weight`` where makers are open to properties that nobody declared: its value where it is of a type, else null.
    Until something else says which type that is, it is untyped."""

    path: tuple[NavigationProperty, ...]
    column: DynamicColumn
    name: str
    variable: str = "$it"
    type: PrimitiveType = UNTYPED

    nullable = True


@frozen
class FromRoot:
    """``$root/Categories(5)/Name``, ``$root/Company/Name``: a property of one entity of whatever set, which goes by ``name``
    in ``value``; of a singleton without a key. Null where there is no such entity, for the caller."""

    entity_set: EntitySet
    key: tuple[tuple[Property, Constant], ...]
    name: str
    value: PropertyRef

    nullable = True

    @computed
    def property(self) -> Property:
        return self.value.property

    @computed
    def type(self) -> PrimitiveType:
        return self.value.type


@frozen
class Function:
    """A call of one signature of :data:`odata_service.functions.FUNCTIONS`."""

    signature: Canonical
    arguments: tuple[Typed, ...]

    @property
    def type(self) -> PrimitiveType:
        return self.signature.returns

    @property
    def nullable(self) -> bool:
        return any(argument.nullable for argument in self.arguments)


@frozen
class Comparison:
    """``eq ne lt le gt ge``; ``in_type`` is the type in which the two sides are compared. Never null."""

    operator: str
    left: Typed
    right: Typed
    in_type: PrimitiveType

    type = BOOLEAN
    nullable = False


@frozen
class Among:
    """The operand is one of the constants: ``in``, or a chain of ``eq`` over one property. Never null."""

    operand: Typed
    items: tuple[Constant, ...]

    type = BOOLEAN
    nullable = False


@frozen
class Arithmetic:
    """``add sub mul div mod`` in the type of the result."""

    operator: str
    left: Typed
    right: Typed
    type: PrimitiveType

    @property
    def nullable(self) -> bool:
        return True  # a division by zero has no result, nor has what an Int64 has no room for


@frozen
class Negation:
    """``-x`` in the type of the result; null where an Int64 has no room for it."""

    operand: Typed
    type: PrimitiveType

    nullable = True


@frozen
class Logical:
    """A whole chain of ``and`` or of ``or``."""

    operator: str
    terms: tuple[Typed, ...]

    type = BOOLEAN

    @property
    def nullable(self) -> bool:
        return any(term.nullable for term in self.terms)


@frozen
class Not:
    operand: Typed

    type = BOOLEAN

    @property
    def nullable(self) -> bool:
        return self.operand.nullable


@frozen
class Cast:
    """``cast(x,Edm.Int64)``; ``operand`` is converted where it can be, else null."""

    operand: Typed
    type: PrimitiveType

    @property
    def nullable(self) -> bool:
        return True


@frozen
class EntityRef:
    """A single entity in an expression, ``Category`` or ``$it``; can only be compared with another or with null, or
    asked for its type. ``path`` leads from the variable's row to it."""

    path: tuple[NavigationProperty, ...]
    entity_type: EntityType
    variable: str = "$it"

    type = NULL
    nullable = True


@frozen
class StructureRef:
    """A complex value in an expression: ``ShippingAddress``; can be compared with another one or with null."""

    path: tuple[NavigationProperty, ...]
    structure: ComplexProperty
    variable: str = "$it"

    type = NULL
    nullable = True


@frozen
class StructureValue:
    """A JSON object in an expression, ``{"City":"Seattle"}``; can be compared with a structure."""

    members: tuple[tuple[str, Typed], ...]

    type = NULL
    nullable = False


@frozen
class CollectionRef:
    """Entities related to a variable's row: ``Orders`` of ``$it``; ``type`` narrows them to a derived type."""

    variable: str
    path: tuple[NavigationProperty, ...]
    navigation: NavigationProperty
    type: EntityType | None = None


@frozen
class ValuesRef:
    """The values that a variable's row has in a collection: ``Tags`` of ``$it``, ``Category/Labels``."""

    variable: str
    path: tuple[NavigationProperty, ...]
    collection: CollectionProperty


# What a variable stands for: an entity, or one of the values of a collection.
Ranged = EntityType | Property | ComplexProperty


@frozen
class Exists:
    """``Orders/any(o:o/Total gt 5)`` or ``all``; ``conditions`` narrow the collection first. In all of them the
    collection's rows go by ``names``. Never null."""

    quantifier: str
    source: CollectionRef | ValuesRef
    names: tuple[str, ...]
    condition: Typed | None
    conditions: tuple[Typed, ...] = ()

    type = BOOLEAN
    nullable = False


@frozen
class Counted:
    """``Orders/$count``, with ``($filter=…)`` as ``conditions``, in which its rows go by ``names``. Never null."""

    source: CollectionRef | ValuesRef
    names: tuple[str, ...]
    conditions: tuple[Typed, ...] = ()

    type = INT64
    nullable = False


@frozen
class TypeTest:
    """``isof(TechStore.SpecialProduct)``: whether a variable's row has a derived type."""

    entity_type: EntityType
    path: tuple[NavigationProperty, ...] = ()
    variable: str = "$it"

    type = BOOLEAN
    nullable = False


@frozen
class Branches:
    """``case(a:1,b:2)``: the value beside the first condition that is true, else null."""

    branches: tuple[tuple[Typed, Typed], ...]
    type: PrimitiveType

    nullable = True


@frozen
class Given:
    """A column of what a transformation of ``$apply`` left; ``property`` is where its values come from, if they were not
    calculated. It is ``made`` by an aggregation, or one that rows were grouped by; ``counts`` says that it is a number of
    something. ``context`` is its path by navigation properties: ``("Category", "Address/City")``."""

    path: str
    type: PrimitiveType
    nullable: bool
    property: Property | None = None
    made: bool = False
    counts: bool = False
    context: tuple[str, ...] = ()


@frozen
class Visible:
    """Whether a row of the set itself is one that the caller may see. Never null."""

    type = BOOLEAN
    nullable = False


@frozen
class Meets:
    """Whether a row of the set itself meets a condition that only SQL has words for, given the row's alias. Never null."""

    condition: Callable[[Any], ColumnElement[bool]]  # (Any: an alias of a mapped class has whatever attributes it has)

    type = BOOLEAN
    nullable = False


@frozen
class FullTextMatch:
    """Whether the words of a phrase stand one after the other in the full text of the variable's row."""

    properties: tuple[Property, ...]
    phrase: str
    variable: str = "$it"

    type = BOOLEAN
    nullable = False


Typed = (
    Constant | PropertyRef | DynamicRef | FromRoot | Function | Comparison | Among | Arithmetic | Negation | Logical | Not | Cast
    | EntityRef | StructureRef | StructureValue | Exists | Counted | TypeTest | Branches | Given | Visible | Meets | FullTextMatch
)  # fmt: skip
