"""JSON in columns of MariaDB, which are texts there: see :mod:`~odata_service.dialects.documents`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects import documents
from odata_service.dialects.constructs import arguments
from odata_service.dialects.mariadb_constructs import TEXT
from odata_service.dialects.mariadb_types import made_in


class GatheredPlaces(FunctionElement[Any]):
    """``GatheredPlaces(place, order, limit, skip)``: the places of some values in an order, from 0, as a JSON array. A
    subquery with an order and a limit cannot look at the row around it, but an aggregate has both."""

    name = "gathered_places"
    type = types.JSON()
    inherit_cache = False  # the statement is kept with its plan

    def __init__(self, place: Any, order: Any, limit: Any, skip: Any) -> None:
        self.place, self.order, self.limit, self.skip = place, order, limit, skip
        super().__init__(place, *order, limit, *([] if skip is None else [skip]))


@made_in(GatheredPlaces)
def _gathered_places(element: GatheredPlaces, compiler: SQLCompiler, **kw: Any) -> str:
    place, limit = (compiler.process(part, **kw) for part in (element.place, element.limit))
    order = ", ".join(compiler.process(part, **kw) for part in element.order)
    skip = "" if element.skip is None else f"{compiler.process(element.skip, **kw)}, "
    return f"JSON_ARRAYAGG({place} - 1 ORDER BY {order} LIMIT {skip}{limit})"


@made_in(documents.Elements)
def _elements(element: documents.Elements, compiler: SQLCompiler, **kw: Any) -> str:
    (array,) = arguments(element, compiler, **kw)
    columns = f"place FOR ORDINALITY, value JSON PATH '$', text {TEXT} PATH '$'"
    return f"JSON_TABLE(NULLIF({array}, 'null'), '$[*]' COLUMNS ({columns}))"


_COLLATED = "COLLATE utf8mb4_nopad_bin"  # what JSON's functions give has another one


def _path(name: str) -> str:
    return f"CONCAT('$.', JSON_QUOTE({name}) {_COLLATED})"


def _text_at(document: str, name: str) -> str:
    """Of a member that is null: null."""
    return f"(JSON_UNQUOTE(NULLIF(JSON_EXTRACT({document}, {_path(name)}), 'null')) {_COLLATED})"


@made_in(documents.Member)
def _member(element: documents.Member, compiler: SQLCompiler, **kw: Any) -> str:
    return _text_at(*arguments(element, compiler, **kw))


_JSON_TYPES = {"number": "'INTEGER', 'DOUBLE'", "boolean": "'BOOLEAN'"}


@made_in(documents.MemberOfKind)
def _member_of_kind(element: documents.MemberOfKind, compiler: SQLCompiler, **kw: Any) -> str:
    document, name, said = arguments(element, compiler, **kw)
    kinds = _JSON_TYPES.get(element.kind)
    wanted = [f"JSON_TYPE(JSON_EXTRACT({document}, {_path(name)})) IN ({kinds})"] if kinds else []
    if element.types_of_text:
        wanted.append(f"{_text_at(document, said)} IN ({element.types_of_text})")
    return f"(CASE WHEN {' OR '.join(wanted)} THEN {_text_at(document, name)} END)"


@made_in(documents.OfText)
def _of_text(element: documents.OfText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    if isinstance(element.type, types.Boolean):
        return f"(CASE {text} WHEN 'true' THEN TRUE WHEN '1' THEN TRUE WHEN 'false' THEN FALSE WHEN '0' THEN FALSE END)"
    return f"CAST({text} AS {'DOUBLE' if isinstance(element.type, types.Float) else 'SIGNED'})"
