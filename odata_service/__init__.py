"""Any SQL database as an OData service: V2 as WCF Data Services spoke it, and V4.

What an application uses has its names here, and is loaded when it is first asked for: the offline client needs no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odata_service.late import late

if TYPE_CHECKING:
    from odata_service.access import ColumnRights, EntitySetRights, ServiceActionRights, ServiceOperationRights
    from odata_service.changing import Change, UpdateOperations
    from odata_service.context import Context
    from odata_service.edm.errors import ModelError
    from odata_service.edm.feed import FeedMapping
    from odata_service.entry import Entry
    from odata_service.limits import Limits
    from odata_service.message import Headers, ODataRequest, ODataResponse, User
    from odata_service.service import ODataService

_HOMES = {
    "Change": "changing",
    "ColumnRights": "access",
    "Context": "context",
    "EntitySetRights": "access",
    "Entry": "entry",
    "FeedMapping": "edm.feed",
    "Headers": "message",
    "Limits": "limits",
    "ModelError": "edm.errors",
    "ODataRequest": "message",
    "ODataResponse": "message",
    "ODataService": "service",
    "ServiceActionRights": "access",
    "ServiceOperationRights": "access",
    "UpdateOperations": "changing",
    "User": "message",
}

__all__ = [
    "Change",
    "ColumnRights",
    "Context",
    "EntitySetRights",
    "Entry",
    "FeedMapping",
    "Headers",
    "Limits",
    "ModelError",
    "ODataRequest",
    "ODataResponse",
    "ODataService",
    "ServiceActionRights",
    "ServiceOperationRights",
    "UpdateOperations",
    "User",
]

__getattr__, __dir__ = late(__name__, _HOMES)
