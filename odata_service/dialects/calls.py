"""Functions by names of our own: SQLite gets them from Python, other databases have a formula for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from sqlalchemy import ColumnElement, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from odata_service.errors import NotImplementedByService


class Call(FunctionElement[Any]):
    """``name(arguments)`` with a result of ``type``; null where an argument is."""

    inherit_cache = True


def call(name: str, kind: types.TypeEngine[Any]) -> Callable[..., Call]:
    """What makes calls of one function. Each is a class of its own, so that its name is in SQLAlchemy's cache key."""
    return type(name.title().replace("_", ""), (Call,), {"name": name, "type": kind, "inherit_cache": True})


@compiles(Call)
def no_formula(element: Call, compiler: SQLCompiler, **_: Any) -> NoReturn:
    """The database has nothing that would do it: the request is refused."""
    what = element.name.replace("_", " ")
    raise NotImplementedByService("NotOfThisDatabase", f"{what} cannot be asked of this database ({compiler.dialect.name})")


def has_zone(element: ColumnElement[Any]) -> bool:
    return isinstance(element.type, types.DateTime) and element.type.timezone
