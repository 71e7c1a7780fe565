"""Functions and actions are run: called with what an address or a body gives, in a session of the right kind.

What they return of entities becomes a step of a path, so that it is read like everything else: with the caller's rights,
``$filter``, ``$expand``, pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, Select, column, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from odata_service.annotations import parameter_type
from odata_service.access import Caller, EntitySetRights, Tombstones
from odata_service.bind.call import ArgumentBinder, Call, Values
from odata_service.bind.change import Body
from odata_service.bind.convert import convert
from odata_service.bind.payload import EntityPayload
from odata_service.bind.query import Query, RowRule, Step
from odata_service.edm.model import ComplexProperty, EntityType, EnumType, Property
from odata_service.edm.operation import Operation, Parameter, overload
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest, MethodNotAllowed, NotFound, NotImplementedByService
from odata_service.etag import Conditions
from odata_service.execute.connection import ReadConnections, Timing
from odata_service.execute.given import Literals, literal_values
from odata_service.message import ODataRequest
from odata_service.operations import OperationContext
from odata_service.parse.syntax import Options, Segment, Syntax
from odata_service.plan.level import Level
from odata_service.plan.read import Planner
from odata_service.plan.scope import Parameters
from odata_service.result import EntityCount, Nothing, NoContent, OperationResult, PropertyValue, Result
from odata_service.returned import key_of_entity, step_of
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped


@frozen
class Asked:
    """One request that ends in an operation; ``literal`` reads the text of a value in a query option."""

    request: ODataRequest
    caller: Caller
    syntax: Syntax
    literal: Callable[[str], tuple[PrimitiveType, object]]
    tombstones: Tombstones
    in_query: bool = False  # parameters stand in the query string alone, and one that is absent is null

    def arguments(self, call: Call) -> ArgumentBinder:
        options = self.options
        return ArgumentBinder(call, dict(options.aliases), dict(options.custom), self.literal, self.in_query)

    @property
    def options(self) -> Options:
        return self.syntax.options

    @property
    def literals(self) -> Literals:
        return literal_values(self.syntax)


@frozen
class Invoker:
    """Runs operations for one service."""

    planner: Planner
    connections: ReadConnections

    def function(self, call: Call, asked: Asked, timing: Timing) -> Step | Result:
        """What a function returns: a step where it is of entities, else the answer. It runs in a session whose changes
        are undone: a function has no side effects (Protocol, Functions)."""
        if call.kind == "action":
            raise MethodNotAllowed("GET", ("POST",))
        _permit(call, asked.caller)
        operation, values = asked.arguments(call).bound()
        asked.caller.grant.demand_operation(operation)
        with self._session(timing) as session:
            returned = self._run(operation, call, values, asked, session)
            return self._outcome(operation, returned, call.rest, asked.caller)

    def action(
        self, call: Call, asked: Asked, body: Body, conditions: Conditions
    ) -> Callable[[Session], Callable[[], Step | Result]]:
        """What an action will do in a transaction: run, and then, when everything has its key, say what it returned."""
        _permit(call, asked.caller)
        if call.rest:
            raise NotFound("ResourceNotFound", f"nothing can follow the action {call.segment.name}", target="path")
        operation, values = asked.arguments(call).bound() if asked.in_query else _called_with(call, body)

        def run(session: Session) -> Callable[[], Step | Result]:
            returned = self._run(operation, call, values, asked, session, conditions)
            return lambda: self._outcome(operation, returned, (), asked.caller)

        return run

    @contextmanager
    def _session(self, timing: Timing) -> Iterator[Session]:
        try:
            with Session(self.connections.engine) as session:
                timing.count(session.connection())
                yield session
                session.rollback()
        except DBAPIError as error:
            raise self.connections.refusal(error) from error

    def _run(
        self,
        operation: Operation,
        call: Call,
        values: Values,
        asked: Asked,
        session: Session,
        conditions: Conditions | None = None,
    ) -> object:
        context = OperationContext(asked.caller.context.request, session, lambda model: self._rules(model, asked))
        if operation.bound is None:
            return operation.run(context, **values)
        if operation.bound.collection:
            return operation.run(context, self._collection(call, asked), **values)
        entity = self._entity(call, asked, session, locked=conditions is not None)
        if conditions is not None:
            conditions.demand(call.steps[-1].entity_set.type, entity)
        return operation.run(context, entity, **values)

    def _rules(self, model: type, asked: Asked) -> tuple[RowRule, ...]:
        rules = asked.caller.rules(asked.tombstones)
        sets = (each for each in self.planner.model.sets.values() if issubclass(model, each.type.mapper.class_))
        return next((tuple(rules.get(each.name, ())) for each in sets), ())

    def _entity(self, call: Call, asked: Asked, session: Session, locked: bool) -> Entity:
        """The one entity that an operation is bound to; 404 where there is none."""
        statement = self._bound(call, asked, locked)
        found = session.execute(statement).scalars().first()
        if found is None:
            raise NotFound("ResourceNotFound", f"there is no such entity in {call.steps[0].entity_set.name}")
        return found

    def _collection(self, call: Call, asked: Asked) -> Select[Any]:
        """The entities that an operation is bound to, as a select over their own class that it can go on with."""
        last = call.steps[-1]
        model, rules = last.type.mapper.class_, asked.caller.rules(asked.tombstones)
        if len(call.steps) == 1 and not last.filters and last.among is None:
            return select(model).where(*(rule(model) for rule in rules.get(last.entity_set.name, ())))
        of_path = step_of(last.entity_set, last.type, self._bound(call, asked, False))
        assert of_path.among is not None
        return select(model).where(of_path.among(model))

    def _bound(self, call: Call, asked: Asked, locked: bool) -> Select[Any]:
        """The entities where a path has come to, with the path's literals in it."""
        query = Query(call.steps, rules=asked.caller.rules(asked.tombstones))
        parameters, planner = Parameters(), self.planner
        level = Level(planner.model, planner.database, planner.dialect, query, parameters)
        values = {
            name: convert(asked.literals[constant.slot][1], asked.literals[constant.slot][0], constant.type)
            for name, constant in parameters.constants.items()
        }
        statement = level.whole_entities() if locked else level.entities()
        return _with_values(statement, values)

    def _outcome(
        self, operation: Operation, returned: object, rest: Sequence[Segment], caller: Caller
    ) -> Step | Result:
        kind = operation.returns
        if kind is None:
            return NoContent()
        if isinstance(kind.type, EntityType):
            entity_type = caller.model.types[kind.type.name]
            entity_set = caller.model.set_of(entity_type)
            permitted = caller.grant.overrides(operation)
            if kind.collection:
                step = step_of(entity_set, entity_type, () if returned is None else returned)
                return replace(step, permitted=permitted)
            if returned is None:
                return Nothing()
            return Step(entity_set, key=key_of_entity(entity_type, returned), permitted=permitted)
        value = list(returned) if kind.collection and isinstance(returned, (Sequence, set, frozenset)) else returned
        shape = parameter_type(kind, self.planner.model)
        return _inside(OperationResult(value, kind.type_name, kind.collection, operation.name, shape), rest)


def _permit(call: Call, caller: Caller) -> None:
    """Who calls an operation on entities must be allowed to read them."""
    for step in call.steps:
        right = EntitySetRights.READ_SINGLE if step.single else EntitySetRights.READ_MULTIPLE
        caller.demand(step.entity_set, right)


def _with_values(statement: Select[Any], values: Values) -> Select[Any]:
    """The statement with its literals in it, as it becomes a part of others. (Any: SQLAlchemy's traversal has no types.)"""

    def put_in(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and element.key in values:
            return literal(values[element.key], element.type)
        return None

    filled: Any = visitors.replacement_traverse(statement, {}, put_in)
    assert isinstance(filled, Select), "a select stays one"
    return filled


def _called_with(call: Call, body: Body) -> tuple[Operation, Values]:
    """The overload of an action whose parameters are in the body, and their values in Python."""
    given = body.parameters(_all_parameters(call.candidates))
    operation = overload(call.candidates, frozenset(given), frozenset())
    if operation is None:
        known = " and ".join(map(str, call.candidates))
        raise BadRequest("ParameterMissing", f"there is {known}, and no {call.segment.name}({', '.join(given)})")
    values = {each.name: _in_python(each, given[each.name]) for each in operation.parameters if each.name in given}
    return operation, {**operation.nulls, **values}


def _all_parameters(candidates: Sequence[Operation]) -> Sequence[Parameter]:
    """Every parameter of any overload; one that some have not may be left out."""
    everywhere = frozenset.intersection(*(each.required for each in candidates))
    parameters = {parameter.name: parameter for each in candidates for parameter in each.parameters}
    return [replace(each, optional=name not in everywhere) for name, each in parameters.items()]


def _in_python(parameter: Parameter, value: object) -> object:
    """A value from a body as the function expects it: members of enumerations and instances of dataclasses."""
    if parameter.collection and isinstance(value, (list, tuple)):
        return [_in_python(replace(parameter, collection=False), each) for each in value]
    if value is None or isinstance(parameter.type, PrimitiveType):
        return value
    if isinstance(parameter.type, EnumType) and isinstance(value, int):
        return parameter.type.members(value)
    if isinstance(parameter.type, ComplexProperty) and isinstance(value, Mapping):
        kind = parameter.type.type
        return kind.python(**{**dict.fromkeys(kind.members), **value})
    name = "an entity" if isinstance(value, EntityPayload) else "a reference"
    raise NotImplementedByService("NotImplemented", f"{parameter.name} cannot be {name}", target=parameter.name)


def _inside(result: OperationResult, rest: Sequence[Segment]) -> Result:
    """What a path asks of a value that is no entity: ``/$value``, ``/$count``, a member of a structure."""
    if not rest:
        return result
    name, more, shape = rest[0].name, rest[1:], result.shape
    if name == "$count" and result.collection and isinstance(result.value, list) and not more:
        return EntityCount(len(result.value))
    if name == "$value" and isinstance(shape, PrimitiveType) and not result.collection and not more:
        return PropertyValue(Property("value", shape, "value", column("value")), result.value, raw=True)
    member = shape.member(name) if isinstance(shape, ComplexProperty) and not result.collection else None
    if member is None:
        message = f"{name!r} cannot follow what is returned here"
        raise NotFound("ResourceNotFound", message, target="path", at=rest[0].at)
    value = None if result.value is None else getattr(result.value, name)
    return _inside(OperationResult(value, member.type.name, name=name, shape=member.enum or member.type), more)
