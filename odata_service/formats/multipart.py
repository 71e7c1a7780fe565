"""``multipart/mixed`` batches: the parts of a request and the answer made of responses (Protocol, Multipart Batch Format).

Lenient as clients need it: bare LF, text before the first and after the last boundary, a wrong inner Content-Length, blanks
at the ends of header lines. Strict on the way out: CRLF, unquoted boundaries, an empty line where one belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cache
from http import HTTPStatus

from odata_service.errors import BadRequest, UnsupportedMediaType
from odata_service.message import Headers, ODataResponse
from odata_service.values import frozen

_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Za-z]+)\s+(\S+)(?:\s+HTTP/\d(?:\.\d)?)?\s*")
_LONGEST_LENGTH = 12  # digits
_LINE_FEED = ord("\n")
_EMPTY_LINE = re.compile(rb"(?:\A|\r?\n)[ \t]*\r?\n")


@frozen
class PartRequest:
    """One request of a batch: ``GET People(1)``, with its headers and body; ``content_id`` names it."""

    method: str
    url: str
    headers: Headers
    body: bytes
    content_id: str | None = None
    depends_on: tuple[str, ...] = ()  # the names of requests and groups without whose success this one is not made


@frozen
class ChangeSet:
    """Requests that succeed or fail together; ``group`` is its name in a JSON batch."""

    requests: tuple[PartRequest, ...]
    group: str | None = None


@frozen
class PartResponse:
    """One answer, with the name of the request it answers."""

    response: ODataResponse
    content_id: str | None = None


@frozen
class ChangeSetResponse:
    """The answers to a change set that succeeded."""

    responses: tuple[PartResponse, ...] = field(default=())
    group: str | None = None


def read_batch(body: bytes, content_type: str | None) -> list[PartRequest | ChangeSet]:
    """The parts of a batch in the order they were sent."""
    heads = Heads()
    return [_part(headers, content, heads) for headers, content in parts_of(body, boundary_of(content_type), heads)]


@frozen
class Heads:
    """What stands before the content of parts. Most parts of a batch say the same there: it is read once, and is one
    value then, so that whoever goes on with it can tell at a glance that nothing is new."""

    fields: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    requests: dict[bytes, tuple[str, str, Headers]] = field(default_factory=dict)

    def headers(self, lines: Sequence[bytes]) -> Headers:
        return Headers([self._field(line) for line in lines if b":" in line])

    def _field(self, line: bytes) -> tuple[str, str]:
        known = self.fields.get(line)
        if known is None:
            name, _, value = line.decode("latin-1").partition(":")
            known = self.fields[line] = (name.strip(), value.strip())
        return known

    def request(self, head: bytes) -> tuple[str, str, Headers]:
        """``POST People HTTP/1.1`` and the headers below it."""
        known = self.requests.get(head)
        if known is None:
            line, *fields = head.split(b"\n")
            found = _REQUEST_LINE.fullmatch(line.decode("latin-1").rstrip("\r"))
            if found is None:
                raise BadRequest("BadBatch", f"a part begins with a request line, not {line[:80]!r}")
            known = self.requests[head] = (found[1].upper(), found[2], self.headers(fields))
        return known


def boundary_of(content_type: str | None) -> str:
    """What stands between the parts."""
    if not (content_type or "").lower().lstrip().startswith("multipart/mixed"):
        raise UnsupportedMediaType("UnsupportedMediaType", "a batch is multipart/mixed, with a boundary")
    found = _BOUNDARY.search(content_type or "")
    if found is None:
        raise BadRequest("BadBatch", "the Content-Type of a batch names its boundary", target="Content-Type")
    return found[1] or found[2]


def parts_of(body: bytes, boundary: str, heads: Heads | None = None) -> list[tuple[Headers, bytes]]:
    """Headers and content of each part."""
    heads, marks = heads or Heads(), _marks(body, boundary)
    if not marks:
        raise BadRequest("BadBatch", f"the body has no part that begins with --{boundary[:80]}")
    texts = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark[1] is None:
            texts.append(body[mark.end() :] if following is None else _before(following, body, mark.end()))
    return [headers_and_content(text, heads) for text in texts]


def _marks(body: bytes, boundary: str) -> list[re.Match[bytes]]:
    """The lines between parts. A pattern that begins with plain text is looked for many times faster than one that begins
    with the end of the line before."""
    delimiter = re.compile(re.escape(b"--" + boundary.encode()) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    marks: list[re.Match[bytes]] = []
    for mark in delimiter.finditer(body):
        start, least = mark.start(), marks[-1].end() if marks else 0
        if start == 0 or (body[start - 1] == _LINE_FEED and start > least):
            marks.append(mark)
    return marks


def _before(mark: re.Match[bytes], body: bytes, start: int) -> bytes:
    """What stands before a mark; the end of the line there belongs to the mark."""
    text = body[start : mark.start() - 1]
    return text.removesuffix(b"\r")


def headers_and_content(text: bytes, heads: Heads | None = None) -> tuple[Headers, bytes]:
    """What stands before and after the first empty line."""
    head, content = _taken_apart(text)
    return (heads or Heads()).headers(head.split(b"\n")), content


def _taken_apart(text: bytes) -> tuple[bytes, bytes]:
    found = _EMPTY_LINE.search(text)
    return (text, b"") if found is None else (text[: found.start()], text[found.end() :])


def _part(headers: Headers, content: bytes, heads: Heads) -> PartRequest | ChangeSet:
    content_type = headers.get("Content-Type", "")
    if content_type.lower().startswith("multipart/mixed"):
        parts = parts_of(content, boundary_of(content_type), heads)
        return ChangeSet(tuple(_in_change_set(*part, heads) for part in parts))
    if not content_type.lower().startswith("application/http"):
        raise BadRequest("BadBatch", f"a part is application/http or multipart/mixed, not {content_type[:80]!r}")
    return _request(headers, content, heads)


def _in_change_set(headers: Headers, content: bytes, heads: Heads) -> PartRequest:
    request = _part(headers, content, heads)
    if isinstance(request, ChangeSet):
        raise BadRequest("BadBatch", "a change set cannot hold another")
    if request.method in ("GET", "HEAD"):
        raise BadRequest("BadBatch", "a change set holds changes; a GET stands beside it")
    return request


def _request(outer: Headers, content: bytes, heads: Heads) -> PartRequest:
    head, body = _taken_apart(content.lstrip(b"\r\n"))
    method, url, headers = heads.request(head)
    content_id = outer.get("Content-ID", headers.get("Content-ID"))
    return PartRequest(method, url, headers, _body(body, headers.get("Content-Length", "")), content_id)


def _body(content: bytes, said: str) -> bytes:
    """As long as it says it is, where that can be; many say nothing, or something wrong."""
    length = int(said) if said.isdecimal() and len(said) < _LONGEST_LENGTH else -1
    fits = 0 <= length <= len(content) and not content[length:].strip(b"\r\n")
    return content[:length] if fits else content.rstrip(b"\r\n")


def write_batch(
    responses: Sequence[PartResponse | ChangeSetResponse], boundary: str, *, id_in_part: bool
) -> bytes:
    """The body of the answer. ``id_in_part`` puts Content-ID among the part's headers, where V4's clients look for it;
    V2's look among the response's own."""
    return b"".join(_joined((_written(each, boundary, id_in_part) for each in responses), boundary))


def _joined(parts: Iterable[bytes], boundary: str) -> Iterable[bytes]:
    mark = b"--" + boundary.encode()
    for part in parts:
        yield mark + b"\r\n" + part + b"\r\n"
    yield mark + b"--\r\n"


def _written(part: PartResponse | ChangeSetResponse, boundary: str, id_in_part: bool) -> bytes:
    if isinstance(part, PartResponse):
        return _http(part, id_in_part)
    inner = boundary.replace("batchresponse", "changesetresponse")
    body = b"".join(_joined((_http(each, id_in_part) for each in part.responses), inner))
    head = f"Content-Type: multipart/mixed; boundary={inner}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _http(part: PartResponse, id_in_part: bool) -> bytes:
    outer = {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}
    inner = dict(part.response.headers)
    if part.content_id is not None:
        (outer if id_in_part else inner)["Content-ID"] = part.content_id
    if part.response.body:
        inner["Content-Length"] = str(len(part.response.body))
    head = f"{_lines(outer)}\r\n{_status_line(part.response.status)}{_lines(inner)}\r\n"
    return head.encode("latin-1") + part.response.body


@cache
def _status_line(status: int) -> str:
    known = HTTPStatus(status)
    return f"HTTP/1.1 {known.value} {known.phrase}\r\n"


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
