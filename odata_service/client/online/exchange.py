"""Requests and their answers; refusals are raised. A change carries a key, so that it may be sent twice and is done once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from odata_service.values import frozen

from ..transport import Response, Transport
from .failure import refusal

JSON = "application/json"
_CSRF = "X-CSRF-Token"


@frozen
class Call:
    """A request. ``address`` is relative to the service, or a link that the service gave."""

    method: str
    address: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    only_reads: bool = False  # although it is a POST

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.only_reads


@dataclass
class Exchange:
    """``repeats``: whether the service is known to do a repeated request once. Where it is not, nobody sends a change
    again that may have been heard."""

    transport: Transport
    headers: Mapping[str, str] = field(default_factory=dict)
    repeats: bool = False
    _server_is_ahead: float = 0.0  # seconds
    _csrf: Mapping[str, str] = field(default_factory=dict)

    def ask(self, call: Call) -> Response:
        """The answer, if it is none of the refusals, which are raised."""
        headers = {**(self.every_change() if call.changes else {"Accept": JSON, **self.headers}), **call.headers}
        response = self._answer(call, headers)
        if response.status == 403 and response.headers.get("x-csrf-token", "").lower() == "required":
            response = self._answer(call, {**headers, **self._fetched_token()})
        self._learn(response)
        if response.status >= 300:
            raise refusal(response, self.transport.link(call.address))
        return response

    def _answer(self, call: Call, headers: Mapping[str, str]) -> Response:
        address, again = self.transport.link(call.address), self.repeats or not call.changes
        return self.transport.ask(call.method, address, headers, call.content, again=again)

    def _fetched_token(self) -> Mapping[str, str]:
        """SAP Gateway wants every change to carry a token that it has given in the same session."""
        asked = self._answer(Call("GET", ""), {"Accept": JSON, **self.headers, _CSRF: "Fetch"})
        token = asked.headers.get("x-csrf-token")
        self._csrf = {} if token is None else {_CSRF: token}
        return self._csrf

    def every_change(self) -> dict[str, str]:
        """The headers of a change that is sent for the first time."""
        return {"Accept": JSON, **self.headers, **self._repeatable(), **self._csrf}

    def _repeatable(self) -> dict[str, str]:
        """Repeatable Requests of OASIS, and the header of everybody else. The time is the server's, as far as we know it."""
        request_id = str(uuid.uuid4())
        sent = datetime.fromtimestamp(time.time() + self._server_is_ahead, UTC)
        return {
            "Repeatability-Request-ID": request_id,
            "Repeatability-First-Sent": format_datetime(sent, usegmt=True),
            "Idempotency-Key": request_id,
        }

    def _learn(self, response: Response) -> None:
        self.repeats = self.repeats or response.headers.get("repeatability-result") == "accepted"
        try:
            said = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError):
            return
        self._server_is_ahead = said.timestamp() - time.time()
