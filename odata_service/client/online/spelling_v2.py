"""V2: ``{"d": …}``, ``__metadata``, function imports, conditions without lambdas."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from odata_service.edm import primitive as edm
from odata_service.edm import temporal
from odata_service.edm.literal_v2 import read_literal, write_literal
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.value_v2 import VALUES

from .expression import Expression, Raw
from .failure import NotPossible, NotUnderstood
from .metadata_v2 import read_metadata
from .model import EnumType, Model, Operation, ValueType
from .options import Expand, Options
from .spelling import Control, Json, Link, New, Page, Row, Spelling, enum_member, is_rows, query_text


class SpellingV2(Spelling):
    version = "v2"
    headers = {"MaxDataServiceVersion": "2.0", "DataServiceVersion": "2.0"}
    update = "MERGE"
    track_option = ("!deltatoken", "")

    def read_metadata(self, content: bytes) -> Model:
        return read_metadata(content)

    def primitive_literal(self, value: Any, kind: PrimitiveType) -> str:
        return write_literal(value, kind)

    def read_literal(self, text: str) -> object:
        return read_literal(text)[1]

    def enum_literal(self, value: object, kind: EnumType) -> str:
        return str(int(enum_member(value, kind)))

    def option_pairs(self, options: Options) -> list[tuple[str, str]]:
        for name in ("search", "apply", "compute"):
            if getattr(options, name) is not None:
                raise NotPossible(f"V2 has no ${name}")
        expanded = [path for each in options.expand for path in _plain(each).paths()]
        pairs = [
            ("$filter", self.conditions(options)),
            ("$select", ",".join((*options.select, *_missing(expanded, options.select)) if options.select else ())),
            ("$expand", ",".join(expanded)),
            ("$orderby", ",".join(each.text(self) for each in options.order)),
            ("$skip", "" if options.skip is None else str(options.skip)),
            ("$top", "" if options.top is None else str(options.top)),
            ("$inlinecount", "allpages" if options.count else ""),
        ]
        return [pair for pair in pairs if pair[1]]

    def any_all(self, path: str, quantifier: str, variable: str, condition: str) -> str:
        raise NotPossible(f"V2 cannot ask for {quantifier} of {path}: it has no lambdas")

    def counted(self, path: str) -> str:
        raise NotPossible(f"V2 cannot count {path} in a condition")

    def one_of(self, subject: str, literals: Sequence[str]) -> str:
        return " or ".join(f"{subject} eq {each}" for each in literals)

    def derived(self, type_name: str) -> tuple[Expression | None, str]:
        return Raw(f"isof('{type_name}')"), ""

    def before_derived(self, type_name: str) -> tuple[str, ...]:
        return (f"cast('{type_name}')",)

    def call(self, operation: Operation, arguments: Mapping[str, object]) -> tuple[str, str, bytes]:
        """All arguments stand in the query string, also those of a POST."""
        pairs = [(name, self.literal(value, operation.parameters[name])) for name, value in arguments.items()]
        return operation.segment, query_text(pairs), b""

    @property
    def writers(self) -> Mapping[PrimitiveType, Callable[[Any], str]]:
        return _WRITERS

    @property
    def readers(self) -> Mapping[PrimitiveType, Callable[[Any], object]]:
        return _READERS

    def type_member(self, new: New) -> list[str]:
        return [] if new.usual in (None, new.type) else [f'"__metadata":{{"type":"{new.type.full_name}"}}']

    def dynamic_member(self, name: str, value: object) -> str:
        raise NotPossible(f"V2 has no properties that are not declared, such as {name}")

    def link_member(self, name: str, links: Link | Sequence[Link] | None) -> str:
        if links is None:
            return f"{json.dumps(name)}:null"
        said = _uri(links) if isinstance(links, Link) else [_uri(each) for each in links]
        return f"{json.dumps(name)}:{json.dumps(said)}"

    def reference(self, address: str) -> bytes:
        return json.dumps({"uri": address}).encode()

    def links(self, owner: str, name: str) -> str:
        return f"{owner}/$links/{name}"

    def unlink(self, owner: str, name: str, target: str, key: str) -> str:
        return f"{owner}/$links/{name}{key}"

    def enum_json(self, member: enum.IntEnum | enum.IntFlag, kind: EnumType) -> str:
        return str(int(member))

    def collection(self, items: Sequence[str], kind: ValueType) -> str:
        raise NotPossible("V2 has no properties that are collections")

    def control(self, row: Row) -> Control:
        said = row.get("__metadata")
        if not isinstance(said, dict):
            return Control()
        return Control(said.get("type"), said.get("etag"), said.get("uri"))

    def page(self, document: Json) -> Page:
        return _page(_d(document))

    def inner_page(self, row: Row, name: str) -> Page:
        return _page(row[name])

    def is_expanded(self, value: Json) -> bool:
        return not (isinstance(value, dict) and "__deferred" in value)

    def entity(self, document: Json) -> Row:
        found = _d(document)
        if isinstance(found, dict) and isinstance(found.get("results"), list):  # of a set that has but one entity
            found = found["results"][0] if found["results"] else None
        if not isinstance(found, dict):
            raise NotUnderstood(f"expected an entity, not {found!r:.80}")
        return found

    def removed(self, row: Row) -> tuple[str, str] | None:
        """As SAP Gateway and Olingo have it."""
        said = row.get("@odata.context", "")
        return (str(row.get("id")), str(row.get("reason", "deleted"))) if "$deletedEntity" in said else None

    def one_or_none(self, document: Json) -> Row | None:
        found = None if document is None else _d(document)
        return None if found is None else self.entity(document)

    def value(self, document: Json, operation: Operation | None = None) -> Json:
        found = _d(document)
        if operation is not None and isinstance(found, dict) and found.keys() == {operation.name}:
            found = found[operation.name]
        return found["results"] if isinstance(found, dict) and isinstance(found.get("results"), list) else found


def _d(document: Json) -> Json:
    if not isinstance(document, dict) or "d" not in document:
        raise NotUnderstood(f"expected an answer of V2, in d, not {document!r:.80}")
    return document["d"]


def _page(found: Json) -> Page:
    """V1 has the entities without results around them."""
    if is_rows(found):
        return Page(found)
    if not isinstance(found, dict) or not is_rows(found.get("results")):
        raise NotUnderstood(f"expected a collection, with its items in results, not {found!r:.80}")
    count = found.get("__count")
    return Page(found["results"], found.get("__next"), found.get("__delta"), None if count is None else int(count))


def _uri(link: Link) -> dict[str, dict[str, str]]:
    return {"__metadata": {"uri": link.address}}


def _plain(expand: Expand) -> Expand:
    options = expand.options
    if options.filters or options.select or options.order or options.top is not None or options.skip is not None:
        raise NotPossible(
            f"V2 has no options for what is expanded ({expand.name}); select its properties by their paths"
        )
    return expand


def _missing(expanded: Sequence[str], selected: Sequence[str]) -> list[str]:
    """What is expanded has to be selected, too."""
    return [path for path in expanded if not any(each == path or each.startswith(f"{path}/") for each in selected)]


def _moment(kind: PrimitiveType) -> Callable[[datetime.datetime], str]:
    """``/Date(…)/`` ends at milliseconds; what has more digits is written in the form of XML Schema, which has them."""

    def write(moment: datetime.datetime) -> str:
        if moment.microsecond % 1000 == 0:
            return VALUES[kind].json(moment)
        aware = temporal.in_utc(moment)
        return json.dumps(temporal.write_instant(aware if kind is edm.DATE_TIME_OFFSET else aware.replace(tzinfo=None)))

    return write


_WRITERS: Mapping[PrimitiveType, Callable[[Any], str]] = {kind: each.json for kind, each in VALUES.items()} | {
    kind: _moment(kind) for kind in (edm.DATE_TIME, edm.DATE_TIME_OFFSET)
}
_READERS: Mapping[PrimitiveType, Callable[[Any], object]] = {kind: each.read for kind, each in VALUES.items()}
