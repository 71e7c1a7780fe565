"""Services to try; ``odata-service serve --sample people`` finds them here by name."""

from __future__ import annotations

from .field_notes import FIELD_NOTES
from .orders import ORDERS
from .people import PEOPLE, PEOPLE_BY_ENTITY
from .techstore import TECHSTORE

SAMPLES = {sample.name: sample for sample in (PEOPLE, PEOPLE_BY_ENTITY, TECHSTORE, ORDERS, FIELD_NOTES)}
