"""OData services for Python programs that are online: entity sets, queries and changes, in V2 and V4 alike."""

from .batch import Batch
from .changes import Changes, Deleted, Linked
from .client import ODataClient
from .entity import Entity
from .entity_set import EntitySet
from .expression import now, number
from .failure import (
    BadRequest, Conflict, Detail, Forbidden, Gone, MethodNotAllowed, NotFound, NotPossible, NotUnderstood,
    PreconditionFailed, PreconditionRequired, ServerError, ServiceError, TooManyRequests, Unauthorized,
    UnprocessableContent,
)  # fmt: skip
from .model import UnknownName
from .options import Expand
from .query import Query
from .record import NotLoaded, Record
from .related import Related
from .stream import Stream

__all__ = [
    "BadRequest", "Batch", "Changes", "Conflict", "Deleted", "Detail", "Entity", "EntitySet", "Expand", "Forbidden", "Gone",
    "Linked", "MethodNotAllowed", "NotFound", "NotLoaded", "NotPossible", "NotUnderstood", "ODataClient", "PreconditionFailed",
    "PreconditionRequired", "Query", "Record", "Related", "ServerError", "ServiceError", "Stream", "TooManyRequests",
    "Unauthorized", "UnknownName", "UnprocessableContent", "now", "number",
]  # fmt: skip
