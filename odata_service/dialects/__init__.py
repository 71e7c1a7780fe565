"""How databases differ: one file each, named as SQLAlchemy names its dialects, and found by that name."""

from __future__ import annotations

import importlib
import importlib.util

from odata_service.dialects import mariadb_types as mariadb_types  # before an application makes its tables
from odata_service.dialects.base import Database


def database_named(name: str) -> Database:
    """The ``DATABASE`` of ``dialects/<name>.py``, or standard SQL where there is no such file."""
    if importlib.util.find_spec(f"{__name__}.{name}") is None:
        return Database()
    found: Database = importlib.import_module(f"{__name__}.{name}").DATABASE
    return found
