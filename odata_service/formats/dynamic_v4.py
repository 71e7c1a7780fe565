"""Values whose types no model declares: rows of ``$apply``, and what functions and actions return."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence

from odata_service.edm.primitive import PRIMITIVES
from odata_service.edm.values import type_of
from odata_service.formats.json_text import quoted
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_typed
from odata_service.formats.version_v4 import V4_0
from odata_service.result import DynamicRows, DynamicType, OperationResult

_BY_NAME = {kind.name: kind for kind in reversed(PRIMITIVES)}


Path = tuple[str, ...]


def dynamic_rows(result: DynamicRows, style: Style) -> Iterable[str]:
    """Each row. It is no entity and has no address, which version 4.0 spells out as null (OData JSON Format, Control
    Information: id)."""
    first = [f"{style.control('id')}null"] if style.metadata != "none" and style.version == V4_0 else []
    return [f"{{{','.join([*first, *_typed_members(row, (), result.types, style)])}}}" for row in result.rows]


def _typed_members(
    row: Mapping[str, object], path: Path, types: Mapping[Path, DynamicType], style: Style
) -> Iterator[str]:
    for name, value in row.items():
        known = types.get((*path, name))
        if value is None and style.omit_nulls:
            continue
        if known is None and isinstance(value, Mapping):
            yield f"{quoted(name)}:{{{','.join(_typed_members(value, (*path, name), types, style))}}}"
        elif known is None:
            yield from _member(name, value, style)
        else:
            yield from _annotated(name, value, known, style)
            yield f"{quoted(name)}:{_written(value, known, style)}"


def _annotated(name: str, value: object, known: DynamicType, style: Style) -> Iterator[str]:
    """The type where nothing else says it: a declared one is in the model."""
    if style.metadata == "none" or value is None or (known.declared and style.metadata != "full"):
        return
    type_name = f"#{known.enum.full_name}" if known.enum is not None else style.type_of_value(known.kind)
    if type_name is not None:
        yield f"{style.control('type', name)}{quoted(type_name)}"


def _written(value: object, known: DynamicType, style: Style) -> str:
    if value is None or known.enum is not None:
        return dynamic_value(value, style)
    return write_typed(value, known.kind, ieee754=style.ieee754)


def dynamic_object(row: Mapping[str, object], style: Style) -> str:
    """An object with the types of its values beside them, where the JSON does not say them itself."""
    return f"{{{','.join(text for name, value in row.items() for text in _member(name, value, style))}}}"


def _member(name: str, value: object, style: Style) -> Iterator[str]:
    if value is None and style.omit_nulls:
        return
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
