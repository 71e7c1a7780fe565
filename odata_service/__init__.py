"""Any SQL database as an OData service: V2 as WCF Data Services spoke it, and V4."""

from odata_service.access import ColumnRights, EntitySetRights, ServiceActionRights, ServiceOperationRights
from odata_service.changing import Change, UpdateOperations
from odata_service.context import Context
from odata_service.edm.errors import ModelError
from odata_service.edm.feed import FeedMapping
from odata_service.entry import Entry
from odata_service.limits import Limits
from odata_service.message import Headers, ODataRequest, ODataResponse, User
from odata_service.service import ODataService

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
