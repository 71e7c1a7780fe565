"""Functions and actions, called by their names with named arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .exchange import Call
from .model import Operation, Resource, StructuredType, ValueType
from .query import Query
from .record import of_type
from .spelling import JSON_TYPE

if TYPE_CHECKING:
    from .client import ODataClient
    from .entity import Entity


class Bound:
    """All overloads of an operation, on what it is called on: ``product.ApplyDiscount(percentage=10)``."""

    def __init__(self, client: ODataClient, overloads: list[Operation], on: Entity | Query | None) -> None:
        self._client, self._overloads, self.on = client, overloads, on

    def __call__(self, **arguments: object) -> Any:
        """The result; of a function that gives entities, a query to ask on."""
        operation = self._overload(frozenset(arguments))
        values = {name: _argument(value, operation.parameters[name]) for name, value in arguments.items()}
        segment, query, body = self._client._spelling.call(operation, values)
        address = f"{self._before}{segment}"
        resource = self._result_set(operation)
        kind = operation.returns
        if not operation.is_action and kind is not None and kind.collection and _is_entity(kind):
            assert isinstance(kind.type, StructuredType), "entities have a type with a key"
            result = Query(self._client, address, kind.type, resource)
            return result._with(replace(result._options, custom=tuple(parse_qsl(query))))
        call = Call(
            "POST" if operation.is_action else "GET",
            f"{address}?{query}" if query else address,
            body,
            self._headers(operation),
        )
        if operation.is_action:
            return self._client._perform(
                call, lambda response: self._client._result(response, self, operation, resource)
            )
        return self._client._reader.result(self._client._document(call), operation, resource)

    def _headers(self, operation: Operation) -> Mapping[str, str]:
        from .entity import Entity

        state = (
            self._client._if_match(self.on._kind, self.on._etag)
            if operation.is_action and isinstance(self.on, Entity)
            else {}
        )
        return {**(JSON_TYPE if operation.is_action else {}), **state}

    @property
    def _before(self) -> str:
        if self.on is None:
            return ""
        return f"{self.on._bound_address if isinstance(self.on, Query) else self.on._where}/"

    def _overload(self, names: frozenset[str]) -> Operation:
        found = [each for each in self._overloads if each.takes(names)]
        if not found:
            known = " or ".join(f"({', '.join(each.parameters)})" for each in self._overloads)
            raise TypeError(f"{self._overloads[0].name} takes {known}, not ({', '.join(sorted(names))})")
        return found[-1]  # of those bound to a type and to one that it derives from, the more special one

    def _result_set(self, operation: Operation) -> Resource | None:
        kind = operation.returns
        if kind is None or not isinstance(kind.type, StructuredType) or not kind.type.is_entity:
            return None
        if operation.result_set is not None:
            return self._client._model.resources.get(operation.result_set)
        mine = self.on._resource if self.on is not None else None
        return mine if mine is not None and kind.type.is_a(mine.type) else self._client._model.set_of(kind.type)

    def __repr__(self) -> str:
        return f"<{self._before}{self._overloads[0].name}>"


def operation_of(client: ODataClient, name: str, kind: ValueType | None, on: Entity | Query | None) -> Bound | None:
    model = client._model
    known = model.unbound() if kind is None else model.bound_to(kind)
    found = [each for each in known if name in (each.name, each.segment)]
    return Bound(client, found, on) if found else None


def _is_entity(kind: ValueType) -> bool:
    return isinstance(kind.type, StructuredType) and kind.type.is_entity


def _argument(value: object, kind: ValueType) -> object:
    from .entity import Entity, sent

    if isinstance(value, Entity):
        raise TypeError("entities are no arguments yet: give a key")
    return sent(of_type(value, kind))
