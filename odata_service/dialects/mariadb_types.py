"""How MariaDB makes columns of SQLAlchemy's general types: by itself it would cut moments to seconds and numbers to four
octets or to whole ones, and have no text without a length. Types of ``sqlalchemy.dialects.mysql`` are made as they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import TypeCompiler
from sqlalchemy.sql.visitors import Visitable

NAMES = ("mysql", "mariadb")  # as SQLAlchemy calls them, by the URL
_DOUBLE_DIGITS = 24  # from here on SQL's FLOAT(p) has eight octets
_LENGTH_OF_KEYS = 255


def made_in(element: type[Visitable]) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """``@compiles`` for MariaDB under both of its names."""
    decorator: Callable[[Callable[..., str]], Callable[..., str]] = compiles(element, *NAMES)
    return decorator


@made_in(types.DateTime)
def _datetime(_kind: types.DateTime, _compiler: TypeCompiler, **_: Any) -> str:
    return "DATETIME(6)"


@made_in(types.Time)
def _time(_kind: types.Time, _compiler: TypeCompiler, **_: Any) -> str:
    return "TIME(6)"


@made_in(types.Float)
def _float(kind: types.Float[Any], _compiler: TypeCompiler, **_: Any) -> str:
    return "DOUBLE" if kind.precision is None or kind.precision > _DOUBLE_DIGITS else "FLOAT"


@made_in(types.Numeric)
def _numeric(kind: types.Numeric[Any], compiler: Any, **kw: Any) -> str:
    return "DECIMAL(65, 30)" if kind.precision is None else str(compiler.visit_NUMERIC(kind, **kw))


@made_in(types.LargeBinary)
def _binary(kind: types.LargeBinary, compiler: Any, type_expression: Column[Any] | None = None, **kw: Any) -> str:
    if type_expression is not None and _is_indexed(type_expression):
        return f"VARBINARY({kind.length or _LENGTH_OF_KEYS})"
    return "LONGBLOB" if kind.length is None else str(compiler.visit_large_binary(kind, **kw))


@made_in(types.Text)
def _text(kind: types.Text, compiler: Any, **kw: Any) -> str:
    return str(compiler.visit_LONGTEXT(kind, **kw) if kind.length is None else compiler.visit_TEXT(kind, **kw))


@made_in(types.String)
def _string(kind: types.String, compiler: Any, type_expression: Column[Any] | None = None, **kw: Any) -> str:
    """What an index has to find cannot be as long as it likes."""
    if kind.length is not None:
        return str(compiler.visit_VARCHAR(kind, type_expression=type_expression, **kw))
    if type_expression is not None and _is_indexed(type_expression):
        return str(compiler.visit_VARCHAR(types.VARCHAR(_LENGTH_OF_KEYS, kind.collation), **kw))
    return str(compiler.visit_LONGTEXT(kind, **kw))


def _is_indexed(column: Column[Any]) -> bool:
    own = column.primary_key or column.unique or column.index or column.foreign_keys
    table = column.table
    indexes = [index.columns for index in getattr(table, "indexes", ())]
    constraints = [constraint.columns for constraint in getattr(table, "constraints", ())]
    return bool(own) or any(column.name in columns for columns in [*indexes, *constraints])
