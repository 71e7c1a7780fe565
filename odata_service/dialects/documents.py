"""JSON in columns, as SQLAlchemy elements in the spelling of PostgreSQL; SQLite and MariaDB have their own, SQL Server and
Oracle none."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy import ColumnElement, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects.constructs import arguments
from odata_service.errors import NotImplementedByService


class Elements(FunctionElement[Any]):
    """The members of a JSON array as rows: each one's ``place`` from 0, its ``value``, and, if it is no object, its
    ``text``. Nothing has no members."""

    name = "elements"
    inherit_cache = True


class Member(FunctionElement[str]):
    """``Member(object, name)``: the text of an object's member."""

    name = "member"
    type = types.String()
    inherit_cache = True


class MemberText(Member):
    """The same of a member that may be of any kind: what is no text as JSON writes it."""

    name = "member_text"
    inherit_cache = True


class MemberOfKind(FunctionElement[str]):
    """``MemberOfKind(kind, object, name, name of its type)``: the same where it is a ``number``, a ``boolean``, or of the
    type of OData that is named."""

    inherit_cache = False  # the kind is not in SQLAlchemy's key
    name = "member_of_kind"
    type = types.String()

    def __init__(self, kind: str, *parts: ColumnElement[Any]) -> None:
        self.kind = kind
        super().__init__(*parts)

    @property
    def types_of_text(self) -> str:
        """Those whose values are written as strings in JSON."""
        names = {"number": ("Decimal", "Double", "Single"), "boolean": ()}.get(self.kind, (self.kind,))
        return ", ".join(f"'{name}'" for name in names)


class OfText(FunctionElement[Any]):
    """A Boolean or a number as JSON writes it, which SQLite has already made a value of."""

    inherit_cache = False  # the type is not in SQLAlchemy's key
    name = "of_text"

    def __init__(self, text: ColumnElement[Any], kind: types.TypeEngine[Any]) -> None:
        self.type = kind
        super().__init__(text)


class Gathered(FunctionElement[Any]):
    """The numbers of many rows as one JSON array."""

    name = "gathered"
    type = types.JSON()
    inherit_cache = True


@compiles(Elements)
def _elements(element: Elements, compiler: SQLCompiler, **kw: Any) -> str:
    (array,) = arguments(element, compiler, **kw)
    rows = f"jsonb_array_elements(nullif({array}, 'null')) WITH ORDINALITY"
    return f"(SELECT ordinality - 1 AS place, value, value #>> '{{}}' AS text FROM {rows})"


@compiles(Member)
def _member(element: Member, compiler: SQLCompiler, **kw: Any) -> str:
    document, name = arguments(element, compiler, **kw)
    return f"({document} ->> {name})"


@compiles(MemberOfKind)
def _member_of_kind(element: MemberOfKind, compiler: SQLCompiler, **kw: Any) -> str:
    document, name, said = arguments(element, compiler, **kw)
    wanted = f"jsonb_typeof({document} -> {name}) = '{element.kind}'"
    if element.types_of_text:
        wanted += f" OR {document} ->> {said} IN ({element.types_of_text})"
    return f"(CASE WHEN {wanted} THEN {document} ->> {name} END)"


@compiles(OfText)
def _of_text(element: OfText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"CAST({text} AS {compiler.dialect.type_compiler_instance.process(element.type)})"


@compiles(Gathered)
def _gathered(element: Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_agg({arguments(element, compiler, **kw)[0]})"


def _refused(element: FunctionElement[Any], compiler: SQLCompiler, **_: Any) -> NoReturn:
    raise NotImplementedByService("NotOfThisDatabase", f"JSON cannot be looked into on this database ({compiler.dialect.name})")


for _each in (Elements, Member, MemberText, MemberOfKind, OfText, Gathered):
    compiles(_each, "mssql", "oracle")(_refused)
