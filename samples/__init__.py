"""Services to try; ``odata-service serve --sample people`` finds them here by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odata_service.late import late

if TYPE_CHECKING:
    from .field_notes import FIELD_NOTES
    from .orders import ORDERS
    from .people import PEOPLE, PEOPLE_BY_ENTITY
    from .techstore import TECHSTORE

_HOMES = {
    "FIELD_NOTES": "field_notes",
    "ORDERS": "orders",
    "PEOPLE": "people",
    "PEOPLE_BY_ENTITY": "people",
    "TECHSTORE": "techstore",
}

__all__ = ["FIELD_NOTES", "ORDERS", "PEOPLE", "PEOPLE_BY_ENTITY", "TECHSTORE"]

SAMPLES = {
    "people": "PEOPLE",
    "people-entity": "PEOPLE_BY_ENTITY",
    "techstore": "TECHSTORE",
    "orders": "ORDERS",
    "field-notes": "FIELD_NOTES",
}

__getattr__, __dir__ = late(__name__, _HOMES)
