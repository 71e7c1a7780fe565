"""A compiled statement: its text, and where each of its parameters comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select
from sqlalchemy.engine import Dialect

from odata_service.dialects.base import Database
from odata_service.values import frozen

Processor = Callable[[Any], object]

# Names of the parameters that are not literals of the request.
KEYS = "keys"
LIMIT = "limit"
FIRST, OCTETS = "first_octet", "octets"  # of a stream: from which on, counted from its end where it is negative, and how many
SKIP = "skip"


@frozen
class Parameter:
    """``key`` is the driver's name, ``name`` the one under which a value is given; a ``constant`` needs none."""

    key: str
    name: str
    process: Processor | None
    given: bool
    constant: object = None

    def value(self, values: Mapping[str, object]) -> object:
        if not self.given:
            return self.constant
        value = values[self.name]
        return value if self.process is None else self.process(value)


@frozen
class Statement:
    """SQL text in the driver's style of parameters: a sequence where it is positional, else a mapping."""

    text: str
    parameters: tuple[Parameter, ...]
    positional: bool

    def explained(self, explain: str) -> Statement:
        return replace(self, text=f"{explain} {self.text}")

    def bound(self, values: Mapping[str, object]) -> Sequence[object] | Mapping[str, object]:
        if self.positional:
            return [parameter.value(values) for parameter in self.parameters]
        return {parameter.key: parameter.value(values) for parameter in self.parameters}


def compiled(select: Select[Any], database: Database, dialect: Dialect) -> Statement:
    """The statement's text for a dialect. Parameters that were named come with each request; those that SQLAlchemy
    named itself are constants of the statement. Keys are taken as the driver gave them."""
    result: Any = database.compiled(select, dialect)
    if result.post_compile_params:
        return _expanded(result)
    names = result.positiontup if result.positional else list(result.params)
    return Statement(str(result), tuple(_parameter(result, name) for name in names or ()), bool(result.positional))


def _expanded(result: Any) -> Statement:
    """A statement with lists of constants, ``Price IN (1, 2)``, as an application's own conditions may have them."""
    given = [name for name, bind in result.binds.items() if not bind.unique]
    state = result.construct_expanded_state(dict.fromkeys(given))
    names = state.positiontup if result.positional else list(state.parameters)

    def parameter(name: str) -> Parameter:
        if name in result.binds:
            return _parameter(result, name)
        process, value = state.processors.get(name), state.parameters[name]
        key = result.escaped_bind_names.get(name, name)
        return Parameter(key, name, None, given=False, constant=value if process is None else process(value))

    return Statement(state.statement, tuple(map(parameter, names)), bool(result.positional))


def _parameter(result: Any, name: str) -> Parameter:
    """(Any: SQLAlchemy's compiled statement, whose public face has no types for its parameters.)"""
    process = None if name.startswith(KEYS) else result._bind_processors.get(name)
    key = result.escaped_bind_names.get(name, name)
    bind = result.binds[name]
    if not bind.unique:
        return Parameter(key, name, process, given=True)
    value = bind.effective_value
    return Parameter(key, name, None, given=False, constant=value if process is None else process(value))
