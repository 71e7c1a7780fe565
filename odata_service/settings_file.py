"""A file of TOML → settings; the settings as such a file, with who said what; and the file's JSON Schema. All from the rows."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from odata_service.config import (
    DEFAULT, KEY_ROWS, LIMITS, ROWS, SECTIONS, TABLE_ROWS, USER_ROWS, ConfigurationError, KeySettings, Said, Settings, TableSettings,
    UserSettings, of_environment, of_flags, value_of,
)  # fmt: skip
from odata_service.errors import did_you_mean
from odata_service.values import frozen

EVERYBODY = "everybody"
RIGHTS = (
    "none", "read", "all", "read_single", "read_multiple", "write_append", "write_replace", "write_merge", "write_delete",
)  # fmt: skip
COLUMN_RIGHTS = ("none", "read", "all", "show", "filter", "sort", "aggregate", "search", "insert", "update")
SECRETS = ("password", "key")  # of users and keys, and not shown
Json = dict[str, Any]
Rows = Mapping[str, dataclasses.Field[Any]]  # (Any: a row may be of any type.)
_NAMES = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "tuple": "a list of texts",
    "Mapping": "a table",
}


def gathered(environ: Mapping[str, str], flags: Mapping[str, object], extra: tuple[str, ...] = ()) -> Settings:
    """The file, then the environment, then the flags; ``extra`` are rows without a flag of their own: ``max_top=500``."""
    own = {**of_environment(environ), **of_flags(flags), **_of_extra(extra)}
    file = str(own.get("config", ("",))[0])
    return Settings().changed(of_file(Path(file)) if file else {}).changed(own)


def _of_extra(extra: tuple[str, ...]) -> Said:
    found = {}
    for text in extra:
        name, equals, value = text.partition("=")
        if not equals or name not in ROWS | LIMITS:
            hint = did_you_mean(name, ROWS | LIMITS) if equals else "; max_top=500 would be one"
            raise ConfigurationError(f"--set {text!r} names no setting{hint}")
        found[name] = (value_of(name, value, f"--set {name}"), "--set")
    return found


def of_file(path: Path) -> Said:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no TOML: {error}") from error
    reading = _File(str(path))
    return {name: (value, str(path)) for name, value in reading.rows(document).items()}


@frozen
class _File:
    """The file being read; every complaint names it."""

    name: str

    def rows(self, document: Mapping[str, Any]) -> dict[str, Any]:
        known = {*ROWS, "limits", *SECTIONS} - {"config"}
        self._demand_known(document, known, "")
        found = {name: self._value(ROWS[name], value, name) for name, value in document.items() if name in ROWS}
        limits = self._table(document.get("limits", {}), "limits")
        self._demand_known(limits, set(LIMITS), "limits.")
        found |= {name: self._value(LIMITS[name], value, f"limits.{name}") for name, value in limits.items()}
        if "rights" in document:
            found["rights"] = self._rights(document["rights"], "rights")
        for section, (rows, made) in _SECTIONS.items():
            if section in document:
                tables = self._table(document[section], section)
                found[section] = {name: made(**self._section(said, rows, f"{section}.{name}")) for name, said in tables.items()}
        return found

    def _section(self, said: Any, rows: Rows, at: str) -> dict[str, Any]:
        self._demand_known(self._table(said, at), set(rows), f"{at}.")
        special: Mapping[str, Callable[[Any, str], Any]] = {
            "rights": self._rights,
            "rows": self._row_policies,
            "columns": self._columns,
        }
        return {
            name: special[name](value, f"{at}.{name}") if name in special else self._value(rows[name], value, f"{at}.{name}")
            for name, value in said.items()
        }

    def _rights(self, said: Any, at: str, known: tuple[str, ...] = RIGHTS) -> dict[str, tuple[str, ...]]:
        """``"read"``, or by role ``{everybody = "none", clerk = ["read", "write_append"]}``."""
        by_role = said if isinstance(said, dict) else {EVERYBODY: said}
        found = {role: (rights,) if isinstance(rights, str) else rights for role, rights in by_role.items()}
        for role, rights in found.items():
            unknown = (
                next((each for each in rights if each not in known), None)
                if isinstance(rights, (list, tuple))
                else rights
            )
            if unknown is not None:
                hint = did_you_mean(str(unknown), known) or f"; there are {', '.join(known)}"
                self._refuse(f"{at}.{role}: there is no right {unknown!r}{hint}")
        return {role: tuple(rights) for role, rights in found.items()}

    def _row_policies(self, said: Any, at: str) -> dict[str, str]:
        """``"Public eq true"``, or by role ``{clerk = "Owner eq @user.sub", boss = "true"}``."""
        found: dict[str, str] = self._value(TABLE_ROWS["rows"], said if isinstance(said, dict) else {EVERYBODY: said}, at)
        return found

    def _columns(self, said: Any, at: str) -> dict[str, dict[str, tuple[str, ...]]]:
        return {name: self._rights(rights, f"{at}.{name}", COLUMN_RIGHTS) for name, rights in self._table(said, at).items()}

    def _demand_known(self, said: Mapping[str, Any], known: set[str], before: str) -> None:
        unknown = next((name for name in said if name not in known), None)
        if unknown is not None:
            self._refuse(f"there is no setting {before}{unknown}{did_you_mean(unknown, known)}")

    def _table(self, said: Any, at: str) -> dict[str, Any]:
        if not isinstance(said, dict):
            self._refuse(f"{at} is a table")
        return dict(said)

    def _value(self, row: dataclasses.Field[Any], said: Any, at: str) -> Any:
        kind = kind_of(row)
        value = tuple(said) if kind == "tuple" and isinstance(said, list) else said
        fits = type(value).__name__ == ("dict" if kind == "Mapping" else kind)
        inner: list[Any] = list(
            value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
        )
        if not fits or not all(isinstance(each, str) for each in inner):
            self._refuse(f"{at} is {_NAMES[kind]}, not {said!r}")
        if kind == "int" and not row.metadata.get("least", 0) <= value <= row.metadata.get("most", 2**63):
            self._refuse(f"{at} is a whole number from {row.metadata['least']} to {row.metadata['most']}, not {value}")
        return value

    def _refuse(self, message: str) -> None:
        raise ConfigurationError(f"{self.name}: {message}")


_SECTIONS: Mapping[str, tuple[Rows, Callable[..., object]]] = {
    "tables": (TABLE_ROWS, TableSettings),
    "users": (USER_ROWS, UserSettings),
    "keys": (KEY_ROWS, KeySettings),
}


def kind_of(row: dataclasses.Field[Any]) -> str:
    """
    >>> kind_of(ROWS["expose"]), kind_of(ROWS["port"]), kind_of(TABLE_ROWS["names"])
    ('tuple', 'int', 'Mapping')
    """
    return str(row.type).partition("[")[0]


def shown(settings: Settings) -> str:
    """The settings as a file that would set them, with the source of each value; secrets are masked."""
    return "\n".join(_shown_lines(settings)) + "\n"


def _shown_lines(settings: Settings) -> Iterator[str]:
    for name in ROWS:
        yield _line(name, masked(name, getattr(settings, name)), settings.sources.get(name, DEFAULT))
    yield ""
    yield "[limits]"
    for name in LIMITS:
        yield _line(name, settings.limits.most(name), settings.sources.get(name, DEFAULT))
    if settings.rights:
        yield f"\n[rights]  # {settings.sources['rights']}"
        yield from (f"{json.dumps(role)} = {_toml(rights)}" for role, rights in settings.rights.items())
    for section, (rows, _) in _SECTIONS.items():
        for name, said in getattr(settings, section).items():
            yield f"\n[{section}.{json.dumps(name)}]  # {settings.sources[section]}"
            told = {row: "***" if row in SECRETS and section != "tables" else getattr(said, row) for row in rows}
            yield from (f"{row} = {_toml(value)}" for row, value in told.items() if value)


def _line(name: str, value: object, source: str) -> str:
    return f"{name} = {_toml(value)}  # {source}"


def masked(name: str, value: Any) -> Any:
    """
    >>> masked("secret", "s3cret"), masked("database_url", "postgresql://me:s3cret@localhost/shop")
    ('***', 'postgresql://me:***@localhost/shop')
    """
    if ROWS[name].metadata["secret"] and value:
        return "***"
    if name in ("database_url", "guesses_url") and value:
        try:
            return make_url(value).render_as_string(hide_password=True)
        except (ArgumentError, ValueError):
            return "***"
    return value


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def schema() -> Json:
    """JSON Schema of the file, for editors that know it."""
    rows = {name: _of_row(row) for name, row in ROWS.items() if name != "config"}
    rights = {"$ref": "#/$defs/rights"}
    table = {name: _of_row(row) for name, row in TABLE_ROWS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "odata-service",
        **_closed({
            **rows,
            "limits": _closed({name: _of_row(row) for name, row in LIMITS.items()}),
            "rights": _by_role(rights),
            "tables": _named({
                **table,
                "rights": _described(TABLE_ROWS["rights"]) | _by_role(rights),
                "rows": _described(TABLE_ROWS["rows"]) | _by_role({"type": "string"}),
                "columns": table["columns"] | {"additionalProperties": _by_role({"$ref": "#/$defs/columnRights"})},
            }),
            "users": _named({name: _of_row(row) for name, row in USER_ROWS.items()}),
            "keys": _named({name: _of_row(row) for name, row in KEY_ROWS.items()}),
        }),
        "$defs": {"rights": _some_of(RIGHTS), "columnRights": _some_of(COLUMN_RIGHTS)},
    }  # fmt: skip


def _named(properties: Json) -> Json:
    """A table of tables by name."""
    return {"type": "object", "additionalProperties": _closed(properties)}


def _by_role(said: Json) -> Json:
    """What is said to everybody, or to each role by its name."""
    return {"anyOf": [said, {"type": "object", "additionalProperties": said}]}


def _described(row: dataclasses.Field[Any]) -> Json:
    return {"description": row.metadata["help"]}


def _some_of(words: tuple[str, ...]) -> Json:
    return {"anyOf": [{"enum": list(words)}, {"type": "array", "items": {"enum": list(words)}}]}


def _closed(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _of_row(row: dataclasses.Field[Any]) -> Json:
    kind: Json = _KINDS[kind_of(row)]
    numbers = (
        {"minimum": row.metadata["least"], "maximum": row.metadata["most"]}
        if kind["type"] == "integer" and "least" in row.metadata
        else {}
    )
    default = (
        {}
        if row.default in (dataclasses.MISSING, "", ())
        else {"default": list(row.default) if isinstance(row.default, tuple) else row.default}
    )
    return {**kind, **_described(row), **numbers, **default}


_KINDS: Mapping[str, Json] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "tuple": {"type": "array", "items": {"type": "string"}},
    "Mapping": {"type": "object", "additionalProperties": {"type": "string"}},
}
