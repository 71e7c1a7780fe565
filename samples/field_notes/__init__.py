"""Notes of a naturalist, taken where there is no network: one page that works offline, and the Sync API behind it."""

from __future__ import annotations

from importlib import resources

from odata_service import EntitySetRights, ODataService
from odata_service.sample import Sample

from .generated import generated_rows
from .models import Base, Note
from .rows import first_rows


def configure(service: ODataService) -> None:
    """Notes are merged column by column; where two have changed the same column, the second is asked."""
    service.rights("*", EntitySetRights.ALL)
    service.sync("Notes", conflicts="merge")


FIELD_NOTES = Sample(
    name="field-notes",
    base=Base,
    main=Note,
    namespace="FieldNotes",
    container="FieldNotesContext",
    roots={"/api/sync": "sync", "/v4": "v4"},
    example="/v4/Notes?$top=2",
    first_rows=first_rows,
    generated_rows=generated_rows,
    configure=configure,
    pages=resources.files(__package__) / "web",
)
