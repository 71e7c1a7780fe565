"""A collection that is sent while it is read, part by part."""

from __future__ import annotations

from odata_service.result import EntityCollection

Ends = tuple[str, str]


def ends_of_part(collection: EntityCollection, whole: Ends, between: str = ",") -> Ends:
    """What stands before and after the entities of a part, where ``whole`` is what stands around all of them."""
    part, (start, end) = collection.part, whole
    if part is None:
        return whole
    if part.begun:
        start = between if collection.level.rows else ""
    return start, "" if part.unfinished else end
