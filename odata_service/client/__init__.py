"""Clients of the service. :class:`OfflineContext` keeps a part of it on a device and works without a network."""

from .builder import DatasyncBuilder, EntityOptions
from .columns import Moment
from .conflict import ASK, CLIENT, SERVER, Conflict, Resolution, Resolver, ask, client_wins, merge, merging, server_wins
from .context import OfflineContext
from .entity import OfflineEntity
from .operations import Operation, QueueError
from .results import OpenConflict, PullResult, PushResult, SyncEvent, SyncEventType
from .session import BulkWriteRefused, OfflineSession
from .transport import Auth, ClientError, ForeignLink, Patience, Transport, Unreachable
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
    "ForeignLink",
    "Moment",
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
    "server_wins",
]
