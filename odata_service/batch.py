"""``$batch``: many requests in one, each through the same door; change sets in one transaction."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from odata_service.changes import Changes
from odata_service.changeset import ChangeSetRun, Names, may_refer
from odata_service.context import Context
from odata_service.errors import BadRequest, FailedDependency, ODataError
from odata_service.execute.connection import Timing
from odata_service.formats.json_batch_v4 import read_json_batch, write_json_batch
from odata_service.formats.multipart import (
    ChangeSet, ChangeSetResponse, PartRequest, PartResponse, read_batch, write_batch,
)  # fmt: skip
from odata_service.links import taken_apart
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.monitors import at_once
from odata_service.repeats import IDEMPOTENCY_KEY, REQUEST_ID, UNSAFE, Repeatable, result_header
from odata_service.spelling import Spelling
from odata_service.values import mutable

_OF_THE_BATCH = ("OData-Version", "OData-MaxVersion", "DataServiceVersion", "MaxDataServiceVersion", "Accept-Language")
Parts = Sequence[PartRequest | ChangeSet]
Responses = list[PartResponse | ChangeSetResponse]


@mutable
class Batch:
    """One batch under way."""

    request: ODataRequest
    spelling: Spelling
    changes: Changes
    handle: Callable[[ODataRequest], ODataResponse]
    refuse: Callable[[ODataError, ODataRequest], ODataResponse]
    timing: Timing
    max_version: str | None = None
    after: str | None = None  # what must have been replayed where its parts are read, if all are reads
    joins: bool = False  # whether nobody is told of its parts one by one
    names: Names = field(init=False)
    failed: set[str] = field(default_factory=set)
    paths: dict[str, str] = field(default_factory=dict)  # of URLs that name no other request, below the root
    merged: dict[int, tuple[Headers, Headers]] = field(default_factory=dict)  # headers of parts, with the batch's own

    def __post_init__(self) -> None:
        self.names = Names(self.request.root)

    def answer(self) -> ODataResponse:
        """The answers in the order of the requests."""
        as_json = self.spelling.json_batches and "json" in self.request.headers.get("Content-Type", "").lower()
        parts, limits = self._parts(as_json), self.changes.reads.limits
        self.timing.after = self.after if all(map(_reads, parts)) else None
        repeatable = Repeatable.of(self.request, limits, asks=map(_asked, parts))
        goes_on = self.spelling.batch_goes_on(self.request, as_json)
        if repeatable is None:
            return self._written(self._answered(parts, goes_on), as_json)

        def answer() -> tuple[ODataResponse, bool]:
            responses = self._answered(_keyed(parts, repeatable), goes_on)
            return self._written(responses, as_json), not any(map(_failed, responses))

        return self.changes.repeats.remembered(repeatable, answer)

    def _parts(self, as_json: bool) -> Parts:
        limits, content_type = self.changes.reads.limits, self.request.headers.get("Content-Type", "")
        body = self.request.body
        parts = read_json_batch(body, content_type, limits) if as_json else read_batch(body, content_type)
        limits.check("max_batch_parts", len(parts))
        for part in parts:
            limits.check("max_changeset_size", len(part.requests) if isinstance(part, ChangeSet) else 1)
        return parts

    def _written(self, responses: Responses, as_json: bool) -> ODataResponse:
        if as_json and "multipart" not in self.request.headers.get("Accept", "").lower():
            return self._response("application/json", write_json_batch(responses))
        boundary = f"batchresponse_{uuid.uuid4()}"
        body = write_batch(responses, boundary, id_in_part=self.spelling.content_id_in_part)
        return self._response(f"multipart/mixed; boundary={boundary}", body)

    def _response(self, content_type: str, body: bytes) -> ODataResponse:
        applied = self.spelling.batch_applied(self.request)
        headers = {"Content-Type": content_type, **self.spelling.batch_headers, **applied}
        return ODataResponse(self.spelling.batch_status, headers, body)

    def _answered(self, parts: Parts, goes_on: bool) -> Responses:
        """With ``goes_on`` also what follows an error; not what depends on a request that failed."""
        joined = self._joined(parts) if goes_on and self.joins else None
        if joined is not None:
            return joined
        responses: Responses = []
        for part in parts:
            answer = self._change_set(part) if isinstance(part, ChangeSet) else self._single(part)
            responses.append(answer)
            if _failed(answer):
                self.failed |= _names(part)
                if not goes_on:
                    break
        return responses

    def _joined(self, parts: Parts) -> Responses | None:
        """Changes that stand for themselves, in one transaction where nothing is in the way of any: most of what each takes by
        itself is its transaction. Where something is, all is taken back (``None``), and each goes its own way."""
        singles = [each for each in parts if isinstance(each, PartRequest) and _stands_alone(each)]
        if len(singles) < 2 or len(singles) < len(parts):
            return None
        run = ChangeSetRun(
            self.spelling, self.changes, self.timing, Names(self.request.root), self._at_once, self.max_version
        )
        try:
            self.changes.reads.limits.check("max_changeset_size", len(singles))
            repeatables = [each for part in singles if run.is_plain(part) and (each := self._own_key(part)) is not None]
            if len(repeatables) < len(singles):
                return None
            answers = self.changes.answered_each(
                repeatables,
                partial(run.done_apart, singles),
                lambda changes, done: run.answers(done, changes),
                self.timing,
            )
        except Exception:  # whatever it is, the request that it is about is told by itself
            return None
        if answers is None:
            return None
        return [self._named(answer, part) for answer, part in zip(answers, singles, strict=True)]

    def _at_once(self, part: PartRequest) -> ODataRequest:
        return at_once(self._inner(part))

    def _own_key(self, part: PartRequest) -> Repeatable | None:
        """That of the request by itself, so that it is known however it comes again."""
        exchange = self.spelling.agree(self.spelling.meant(self._at_once(part)), self.max_version)
        return Repeatable.of(exchange.request, self.changes.reads.limits)

    def _single(self, part: PartRequest) -> PartResponse:
        try:
            self._demand_success_of(part)
            request = self._inner(part)
        except ODataError as error:
            return PartResponse(self._refused(error, part), part.content_id)
        return self._named(self.handle(request), part)

    def _named(self, response: ODataResponse, part: PartRequest) -> PartResponse:
        """An answer, and what later requests mean by its name."""
        response.headers.update(result_header(part.method, part.headers))
        if part.content_id is not None and response.status < 400:
            location = response.headers.get("Location")
            target = "" if location else self._below_root(part.url).partition("?")[0]
            self.names.add(part.content_id, location or f"{self.request.root}{target}")
        return PartResponse(response, part.content_id)

    def _change_set(self, part: ChangeSet) -> PartResponse | ChangeSetResponse:
        """All answers, or the one refusal that undid everything."""
        before, inner = dict(self.names.addresses), partial(self._inner, in_changeset=True)
        run = ChangeSetRun(self.spelling, self.changes, self.timing, self.names, inner, self.max_version)
        try:
            for each in part.requests:
                self._demand_success_of(each)
            _demand_unique([each.content_id for each in part.requests])
            context = Context(replace(self.request, in_batch=True, in_changeset=True))
            answers = self.changes.answered(
                self._repeatable(part),
                self.changes.signalled(context, lambda transaction: run.done(part.requests, transaction)),
                lambda changes, done: run.answers(done, changes),
                self.timing,
            )
            run.finished(answers)
            pairs = zip(part.requests, answers, strict=True)
            return ChangeSetResponse(tuple(self._named(answer, each) for each, answer in pairs), part.group)
        except ODataError as error:
            self.names.addresses = before
            refused = self._refused(error, *part.requests[:1])
            run.finished([refused] * len(part.requests))
            if part.group is None:
                return PartResponse(refused)
            return ChangeSetResponse(
                tuple(PartResponse(refused, each.content_id) for each in part.requests), part.group
            )

    def _refused(self, error: ODataError, *parts: PartRequest) -> ODataResponse:
        """A refusal in the format that the part asks for: the batch's own says only that it wants parts."""
        headers = self._headers(parts[0]) if parts else self.request.headers
        return self.refuse(error, replace(self.request, query="", headers=headers))

    def _demand_success_of(self, part: PartRequest) -> None:
        missing = self.failed.intersection(part.depends_on)
        if missing:
            raise FailedDependency("FailedDependency", f"the request {min(missing)} that this one needs has failed")

    def _repeatable(self, part: ChangeSet) -> Repeatable | None:
        """A change set is done once where its requests say so of themselves."""
        limits = self.changes.reads.limits
        requests = [
            replace(self.request, method=each.method, target=each.url, query="", headers=each.headers, body=each.body)
            for each in part.requests
            if _has_key(each.headers)
        ]
        members = [member for each in requests if (member := Repeatable.of(each, limits)) is not None]
        return Repeatable.together(members, asks=map(_asked, part.requests)) if members else None

    def _inner(self, part: PartRequest, in_changeset: bool = False) -> ODataRequest:
        """The part as a request of its own, with the caller of the whole batch."""
        target, _, query = self._below_root(part.url).partition("?")
        if target.partition("?")[0].strip("/") == "$batch":
            raise BadRequest("BadBatch", "a batch cannot hold another")
        whole = self.request
        return ODataRequest(
            whole.protocol, part.method, target, query, self._headers(part), part.body, whole.root, whole.principal, True,
            in_changeset, self.timing.after,
        )  # fmt: skip

    def _headers(self, part: PartRequest) -> Headers:
        """Those of the part, and what the batch says for all; made once for parts that share theirs."""
        known = self.merged.get(id(part.headers))
        if known is None:
            said = [name for name in _OF_THE_BATCH if name in self.request.headers and name not in part.headers]
            merged = Headers([*part.headers.items(), *((name, self.request.headers[name]) for name in said)])
            known = self.merged[id(part.headers)] = (part.headers, merged)  # kept, so that its id stays its own
        return known[1]

    def _below_root(self, url: str) -> str:
        """The path below the service root of an absolute, host-relative or relative URL, or of ``$1/Orders``."""
        if "$" in url:
            return self._path_below_root(self.names.resolved(url))
        if url not in self.paths:
            self.paths[url] = self._path_below_root(url)
        return self.paths[url]

    def _path_below_root(self, url: str) -> str:
        split = taken_apart(url)
        path = split.path if split.scheme else url.partition("?")[0].partition("#")[0]
        prefix = urlsplit(self.request.root).path
        if split.scheme and not path.startswith(prefix):
            raise BadRequest("BadBatch", f"{url[:200]!r} is not below this service")
        path = path.removeprefix(prefix).lstrip("/")
        if any(unquote(segment) in (".", "..") for segment in path.split("/")):
            raise BadRequest("BadBatch", f"{url[:200]!r} leaves this service")
        _, mark, query = url.partition("?")
        return f"{path}{mark}{query}"


def _reads(part: PartRequest | ChangeSet) -> bool:
    return isinstance(part, PartRequest) and part.method == "GET"


def _failed(answer: PartResponse | ChangeSetResponse) -> bool:
    answers = [answer] if isinstance(answer, PartResponse) else answer.responses
    return any(each.response.status >= 400 for each in answers)


def _stands_alone(part: PartRequest) -> bool:
    return _has_key(part.headers) and part.method in UNSAFE and not part.depends_on and not may_refer(part)


def _names(part: PartRequest | ChangeSet) -> set[str]:
    requests = [part] if isinstance(part, PartRequest) else part.requests
    group = part.group if isinstance(part, ChangeSet) else None
    return {name for name in (group, *(each.content_id for each in requests)) if name is not None}


def _demand_unique(names: Sequence[str | None]) -> None:
    known = [name for name in names if name is not None]
    if len(set(known)) != len(known):
        raise BadRequest("BadBatch", "two requests of a change set have the same Content-ID", target="Content-ID")


def _asked(part: PartRequest | ChangeSet) -> object:
    """What a part asks, however it was written: a client that repeats a batch may make its boundaries anew."""
    if isinstance(part, ChangeSet):
        return part.group, *map(_asked, part.requests)
    return part.method, part.url, sorted(part.headers.items()), part.body, part.content_id


def _has_key(headers: Headers) -> bool:
    return REQUEST_ID in headers or IDEMPOTENCY_KEY in headers


def _keyed(parts: Parts, whole: Repeatable) -> Parts:
    """The parts of a batch that is repeatable as a whole are so, too: each is done once in its own transaction, and the
    batch goes on where it was interrupted."""
    numbers = itertools.count(1)

    def keyed(part: PartRequest) -> PartRequest:
        number = next(numbers)
        if _has_key(part.headers):
            return part
        headers = Headers([*part.headers.items(), (IDEMPOTENCY_KEY, f"{whole.key}/{number}")])
        return replace(part, headers=headers)

    return [
        replace(each, requests=tuple(map(keyed, each.requests))) if isinstance(each, ChangeSet) else keyed(each)
        for each in parts
    ]
