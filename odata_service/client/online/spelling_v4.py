"""V4 and 4.01: annotations with and without ``odata.``, options inside of ``$expand``, actions with a body."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from odata_service.edm.literal_v4 import read_literal, write_literal
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.values import type_of
from odata_service.formats.value_v4 import VALUES

from .expression import Expression
from .failure import NotUnderstood
from .metadata_v4 import read_metadata
from .model import EnumType, Model, Operation, StructuredType, ValueType
from .options import Expand, Options
from .spelling import Control, Json, Link, New, Page, Row, Spelling, enum_member, enum_names, is_rows, query_text


class SpellingV4(Spelling):
    version = "v4"
    headers = {"OData-MaxVersion": "4.01", "OData-Version": "4.0"}
    update = "PATCH"
    each = "$each"
    longest_url = 4_000
    track_changes = {"Prefer": "odata.track-changes"}

    def read_metadata(self, content: bytes) -> Model:
        return read_metadata(content)

    def primitive_literal(self, value: Any, kind: PrimitiveType) -> str:
        return write_literal(value, kind)

    def read_literal(self, text: str) -> object:
        return read_literal(text)[1]

    def enum_literal(self, value: object, kind: EnumType) -> str:
        return f"{kind.full_name}'{enum_names(enum_member(value, kind))}'"

    def option_pairs(self, options: Options) -> list[tuple[str, str]]:
        pairs = [
            ("$apply", options.apply or ""),
            ("$compute", options.compute or ""),
            ("$search", options.search or ""),
            ("$filter", self.conditions(options)),
            ("$select", ",".join(options.select)),
            ("$expand", ",".join(map(self._expand, options.expand))),
            ("$orderby", ",".join(each.text(self) for each in options.order)),
            ("$skip", "" if options.skip is None else str(options.skip)),
            ("$top", "" if options.top is None else str(options.top)),
            ("$count", "true" if options.count else ""),
        ]
        return [pair for pair in pairs if pair[1]]

    def _expand(self, expand: Expand) -> str:
        inner = ";".join(f"{name}={text}" for name, text in self.option_pairs(expand.options))
        return f"{expand.name}({inner})" if inner else expand.name

    def any_all(self, path: str, quantifier: str, variable: str, condition: str) -> str:
        return f"{path}/{quantifier}({variable}:{condition})" if condition else f"{path}/{quantifier}()"

    def counted(self, path: str) -> str:
        return f"{path}/$count"

    def one_of(self, subject: str, literals: Sequence[str]) -> str:
        return f"{subject} in ({','.join(literals)})"

    def derived(self, type_name: str) -> tuple[Expression | None, str]:
        return None, f"/{type_name}"

    def before_derived(self, type_name: str) -> tuple[str, ...]:
        return ()

    def call(self, operation: Operation, arguments: Mapping[str, object]) -> tuple[str, str, bytes]:
        """A function's arguments stand in the path by aliases, so that no character of a value is in the way."""
        if operation.is_action:
            members = (
                f"{json.dumps(name)}:{self.json(each, operation.parameters[name])}" for name, each in arguments.items()
            )
            return operation.segment, "", ("{" + ",".join(members) + "}").encode()
        names = ",".join(f"{name}=@{name}" for name in arguments)
        values = [(f"@{name}", self._argument(each, operation.parameters[name])) for name, each in arguments.items()]
        return f"{quote(operation.segment)}({names})", query_text(values), b""

    def _argument(self, value: object, kind: ValueType) -> str:
        if kind.collection or isinstance(kind.type, StructuredType):
            return self.json(value, kind)
        return self.literal(value, kind)

    @property
    def writers(self) -> Mapping[PrimitiveType, Callable[[Any], str]]:
        return _WRITERS

    @property
    def readers(self) -> Mapping[PrimitiveType, Callable[[Any], object]]:
        return _READERS

    def type_member(self, new: New) -> list[str]:
        return [] if new.usual in (None, new.type) else [f'"@odata.type":"#{new.type.full_name}"']

    def dynamic_member(self, name: str, value: object) -> str:
        """With its type, where JSON does not tell it."""
        plain = f"{json.dumps(name)}:{{}}"
        if value is None or isinstance(value, (bool, str, list, dict)):
            return plain.format(json.dumps(value))
        kind = type_of(value)
        text = plain.format(VALUES[kind].json(value))
        if isinstance(value, float) and math.isfinite(value):
            return text
        return f'{json.dumps(f"{name}@odata.type")}:"#{kind.name.removeprefix("Edm.")}",{text}'

    def link_member(self, name: str, links: Link | Sequence[Link] | None) -> str:
        if links is None:
            return f"{json.dumps(name)}:null"
        said = links.address if isinstance(links, Link) else [each.address for each in links]
        return f"{json.dumps(f'{name}@odata.bind')}:{json.dumps(said)}"

    def reference(self, address: str) -> bytes:
        return json.dumps({"@odata.id": address}).encode()

    def links(self, owner: str, name: str) -> str:
        return f"{owner}/{name}/$ref"

    def unlink(self, owner: str, name: str, target: str, key: str) -> str:
        return f"{owner}/{name}/$ref?$id={quote(target, safe='')}"

    def enum_json(self, member: enum.IntEnum | enum.IntFlag, kind: EnumType) -> str:
        return json.dumps(enum_names(member))

    def control(self, row: Row) -> Control:
        found = annotation(row, "type")
        return Control(found and str(found), annotation(row, "etag"), annotation(row, "id"))

    def page(self, document: Json) -> Page:
        if not isinstance(document, dict) or not is_rows(document.get("value")):
            raise NotUnderstood(f"expected a collection, with its items in value, not {document!r:.80}")
        count = annotation(document, "count")
        next_link, delta_link = annotation(document, "nextLink"), annotation(document, "deltaLink")
        return Page(document["value"], next_link, delta_link, None if count is None else int(count))

    def inner_page(self, row: Row, name: str) -> Page:
        return Page(row[name], annotation(row, "nextLink", name), None, annotation(row, "count", name))

    def entity(self, document: Json) -> Row:
        if not isinstance(document, dict):
            raise NotUnderstood(f"expected an entity, not {document!r:.80}")
        return document

    def removed(self, row: Row) -> tuple[str, str] | None:
        """4.01 says ``@removed``; 4.0 has objects of another context."""
        found = annotation(row, "removed")
        if isinstance(found, dict):
            return str(annotation(row, "id") or row.get("id") or ""), str(found.get("reason", "deleted"))
        if str(annotation(row, "context") or "").endswith("/$deletedEntity"):
            return str(row.get("id")), str(row.get("reason", "deleted"))
        return None

    def value(self, document: Json, operation: Operation | None = None) -> Json:
        return document["value"] if isinstance(document, dict) and "value" in document else document


def annotation(row: Row, name: str, of: str = "") -> Any:
    """``@odata.etag`` of 4.0 or ``@etag`` of 4.01, of an object or of one of its members.

    >>> annotation({"@odata.etag": "1"}, "etag"), annotation({"Tags@nextLink": "x"}, "nextLink", "Tags")
    ('1', 'x')
    """
    found = row.get(f"{of}@odata.{name}")
    return row.get(f"{of}@{name}") if found is None else found


_WRITERS: Mapping[PrimitiveType, Callable[[Any], str]] = {kind: each.json for kind, each in VALUES.items()}
_READERS: Mapping[PrimitiveType, Callable[[Any], object]] = {kind: each.read for kind, each in VALUES.items()}
