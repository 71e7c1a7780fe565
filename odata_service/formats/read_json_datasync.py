"""Bodies of the Datasync protocol's requests: one row in JSON."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import NoReturn

from odata_service.bind.payload import EntityPayload
from odata_service.edm import primitive as edm
from odata_service.edm.model import EntityType, Property
from odata_service.edm.table_type import ID
from odata_service.errors import BadRequest, UnsupportedMediaType
from odata_service.formats.error_datasync import ID_MISMATCH
from odata_service.formats.read_json import decoded, media_type_of, read_json_text, without_comments
from odata_service.formats.schema_datasync import read_row
from odata_service.limits import Limits
from odata_service.values import frozen

JSON, JSON_PATCH = "application/json", "application/json-patch+json"


@frozen
class JsonBodyDatasync:
    """A request's body. ``key`` is the id that the address names; ``merges`` says that what is absent stays as it is."""

    content: bytes
    content_type: str | None
    limits: Limits
    key: str | None = None
    merges: bool = False

    def entity(
        self, entity_type: EntityType, *, partial: bool, known: Mapping[str, object] | None = None
    ) -> EntityPayload:
        document = self._document()
        values = read_row(self._identified(document), entity_type, partial=self.merges)
        (key,) = entity_type.key
        if self.key is not None:
            self._demand_same(values.get(ID), key)
        elif key.type is edm.STRING and ID not in values and not key.generated:
            values[ID] = uuid.uuid4().hex
        return EntityPayload(entity_type, values)

    def _identified(self, document: object) -> object:
        """Without an id that is none."""
        if not isinstance(document, dict):
            return document
        return {name: value for name, value in document.items() if name.lower() != ID or value not in (None, "")}

    def _demand_same(self, given: object, key: Property) -> None:
        told = None if given is None else str(given).lower() if key.type is edm.GUID else str(given)
        asked = str(self.key).lower() if key.type is edm.GUID else self.key
        if told != asked and not (self.merges and told is None):
            raise BadRequest(ID_MISMATCH, "the id in the body is not the one in the address", target=ID)

    def _document(self) -> object:
        media_type, _ = media_type_of(self.content_type)
        is_patch = self.merges and media_type.lower() == JSON_PATCH
        if media_type.lower() != JSON and not is_patch:
            raise UnsupportedMediaType("UnsupportedMediaType", f"a row is sent as {JSON}, not as {media_type[:80]}")
        document = read_json_text(without_comments(decoded(self.content, self.content_type)), self.limits)
        return _patched(document) if is_patch else document

    def _nothing_else(self, *_asked: object, **_options: object) -> NoReturn:
        raise AssertionError("paths end at rows, so nothing but a row is ever sent")

    property = dynamic = raw = structure = values = item = references = changes = parameters = octets = _nothing_else


def _patched(operations: object) -> dict[str, object]:
    """What a JSON Patch says of a row, as far as rows go: a value for each property (RFC 6902).

    >>> _patched([{"op": "replace", "path": "/title", "value": "Up"}, {"op": "remove", "path": "/rating"}])
    {'title': 'Up', 'rating': None}
    """
    said: dict[str, object] = {}
    for item in operations if isinstance(operations, list) else [operations]:
        operation = item if isinstance(item, dict) else {}
        kind, path = operation.get("op"), operation.get("path")
        if kind not in ("add", "replace", "remove") or not isinstance(path, str) or not path.startswith("/"):
            raise BadRequest("InvalidPatch", "a patch of a row is a list of add, replace and remove of its properties")
        said[path[1:]] = None if kind == "remove" else operation.get("value")
    return said
