"""Clients of the service. :class:`OfflineContext` keeps a part of it on a device and works without a network;
:class:`ODataClient` asks any OData service, online."""

from .builder import DatasyncBuilder, EntityOptions
from .columns import Moment
from .conflict import ASK, CLIENT, SERVER, Conflict, Resolution, Resolver, ask, client_wins, merge, merging, server_wins
from .context import OfflineContext
from .entity import OfflineEntity
from .online.client import ODataClient
from .online.expression import now
from .online.options import Expand
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
    "BulkWriteRefused",
    "ClientError",
    "Conflict",
    "DatasyncBuilder",
    "EntityOptions",
    "Expand",
    "ForeignLink",
    "Moment",
    "NotSent",
    "ODataClient",
    "OfflineContext",
    "OfflineEntity",
    "OfflineSession",
    "OpenConflict",
    "Operation",
    "Patience",
    "PullResult",
    "PushResult",
    "QueueError",
    "Resolution",
    "Resolver",
    "SyncEvent",
    "SyncEventType",
    "Transport",
    "Unreachable",
    "Verification",
    "ask",
    "client_wins",
    "merge",
    "merging",
    "now",
    "server_wins",
]
