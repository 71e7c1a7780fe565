"""Functions and actions in a path: ``Products(1)/TechStore.GetTotalPrice(taxRate=0.2)``, and what they are called with."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import NoReturn

from odata_service.bind.convert import NotConvertible, convert, convertible
from odata_service.bind.enums import enum_number
from odata_service.bind.query import Step
from odata_service.edm.model import ComplexProperty, EntityModel, EntityType, EnumType
from odata_service.edm.operation import Kind, Operation, Parameter, overload
from odata_service.edm.primitive import DATE, NULL, PrimitiveType
from odata_service.errors import BadRequest, NotImplementedByService, did_you_mean
from odata_service.parse.syntax import (
    Alias, EnumLiteral, Expression, ListExpression, Literal, ObjectExpression, Segment,
)  # fmt: skip
from odata_service.values import frozen

Values = Mapping[str, object]


@frozen
class Call:
    """Overloads of one name, the ``steps`` to what they are bound to (none for an import), and the path that follows."""

    candidates: tuple[Operation, ...]
    segment: Segment
    steps: tuple[Step, ...] = ()
    rest: tuple[Segment, ...] = ()

    @property
    def kind(self) -> Kind:
        return self.candidates[0].kind


def imported_call(model: EntityModel, path: tuple[Segment, ...]) -> Call | None:
    """A path that begins with a function import or an action import."""
    if path[0].name in model.root_sets:
        return None
    candidates = model.published(model.operations.imported(path[0].name))
    return Call(candidates, path[0], (), path[1:]) if candidates else None


def bound_call(model: EntityModel, steps: tuple[Step, ...], path: tuple[Segment, ...]) -> Call | None:
    """A path that goes on with an operation bound to where it has come."""
    step = steps[-1]
    if path[0].name in step.type.member_names:
        return None
    candidates = model.published(model.operations.bound(path[0].name, step.type, not step.single))
    return Call(candidates, path[0], steps, path[1:]) if candidates else None


@frozen
class ArgumentBinder:
    """Finds the overload that an address means, and the values of its parameters in Python. ``implicit`` are the query
    string's other options, ``read`` reads the text of one (URL Conventions, Implicit Parameter Aliases)."""

    call: Call
    aliases: Mapping[str, Expression]
    implicit: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[str], tuple[PrimitiveType, object]] | None = None
    absent_is_null: bool = False

    def bound(self) -> tuple[Operation, Values]:
        """The operation that is meant, with what it is called with."""
        operation = self.operation()
        return operation, self.values(operation)

    def operation(self) -> Operation:
        """The overload with just the parameters that are given."""
        given = frozenset(self._given())
        found = overload(
            self.call.candidates, given, frozenset(self.implicit), absent_is_null=self.absent_is_null
        )
        if found is None:
            self._refuse_names(given)
        return found

    def values(self, operation: Operation) -> Values:
        given = self._given()
        values = {each.name: self._value(each, given) for each in operation.parameters if self._has(each, given)}
        return {**operation.nulls, **values}

    def _given(self) -> Mapping[str, Expression]:
        """The arguments in parentheses, by name."""
        given: dict[str, Expression] = {}
        for argument in self.call.segment.arguments or ():
            if argument.name is None or argument.name in given:
                message = f"{self.call.segment.name} takes each parameter once, by its name"
                raise BadRequest("InvalidParameter", message, target="path", at=argument.at)
            given[argument.name] = argument.value
        return given

    def _has(self, parameter: Parameter, given: Mapping[str, Expression]) -> bool:
        return parameter.name in given or parameter.name in self.implicit

    def _value(self, parameter: Parameter, given: Mapping[str, Expression]) -> object:
        if parameter.name in given:
            return argument(parameter, given[parameter.name], self.aliases)
        assert self.read is not None, "implicit values come with a way to read them"
        kind, value = self.read(self.implicit[parameter.name])
        return argument(parameter, Literal(kind, value, "", 0), self.aliases)

    def _refuse_names(self, given: frozenset[str]) -> NoReturn:
        known = [str(each) for each in self.call.candidates]
        names = sorted({name for each in self.call.candidates for name in each.names})
        unknown = sorted(given.difference(names))
        hint = did_you_mean(unknown[0], names) if unknown else ""
        message = (
            f"{self.call.segment.name}({', '.join(sorted(given))}) is not known{hint}; there is {' and '.join(known)}"
        )
        code = "UnknownParameter" if unknown else "ParameterMissing"
        raise BadRequest(code, message, target="path", at=self.call.segment.at)


def argument(parameter: Parameter, expression: Expression, aliases: Mapping[str, Expression]) -> object:
    """The value of a parameter in Python; 400 where it is of another type. An alias that is not given is null."""
    if isinstance(expression, Alias):
        expression = aliases.get(expression.name, Literal(NULL, None, "null", expression.at))
    if isinstance(expression, Literal) and expression.value is None:
        if parameter.nullable:
            return None
        _refuse(parameter, "cannot be null", expression.at)
    if not parameter.collection:
        return _argument(parameter, expression)
    if not isinstance(expression, ListExpression):
        _refuse(parameter, "is a collection, written [1,2,3]", expression.at)
    return [_argument(parameter, item) for item in expression.items]


def _argument(parameter: Parameter, expression: Expression) -> object:
    match parameter.type:
        case PrimitiveType():
            return _primitive(parameter, parameter.type, expression)
        case EnumType():
            return _enumeration(parameter, parameter.type, expression)
        case ComplexProperty():
            return _structure(parameter, parameter.type, expression)
        case EntityType():
            raise NotImplementedByService("NotImplemented", f"{parameter.name} cannot be an entity", target="path")


def _primitive(parameter: Parameter, kind: PrimitiveType, expression: Expression) -> object:
    if kind is DATE and isinstance(expression, Literal) and isinstance(expression.value, datetime.datetime):
        return expression.value.date()  # V2 has no literals of days
    if not isinstance(expression, Literal) or not convertible(expression.type, kind):
        _refuse(parameter, f"needs a value of {kind}", expression.at)
    try:
        value = convert(expression.value, expression.type, kind)
    except NotConvertible as reason:
        _refuse(parameter, f"needs a value of {kind}: {reason}", expression.at)
    if isinstance(value, int) and kind.low is not None and kind.high is not None and not kind.low <= value <= kind.high:
        _refuse(parameter, f"{value} is out of range for {kind}", expression.at)
    return value


def _enumeration(parameter: Parameter, kind: EnumType, expression: Expression) -> object:
    match expression:
        case EnumLiteral(type_name=name, members=text) if name == kind.full_name:
            number = enum_number(kind, text)
        case Literal(value=str() | int() as value):
            number = enum_number(kind, str(value))
        case _:
            number = None
    if number is None or not _is_member(kind, number):
        _refuse(parameter, f"needs members of {kind.full_name}", expression.at)
    return kind.members(number)


def _is_member(kind: EnumType, number: int) -> bool:
    return kind.is_flags or number in kind.numbers.values()


def _structure(parameter: Parameter, kind: ComplexProperty, expression: Expression) -> object:
    """``{"City":"Berlin"}``; what is left out is null."""
    if not isinstance(expression, ObjectExpression):
        _refuse(parameter, f"needs an object with the members of {kind.full_name}", expression.at)
    members = dict.fromkeys(kind.type.members)
    for name, value in expression.members:
        declared = kind.member(name)
        if declared is None:
            _refuse(
                parameter, f"{kind.full_name} has no {name!r}{did_you_mean(name, kind.type.members)}", expression.at
            )
        inner = Parameter(f"{parameter.name}/{name}", declared.enum or declared.type, nullable=declared.nullable)
        members[name] = argument(inner, value, {})
    return kind.type.python(**members)


def _refuse(parameter: Parameter, message: str, at: int) -> NoReturn:
    raise BadRequest("InvalidParameter", f"{parameter.name} {message}", target="path", at=at)
