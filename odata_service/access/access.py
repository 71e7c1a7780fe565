"""What the service was told of rights, and the callers that follow from it."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from sqlalchemy.orm import Mapper

from odata_service.access.caller import Caller
from odata_service.access.columns import ColumnPolicy
from odata_service.access.conditions import Conditions
from odata_service.access.grant import Grant
from odata_service.access.rights import (
    NO_ROLES, EntitySetRights, Granted, OperationRights, Roles, ServiceActionRights, ServiceOperationRights,
)  # fmt: skip
from odata_service.access.rows import RowPolicy
from odata_service.access.visible import visible
from odata_service.behavior import Behaviors
from odata_service.context import Context
from odata_service.edm.model import EntityModel
from odata_service.message import ANONYMOUS, ODataRequest, Principal
from odata_service.values import mutable

_MOST_GRANTS = 256  # combinations of roles whose models are kept
_USES = ServiceOperationRights.ALL | ServiceActionRights.INVOKE


@mutable
class Access:
    """Rights and the visibility of tombstones per entity set; ``"*"`` stands for those not named.

    Everything is closed until it is opened. Tombstones are ordinary rows until a set or a request hides them.
    """

    model: EntityModel
    veil: bytes = b""  # the key with which ETags are made of hidden properties
    rights: Granted[EntitySetRights] = field(default_factory=Granted[EntitySetRights])
    columns: ColumnPolicy = field(default_factory=ColumnPolicy)
    operations: Granted[OperationRights] = field(default_factory=Granted[OperationRights])
    behaviors: Behaviors = field(default_factory=Behaviors)
    explained_to: Roles = NO_ROLES  # who may ask how a read is answered
    rows: RowPolicy = field(init=False)
    _roles: Roles = NO_ROLES  # those that anything was said of
    _grants: dict[Roles, Grant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = RowPolicy(self.model)

    def caller(self, request: ODataRequest) -> Caller:
        return self.caller_of(Context(request))

    def caller_of(self, context: Context) -> Caller:
        conditions = Conditions(self.rows.interceptors, context)
        return Caller(self.grant(context.user), self.rows, conditions, self.behaviors)

    def grant(self, principal: Principal = ANONYMOUS) -> Grant:
        """What a caller with these roles may do; roles that nothing was said of make no difference."""
        roles = principal.roles & self._roles if self._roles else NO_ROLES
        return self._grants.get(roles) or self._granted(roles)

    @property
    def guarded(self) -> list[Mapper[Any]]:
        """The mappers of the sets of which not all callers see all rows."""
        return [self.model.sets[name].type.mapper for name in self.rows.interceptors]

    def changed(self) -> None:
        """After anything more was said."""
        self._roles = self.rights.roles | self.columns.roles | self.operations.roles
        self._grants.clear()

    def _granted(self, roles: Roles) -> Grant:
        if len(self._grants) >= _MOST_GRANTS:
            self._grants.clear()
        rights = {name: self.rights.to(name, roles) for name in self.model.sets}
        given = {name: right for name, right in rights.items() if right is not None}
        open_sets = {name: each for name, each in self.model.sets.items() if name in given}
        spoken_of = {each.name for each in self.model.operations if self.operations.speaks_of(each.name)}
        operations = {name: int(self.operations.to(name, roles) or 0) for name in spoken_of}
        closed = {name for name, rights in operations.items() if not rights & _USES}
        model = visible(self.model, open_sets, lambda name: self.columns.of(name, roles), closed, self.veil)
        may_write = any(right & EntitySetRights.ALL_WRITE for right in given.values())
        only_reads = not may_write and all(each.kind == "function" for each in model.operations)
        grant = Grant(roles, model, given, operations, only_reads)
        self._grants[roles] = grant
        return grant
