"""A shop that uses everything V4 has: types, structures, streams, a hierarchy, functions and actions. See ``README.md``."""

from __future__ import annotations

from odata_service import EntitySetRights, ODataService
from odata_service.sample import Sample

from . import models
from .generated import generated_rows
from .operations import operations
from .rows import first_rows


def initialize_service(service: ODataService) -> None:
    service.rights("*", EntitySetRights.ALL)
    service.rights("ReadOnlyItems", EntitySetRights.ALL_READ)
    service.add(operations)
    service.schema_version("1.0")
    service.tombstones("Products", "hidden")  # deltas tell of deleted products, nothing else does


TECHSTORE = Sample(
    name="techstore",
    base=models.Base,
    main=models.Product,
    namespace="TechStore",
    container="Container",
    roots={"/v4": "v4", "/tables": "tables", "/v2": "v2"},
    example="/v4/Products?$top=2",
    first_rows=first_rows,
    generated_rows=generated_rows,
    configure=initialize_service,
)
