"""Which rows of a set a role sees, in the language of ``$filter``, with what is known of the caller as ``@user.…``. ::

    service.row_filter("Orders", "Owner eq @user.sub", role="clerk")

A filter is a query interceptor that is made of text. It is looked at with the whole model, whatever a caller may see of it, and
the rules of other sets do not hold inside of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, is_dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, exists, literal, or_, select

from odata_service.access.rights import EVERYBODY
from odata_service.bind.expression import ExpressionBinder
from odata_service.bind.typed import Constant
from odata_service.context import Context
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.edm.primitive import BOOLEAN, DOUBLE, INT64, NULL, STRING
from odata_service.errors import BadRequest, ODataError
from odata_service.limits import Limits
from odata_service.message import ANONYMOUS, Principal, claim_at
from odata_service.parse import syntax
from odata_service.parse.v4 import parse_condition_v4
from odata_service.plan.expression import truth
from odata_service.plan.scope import Parameters, Scope, class_of, value_of
from odata_service.protocol import V4
from odata_service.values import mutable

CLAIM = "@user."
TARGET = "the filter of rows"
Values = Mapping[str, object]
Rows = ColumnElement[bool] | bool
_TYPES = {bool: BOOLEAN, int: INT64, float: DOUBLE, str: STRING}
_MOST_KEPT = 1_024
logger = logging.getLogger("odata_service")


@mutable
class RowFilters:
    """What each role sees of one set, and everybody. A role adds, and never takes away; who has none of them sees nothing."""

    by_role: dict[str, RowFilter] = field(default_factory=dict)

    def __call__(self, context: Context) -> Rows:
        roles = (EVERYBODY, *sorted(context.user.roles))
        seen = [self.by_role[role].rows(context.user) for role in roles if role in self.by_role]
        if any(each is True for each in seen):
            return True
        conditions = [each for each in seen if not isinstance(each, bool)]
        return or_(*conditions) if conditions else False


@mutable
class RowFilter:
    """One filter. ``text`` was found good before any request: ``Owner eq @user.sub and Region in @user.regions``."""

    model: EntityModel
    entity_set: EntitySet
    text: str
    _syntax: syntax.Expression = field(init=False)
    _claims: tuple[str, ...] = field(init=False)
    _kept: dict[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A name or type that is wrong is told now; a claim may be of any type, so it is a null for that."""
        try:
            self._syntax = parse_condition_v4(self.text, Limits(), TARGET)
            self._claims = tuple(dict.fromkeys(_claims(self._syntax)))
            self._made(dict.fromkeys(self._claims))
        except ODataError as error:
            raise ValueError(f"{self.entity_set.name}: {error.text}") from error

    def rows(self, user: Principal) -> Rows:
        """None at all for a caller of whom something is not known that is asked: null would be equal to null."""
        values = {name: claim_of(user, name) for name in self._claims}
        if any(value is None for value in values.values()):
            return False
        kept = repr(values)  # in which True is not 1
        if kept not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[kept] = self._of(values)
        return self._kept[kept]

    def _of(self, values: Values) -> Rows:
        try:
            return self._made(values)
        except BadRequest as error:
            logger.warning(
                "%s: somebody sees nothing, because his claims do not fit: %s", self.entity_set.name, error.text
            )
            return False

    def _made(self, values: Values) -> Rows:
        binder = ExpressionBinder(self.model, self.entity_set.type, V4, TARGET)
        bound = binder.condition(_with(self._syntax, values))
        if isinstance(bound, Constant):
            return bool(bound.value)
        model = class_of(self.entity_set.type)
        scope = Scope(self.model, self.entity_set, {}, Parameters(), alias=model)
        condition = truth(bound, scope)
        if not scope.is_joined:
            return condition
        apart = Scope(self.model, self.entity_set, {}, Parameters())
        condition = truth(bound, apart)
        same = [value_of(apart.alias, part) == value_of(model, part) for part in self.entity_set.type.key]
        return exists(select(literal(1)).select_from(apart.joined()).where(*same, condition).correlate(model))


def claim_of(user: Principal, name: str) -> object:
    """What is known of a caller; of nobody it is nothing."""
    if user.name == ANONYMOUS.name:
        return None
    said = claim_at({"sub": user.name, **getattr(user, "claims", {})}, name)
    return tuple(said) if isinstance(said, list) else said


def _claims(node: object) -> Iterator[str]:
    """The names behind ``@user.`` in an expression."""
    if isinstance(node, syntax.Alias):
        raise BadRequest(
            "UnknownClaim",
            f"{node.name} is nothing; what is known of the caller is {CLAIM}sub and the like",
            target=TARGET,
            at=node.at,
        )
    name = _claim(node)
    if name is not None:
        yield name
        return
    for part in _parts(node):
        yield from _claims(part)


def _claim(node: object) -> str | None:
    """
    >>> _claim(syntax.Path((syntax.Segment("@user.realm.tenant", None, 0),), 0))
    'realm.tenant'
    """
    match node:
        case syntax.Path((syntax.Segment(name=name, arguments=None),)) if name.startswith(CLAIM):
            return name.removeprefix(CLAIM)
    return None


def _parts(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node) and not isinstance(node, syntax.Literal):
        yield from (getattr(node, each.name) for each in fields(node))


def _with(node: Any, values: Values) -> Any:
    """The expression with what is known instead of its names. (Any: a node, or whatever else is in one.)"""
    name = _claim(node)
    if name is not None:
        return _literal(values[name], node.at)
    if isinstance(node, syntax.In) and (listed := _claim(node.items)) is not None:
        value = values[listed]
        items = tuple(_literal(each, node.at) for each in (value if isinstance(value, tuple) else (value,)))
        return replace(node, operand=_with(node.operand, values), items=syntax.ListExpression(items, node.at))
    if isinstance(node, tuple):
        return tuple(_with(each, values) for each in node)
    if isinstance(node, syntax.Literal | syntax.EnumLiteral):
        return replace(node, slot=-1)  # no literal of a request
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{each.name: _with(getattr(node, each.name), values) for each in fields(node)})
    return node


def _literal(value: object, at: int) -> syntax.Literal:
    if value is None:
        return syntax.Literal(NULL, None, "null", at)
    if type(value) not in _TYPES:
        raise BadRequest("UnknownClaim", "a list is for 'in' alone, and a structure for nothing", target=TARGET, at=at)
    return syntax.Literal(_TYPES[type(value)], value, str(value), at)
