"""Values whose types no model declares: rows of ``$apply``, and what functions and actions return."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence

from odata_service.edm.primitive import PRIMITIVES
from odata_service.edm.values import type_of
from odata_service.formats.json_text import quoted
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_typed
from odata_service.formats.version_v4 import V4_0
from odata_service.result import OperationResult

_BY_NAME = {kind.name: kind for kind in reversed(PRIMITIVES)}


def dynamic_object(row: Mapping[str, object], style: Style, *, transient: bool = False) -> str:
    """An object with the types of its values beside them, where the JSON does not say them itself. A ``transient``
    entity has no address, which version 4.0 spells out as null (OData JSON Format, Control Information: id)."""
    members = [f"{style.control('id')}null"] if transient and _says_null_id(style) else []
    return f"{{{','.join([*members, *_members(row, style)])}}}"


def _says_null_id(style: Style) -> bool:
    return style.metadata != "none" and style.version == V4_0


def _members(row: Mapping[str, object], style: Style) -> Iterator[str]:
    for name, value in row.items():
        if value is None and style.omit_nulls:
            continue
        type_name = _type_name(value, style)
        if type_name is not None:
            yield f"{style.control('type', name)}{quoted(type_name)}"
        yield f"{quoted(name)}:{dynamic_value(value, style)}"


def _type_name(value: object, style: Style) -> str | None:
    if style.metadata == "none" or value is None or isinstance(value, (Mapping, list, tuple, enum.Enum)):
        return None
    return style.type_of_value(type_of(value))


def dynamic_value(value: object, style: Style) -> str:
    """The JSON of a value by what it is in Python; structures are mappings or dataclasses."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return dynamic_object(value, style)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _structure(value, style)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(dynamic_value(each, style) for each in value)}]"
    if isinstance(value, enum.Enum):
        return quoted(_member_names(value))
    return write_typed(value, type_of(value), ieee754=style.ieee754)


def _structure(value: object, style: Style) -> str:
    """A complex value as Python has it; its type is declared, so nothing more is said."""
    assert dataclasses.is_dataclass(value)
    members = (
        f"{quoted(each.name)}:{dynamic_value(getattr(value, each.name), style)}" for each in dataclasses.fields(value)
    )
    return f"{{{','.join(members)}}}"


def _member_names(value: enum.Enum) -> str:
    """``InStock,OnSale``; Python puts a bar between flags."""
    return str(value.value) if value.name is None else value.name.replace("|", ",")


def operation_value(result: OperationResult, style: Style) -> str:
    """What an operation returned, in its declared type."""
    if not result.collection:
        return _declared(result.value, result.type_name, style)
    assert isinstance(result.value, Sequence), "an operation that returns a collection returns a sequence"
    return f"[{','.join(_declared(each, result.type_name, style) for each in result.value)}]"


def _declared(value: object, type_name: str, style: Style) -> str:
    kind = _BY_NAME.get(type_name)
    if kind is None or value is None:
        return dynamic_value(value, style)
    return write_typed(value, kind, ieee754=style.ieee754)
