"""What the marshmallow schemas of both versions share: fields for values, what may be absent, names that are unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.errors import did_you_mean

# Marshmallow's key for what concerns an object as a whole, and our message where a name is none of the type's.
ITSELF = "_schema"
UNKNOWN = "unknown"
ValueReader = Callable[[object, Property], object]


class Value(fields.Field[object]):
    """A structural property, read as a version's value table says."""

    def __init__(self, declared: Property, read: ValueReader, *, required: bool) -> None:
        super().__init__(
            attribute=declared.name,
            data_key=declared.name,
            required=required,
            allow_none=declared.nullable,
            error_messages={"null": "cannot be null", "required": "is required"},
        )
        self._declared = declared
        self._read = read

    def plain(self, value: object) -> object:
        """A value as it is read where all is well; ValueError where something has to be said."""
        if value is None:
            if not self.allow_none:
                raise ValueError
            return None
        return self._read(value, self._declared)

    # Any: marshmallow's own signature.
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> object:
        try:
            return self._read(value, self._declared)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Plain:
    """Objects that have nothing but values of properties, as nearly all that clients send: they are read by the fields of a
    schema without the rest of it, in a tenth of the time. What is not so plain, every mistake among it, is left to the
    schema as a whole."""

    def __init__(self, schema: Schema, properties: Iterable[Property]) -> None:
        fields = {declared.name: schema.fields.get(f"_{declared.name}") for declared in properties}
        self._fields = {name: each for name, each in fields.items() if isinstance(each, Value)}
        self._known = self._fields.keys()
        self._required = {name for name, each in self._fields.items() if each.required}

    def values(self, data: Mapping[str, object], *, partial: bool) -> dict[str, object] | None:
        """In the order of the properties; ``None`` for what is not plain."""
        names = data.keys()
        if not (names <= self._known) or not (partial or self._required <= names):
            return None
        try:
            return {name: field.plain(data[name]) for name, field in self._fields.items() if name in names}
        except ValueError:
            return None


class Unregistered:
    """The ``Meta`` of a schema: marshmallow's registry is global, and two services may have a type of one name."""

    register = False


def is_required(declared: Property, supplied: frozenset[object]) -> bool:
    """Whether a new entity must come with a value: nothing else supplies one."""
    absent_is_fine = declared.nullable or declared.generated or declared.column in supplied
    return not (absent_is_fine or declared.server_set or declared.only_later)


def supplied_columns(entity_type: EntityType, model: EntityModel) -> frozenset[object]:
    """Foreign keys: a navigation property, or the entity around it, may supply them instead of the client. What kind of
    entity it is, the type says."""
    own = [way.near for way in entity_type.navigation.values() if way.owns_key]
    ways = (way for other in model.types.values() for way in other.navigation.values())
    back = [way.far for way in ways if entity_type.is_a(model.types[way.target]) and not way.owns_key]
    kind = [each.column for each in entity_type.properties.values() if each.attribute == entity_type.root.discriminator]
    return frozenset(column for columns in (*own, *back, kind) for column in columns)


def left_to_default(declared: Property, value: object) -> bool:
    """A null where none may stand, and a default does: clients send it for what they do not know."""
    return value is None and not declared.nullable and declared.generated


def by_discriminator(data: Mapping[str, object], entity_type: EntityType) -> EntityType | None:
    """The derived type whose value the discriminating property has, where the property is published."""
    name = entity_type.root.discriminator
    value = None if name is None else data.get(name)
    if value is None:
        return None
    return next((each for each in entity_type.with_derived() if each.discriminator_value == value), None)


def unknown_member(type_name: str, known: tuple[str, ...], name: str) -> str:
    return f"{type_name} has no property {name[:80]!r}{did_you_mean(name, known)}"
