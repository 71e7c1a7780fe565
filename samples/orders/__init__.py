"""Orders that are taken offline in a browser and synchronised later: Customers, Orders and a log of what was taken over."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

from odata_service import EntitySetRights, ODataService
from odata_service.sample import Sample

from .generated import generated_rows
from .models import Base, Order
from .rows import first_rows


def configure(service: ODataService) -> None:
    """Clients know their records by the LocalId that they have given them. Of two who have changed an order, the latest
    wins; changes of a customer are merged column by column."""
    service.rights("*", EntitySetRights.ALL)
    service.rights("SyncLogs", EntitySetRights.ALL_READ)
    service.sync("Orders", key="LocalId", conflicts="latest")
    service.sync("Customers", key="LocalId", conflicts="merge")


def built_pages() -> Traversable | None:
    """The Angular application, where ``npm run build`` has made it."""
    pages = resources.files(__package__) / "app" / "dist"
    return pages if pages.is_dir() else None


ORDERS = Sample(
    name="orders",
    base=Base,
    main=Order,
    namespace="OrdersModel",
    container="OrdersContext",
    roots={"/api/sync": "sync", "/v4": "v4", "/v2": "v2"},
    example="/v4/Orders?$top=2",
    first_rows=first_rows,
    generated_rows=generated_rows,
    configure=configure,
    pages=built_pages(),
)
