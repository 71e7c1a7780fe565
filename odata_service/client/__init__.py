"""Clients of the service. :class:`OfflineContext` keeps a part of it on a device and works without a network;
:class:`ODataClient` asks any OData service, online."""

from .builder import DatasyncBuilder, EntityOptions
from .columns import Moment
from .conflict import ASK, CLIENT, SERVER, Conflict, Resolution, Resolver, ask, client_wins, merge, merging, server_wins
from .context import OfflineContext
from .entity import OfflineEntity
from .online import (
    BadRequest, Deleted, Expand, Forbidden, Gone, NotFound, NotPossible, NotUnderstood, ODataClient, PreconditionFailed,
    ServerError, ServiceError, Unauthorized, now, number,
)  # fmt: skip
from .operations import Operation, QueueError
from .results import OpenConflict, PullResult, PushResult, SyncEvent, SyncEventType
from .session import BulkWriteRefused, OfflineSession
from .transport import Auth, ClientError, ForeignLink, NotSent, Patience, Transport, Unreachable
from .verify import Verification

__all__ = [
    "ASK",
    "CLIENT",
    "SERVER",
    "Auth",
    "BadRequest",
    "BulkWriteRefused",
    "ClientError",
    "Conflict",
    "DatasyncBuilder",
    "Deleted",
    "EntityOptions",
    "Expand",
    "Forbidden",
    "ForeignLink",
    "Gone",
    "Moment",
    "NotFound",
    "NotPossible",
    "NotSent",
    "NotUnderstood",
    "ODataClient",
    "OfflineContext",
    "OfflineEntity",
    "OfflineSession",
    "OpenConflict",
    "Operation",
    "Patience",
    "PreconditionFailed",
    "PullResult",
    "PushResult",
    "QueueError",
    "Resolution",
    "Resolver",
    "ServerError",
    "ServiceError",
    "SyncEvent",
    "SyncEventType",
    "Transport",
    "Unauthorized",
    "Unreachable",
    "Verification",
    "ask",
    "client_wins",
    "merge",
    "merging",
    "now",
    "number",
    "server_wins",
]
