"""Dynamic properties → SQL: what stands in a JSON object under a name, where it is of the type that is meant."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, literal

from odata_service.bind.typed import DynamicRef
from odata_service.dialects.documents import MemberOfKind, MemberText
from odata_service.edm import primitive
from odata_service.plan.scope import Scope
from odata_service.plan.values import of_text


def dynamic(node: DynamicRef, scope: Scope) -> ColumnElement[Any]:
    """The value, or null where there is none or it is of another type. Texts are taken for whatever they can be read as,
    because JSON has no other form for dates; but ``'5'`` is no number."""
    holder = scope.of(node.variable).reach(node.path)
    column = getattr(getattr(holder, node.column.subclass) if node.column.subclass else holder, node.column.attribute)
    name, said = literal(node.name), literal(f"{node.name}@type")
    if node.type.is_numeric:
        return of_text(MemberOfKind("number", column, name, said), node.type)
    if node.type in (primitive.BOOLEAN, primitive.BINARY):
        kind = "boolean" if node.type == primitive.BOOLEAN else "Binary"
        return of_text(MemberOfKind(kind, column, name, said), node.type)
    return of_text(MemberText(column, name), node.type)
