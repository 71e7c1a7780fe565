"""Whole exchanges as text: requests and answers as they stand on the wire, to be checked against the specification. ::

    # One page at a time (MS-ODATA, Skip Token): a title, and what the service is told
    # service.page_size("People", 5)

    GET /People?$select=Name
    Accept: application/json

    200 OK
    DataServiceVersion: 2.0;

    {"d":{"results":[{"__metadata":"{any}","Name":"Ada Lovelace"},"…"],"__next":"{next}"}}

    ###

    GET {next}

`{any}`, `{date}`, `{moment}` and `{guid}` stand for what differs from run to run, any other name in braces for a text that later
exchanges of the file may use. ``"…"`` stands for further elements of an array, as a name for further members of an
object. A header without a value must be absent. JSON is compared as JSON and XML as XML; a body after ``exactly:`` is
compared letter by letter, and a batch line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import canonicalize

from odata_service import EntitySetRights
from tests.service.client import ROOT, Answer, Client

_SEPARATOR = re.compile(r"^###.*\n", re.MULTILINE)
_STATUS = re.compile(r"^(\d{3}) [A-Z].*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PATTERNS = {
    "any": r".*",
    "date": r"/Date\(\d+\)/",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?",
    "ticks": r"\d+",
    "guid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
_REST = "…"
_EXACTLY = "exactly:\n"


@dataclass(frozen=True)
class Exchange:
    """One request and the answer that is expected."""

    request_line: str
    request_headers: dict[str, str]
    request_body: str
    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> Exchange:
        status = _STATUS.search(text)
        assert status is not None, f"no status line in {text!r}"
        request_line, request_headers, request_body = _message(text[: status.start()].strip() + "\n")
        _, headers, body = _message(text[status.start() :].strip() + "\n")
        return cls(request_line, request_headers, request_body, int(status[1]), headers, body)


@dataclass(frozen=True)
class Conversation:
    """A file: what the service is told first, and the exchanges."""

    title: str
    sample: str
    settings: tuple[str, ...]
    exchanges: tuple[Exchange, ...]

    @classmethod
    def read(cls, path: Path) -> Conversation:
        lines = path.read_text().splitlines(keepends=True)
        comments = [line.removeprefix("#").strip() for line in lines if re.match(r"#(?!##)", line)]
        text = "".join(line for line in lines if not re.match(r"#(?!##)", line))
        settings = tuple(comment for comment in comments if comment.startswith("service."))
        samples = [comment.removeprefix("sample:").strip() for comment in comments if comment.startswith("sample:")]
        exchanges = tuple(Exchange.read(part) for part in _SEPARATOR.split(text))
        return cls(comments[0], samples[0] if samples else "people", settings, exchanges)

    def run(self, client: Client) -> None:
        for setting in self.settings:
            eval(setting, {"service": client.service, "EntitySetRights": EntitySetRights})
        memory = Memory()
        for exchange in self.exchanges:
            _check(exchange, _sent(exchange, client, memory), memory)


@dataclass
class Memory:
    """The texts that placeholders have stood for so far."""

    texts: dict[str, str] = field(default_factory=lambda: {"root": ROOT})

    def filled(self, text: str) -> str:
        """The text with what is known put in."""
        return _PLACEHOLDER.sub(lambda match: self.texts.get(match[1], match[0]), text)

    def matches(self, expected: str, found: str) -> bool:
        """Whether the text is as expected; if so, new names in braces are remembered."""
        pattern, names = "", []
        for number, piece in enumerate(_PLACEHOLDER.split(self.filled(expected))):
            if number % 2 == 0:
                pattern += re.escape(piece)
            elif piece in _PATTERNS:
                pattern += _PATTERNS[piece]
            elif piece in names:
                pattern += f"(?P={piece})"
            else:
                pattern += f"(?P<{piece}>.+?)"
                names.append(piece)
        match = re.fullmatch(pattern, found, re.DOTALL)
        if match is not None:
            self.texts |= match.groupdict()
        return match is not None


def _message(text: str) -> tuple[str, dict[str, str], str]:
    """First line, headers, body."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    headers = (line.partition(":") for line in lines)
    return first, {name: value.strip() for name, _, value in headers}, body.lstrip("\n")


def _sent(exchange: Exchange, client: Client, memory: Memory) -> Answer:
    method, _, url = memory.filled(exchange.request_line).partition(" ")
    url = url.removeprefix("/") if url.startswith("/") else url
    body = memory.filled(exchange.request_body).rstrip("\n").encode()
    headers = {name: memory.filled(value) for name, value in exchange.request_headers.items()}
    return client.send(method, url, body, headers)


def _check(exchange: Exchange, answer: Answer, memory: Memory) -> None:
    said = f"{memory.filled(exchange.request_line)}\n{answer.status} {answer.headers}\n{answer.body.decode(errors='replace')}"
    assert answer.status == exchange.status, said
    for name, value in exchange.headers.items():
        found = answer.headers.get(name)
        assert (found is None) if not value else (found is not None and memory.matches(value, found)), f"{name}: {said}"
    wrong = list(_differences(exchange, answer, memory))
    assert not wrong, "\n".join([*wrong, said])


def _differences(exchange: Exchange, answer: Answer, memory: Memory) -> Iterator[str]:
    """Nothing where the file shows no body: then the status and the headers are what it is about."""
    expected, found, kind = exchange.body.rstrip("\n"), answer.text, answer.headers.get("Content-Type", "")
    if not expected:
        return iter(["204 has no body"] if answer.status == 204 and found else [])
    if expected.startswith(_EXACTLY):
        return _text_differences(expected.removeprefix(_EXACTLY), found, memory)
    if "json" in kind:
        return _json_differences(json.loads(expected), json.loads(found), memory, "")
    if "xml" in kind:
        return _text_differences(canonicalize(expected, strip_text=True), canonicalize(found, strip_text=True), memory)
    if kind.startswith("multipart"):
        found = found.replace("\r\n", "\n").rstrip("\n")
    return _text_differences(expected, found, memory)


def _text_differences(expected: str, found: str, memory: Memory) -> Iterator[str]:
    if not memory.matches(expected, found):
        yield f"expected {memory.filled(expected)}\n   found {found}"


def _json_differences(expected: Any, found: Any, memory: Memory, path: str) -> Iterator[str]:
    """Any: JSON may be anything."""
    if expected == "{any}":
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        missing, further = expected.keys() - found.keys() - {_REST}, found.keys() - expected.keys()
        if missing or (further and _REST not in expected):
            yield f"{path or 'the body'}: missing {sorted(missing)}, not expected {sorted(further)}"
        for name in expected.keys() & found.keys():
            yield from _json_differences(expected[name], found[name], memory, f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(found, list):
        open_end = expected[-1:] == [_REST]
        expected = expected[:-1] if open_end else expected
        if len(found) < len(expected) or (len(found) > len(expected) and not open_end):
            yield f"{path}: expected {len(expected)} elements, found {len(found)}"
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _json_differences(one, other, memory, f"{path}/{number}")
    elif isinstance(expected, str) and isinstance(found, str):
        if not memory.matches(expected, found):
            yield f"{path}: expected {memory.filled(expected)!r}, found {found!r}"
    elif type(expected) is not type(found) or expected != found:
        yield f"{path}: expected {expected!r}, found {found!r}"
