"""Changes that are sent together, as one change set: all of them are made, or none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from odata_service.errors import ODataError
from odata_service.formats.multipart import boundary_of, headers_and_content, parts_of
from odata_service.values import frozen

from ..transport import Response
from .exchange import Call
from .failure import NotUnderstood, ServiceError, refusal

if TYPE_CHECKING:
    from .client import ODataClient
    from .entity import Entity


@frozen
class Part:
    """One change, and what is to be done with its answer."""

    call: Call
    finish: Callable[[Response], object]


@frozen
class Pending:
    """An entity that is going to be made, as it was before."""

    entity: Entity
    links: dict[str, Any]

    def undo(self) -> None:
        self.entity._address, self.entity._is_new = None, True
        self.entity._seen, self.entity._links = {}, self.links


class Batch:
    """Inside of ``with client.batch():`` every change that this thread makes with the client waits, and goes in one request
    at the end; reading does not wait. An entity that is made has its key after that; until then others may refer to it. ::

        with client.batch():
            ada = client.People.create(Name="Ada")
            ada.Addresses.create(StreetAddress="12 St James's Square")
            client.delete(old)

    Where the block raises, nothing is sent. Where one change is refused, none is made, and the refusal says which it was.
    """

    def __init__(self, client: ODataClient) -> None:
        self._client = client
        self._parts: list[Part] = []
        self._pending: list[Pending] = []

    def __enter__(self) -> Self:
        if self._client._batch is not None:
            raise RuntimeError("there is a batch already: its end sends all of it")
        self._client._batch = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client._batch = None
        if error is not None:
            self._undo()
        elif self._parts:
            try:
                self._send()
            except BaseException:
                self._undo()
                raise

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, call: Call, finish: Callable[[Response], object]) -> None:
        self._parts.append(Part(call, finish))

    def make(self, entity: Entity, call: Call, finish: Callable[[Response], object]) -> None:
        """An entity that others in the batch may refer to."""
        self._pending.append(Pending(entity, entity._links))
        self.add(call, finish)
        entity._settled()
        entity._address, entity._is_new = f"${len(self._parts)}", False

    def _undo(self) -> None:
        for each in self._pending:
            each.undo()

    def _send(self) -> None:
        boundary = f"batch_{uuid.uuid4()}"
        body = b"".join(self._body(boundary))
        headers = {"Content-Type": f"multipart/mixed; boundary={boundary}", "Accept": "multipart/mixed"}
        response = self._client._exchange.ask(Call("POST", "$batch", body, headers))
        answers = answers_of(response)
        for answer in answers:
            if answer.status >= 400:
                raise self._refusal(answer)
        if len(answers) != len(self._parts):
            raise NotUnderstood(f"{len(self._parts)} changes have {len(answers)} answers")
        for part, answer in zip(self._parts, in_order(answers), strict=True):
            part.finish(answer)

    def _refusal(self, answer: Response) -> ServiceError:
        error = refusal(answer)
        content_id = error.content_id or answer.headers.get("content-id") or ""
        if content_id.isdecimal() and 0 < int(content_id) <= len(self._parts):
            call = self._parts[int(content_id) - 1].call
            error.content_id = content_id
            error.add_note(f"in the batch: {call.method} {call.address}")
        else:
            error.add_note(f"one of {len(self._parts)} changes in a batch, none of which was made")
        return error

    def _body(self, boundary: str) -> Iterator[bytes]:
        inner = boundary.replace("batch", "changeset")
        yield f"--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode()
        for number, part in enumerate(self._parts, start=1):
            yield f"--{inner}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n".encode()
            yield f"Content-ID: {number}\r\n\r\n".encode()
            yield self._request(part.call)
        yield f"--{inner}--\r\n--{boundary}--\r\n".encode()

    def _request(self, call: Call) -> bytes:
        address = call.address if call.address.startswith("$") else self._client._absolute(call.address)
        headers = {**self._client._exchange.every_change(), **call.headers, "Content-Length": str(len(call.content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{call.method} {address} HTTP/1.1\r\n{lines}\r\n".encode() + call.content + b"\r\n"


def answers_of(response: Response) -> list[Response]:
    """Every answer in a batch, those of change sets among them."""
    try:
        return list(_answers(response.content, response.headers.get("content-type")))
    except (ODataError, ValueError, IndexError) as error:
        raise NotUnderstood(f"the answer is no batch: {error}") from None


def _answers(body: bytes, content_type: str | None) -> Iterator[Response]:
    for headers, content in parts_of(body, boundary_of(content_type)):
        if headers.get("Content-Type", "").lower().startswith("multipart/mixed"):
            yield from _answers(content, headers["Content-Type"])
        else:
            yield _answer(headers, content.lstrip(b"\r\n"))


def _answer(outer: Mapping[str, str], content: bytes) -> Response:
    line, _, rest = content.partition(b"\n")
    headers, body = headers_and_content(rest)
    found = {name.lower(): value for name, value in headers.items()}
    if "Content-ID" in outer:
        found["content-id"] = outer["Content-ID"]
    return Response(int(line.split()[1]), found, body)


def in_order(answers: Sequence[Response]) -> Sequence[Response]:
    """By their ids, where all have one: servers may answer in another order."""
    ids = [each.headers.get("content-id", "") for each in answers]
    if not all(each.isdecimal() for each in ids):
        return answers
    return [each for _, each in sorted(zip(map(int, ids), answers, strict=True), key=lambda pair: pair[0])]
