"""Who may do what: the one resolver that every road asks."""

from odata_service.access.access import Access
from odata_service.access.caller import Caller
from odata_service.access.columns import ColumnRights
from odata_service.access.rights import EVERY, EntitySetRights, ServiceActionRights, ServiceOperationRights
from odata_service.access.rows import Tombstones

__all__ = [
    "EVERY",
    "Access",
    "Caller",
    "ColumnRights",
    "EntitySetRights",
    "ServiceActionRights",
    "ServiceOperationRights",
    "Tombstones",
]
