"""A service in the same process, as something that httpx can talk to."""

from __future__ import annotations

from typing import Protocol as Shape

import httpx

from odata_service.message import ANONYMOUS, Headers, ODataRequest, ODataResponse, Principal
from odata_service.protocol import PROTOCOLS

ROOT = "http://localhost/"


class Service(Shape):
    """What is asked of an ``ODataService``."""

    def handle(self, request: ODataRequest) -> ODataResponse: ...


class InProcess(httpx.BaseTransport):
    def __init__(self, service: Service, protocol: str, principal: Principal = ANONYMOUS) -> None:
        self._service, self._protocol, self._principal = service, PROTOCOLS[protocol], principal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target, _, query = request.url.raw_path.decode("ascii").partition("?")
        asked = ODataRequest(
            self._protocol,
            request.method,
            target.removeprefix("/"),
            query,
            Headers(request.headers.multi_items()),
            request.read(),
            ROOT,
            self._principal,
        )
        answer = self._service.handle(asked)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.whole().body)
