"""Structures in the JSON of requests: ``"ShippingAddress":{"City":"Berlin"}``, whole or in part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from odata_service.edm.model import ComplexProperty, Property
from odata_service.formats.schema import UNKNOWN, ValueReader, is_required, left_to_default
from odata_service.values import frozen


class Structure(fields.Field[Mapping[str, object]]):
    """A complex property; a ``partial`` one changes the members that it names."""

    def __init__(self, declared: ComplexProperty, read: ValueReader) -> None:
        super().__init__(
            attribute=f"structure {declared.name}",
            data_key=declared.name,
            required=not declared.nullable and any(is_required(member, frozenset()) for member in declared.members),
            allow_none=declared.nullable,
            error_messages={"null": "cannot be null", "required": "is required"},
        )
        self._reader = StructureReader(declared, read)

    # Any: marshmallow's own signature.
    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Mapping[str, object]:
        return self._reader.members(value, partial=bool(kwargs.get("partial")))


@frozen
class StructureReader:
    """Reads the members of one complex property, their values as a version's value table says."""

    declared: ComplexProperty
    read: ValueReader

    def members(self, value: object, *, partial: bool) -> Mapping[str, object]:
        """The members by name, in Python; ``ValidationError`` has a message for each that is wrong."""
        if not isinstance(value, dict):
            raise ValidationError(f"expected an object with the properties of {self.declared.type.name}")
        said = {name: each for name, each in value.items() if not _is_control(name)}
        mistakes: dict[str, list[str]] = {name: [UNKNOWN] for name in said if self.declared.member(name) is None}
        members: dict[str, object] = {}
        for member in self.declared.members:
            if member.name in said:
                self._member(member, said[member.name], members, mistakes)
            elif not partial and is_required(member, frozenset()):
                mistakes[member.name] = ["is required"]
        if mistakes:
            raise ValidationError(mistakes)
        return members

    def _member(
        self, member: Property, value: object, members: dict[str, object], mistakes: dict[str, list[str]]
    ) -> None:
        if member.server_set or left_to_default(member, value):
            return
        try:
            members[member.name] = self.read(value, member)
        except ValueError as error:
            mistakes[member.name] = [str(error)]


def _is_control(name: str) -> bool:
    """V4's ``@odata.type``, V2's ``__metadata``."""
    return "@" in name or name == "__metadata"
