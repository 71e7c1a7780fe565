"""Dry runs: with ``Prefer: tx=rollback`` a change, a batch or a push is answered as if it was done, and is not.

All of it happens in one transaction that is taken back. What is a transaction of its own otherwise (each change set of a
batch, say) is a savepoint there, so that it fails as it would, and later requests see what earlier ones have done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from odata_service.changes import Changes
from odata_service.errors import BadRequest
from odata_service.formats.prefer import preferences, without
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.repeats import IDEMPOTENCY_KEY, REQUEST_ID, UNSAFE
from odata_service.tracking import writing

_ABOUT_REPETITION = (IDEMPOTENCY_KEY.lower(), REQUEST_ID.lower())


def is_rehearsal(request: ODataRequest) -> bool:
    return request.method in UNSAFE and preferences(request.headers.get("Prefer")).transaction == "rollback"


def demand_done(request: ODataRequest) -> None:
    """Refuse a rehearsal in the middle of what is done."""
    if is_rehearsal(request):
        message = "tx=rollback is said of a whole batch, or of a request outside of change sets"
        raise BadRequest("BadHeader", message, target="Prefer")


def in_earnest(request: ODataRequest) -> ODataRequest:
    """The same request without the wish to rehearse it. There is no record of what was not done, so that it can be done
    under the same key afterwards."""
    kept = [each for each in without(request.headers, "tx").items() if each[0].lower() not in _ABOUT_REPETITION]
    return replace(request, headers=Headers(kept))


@contextmanager
def rehearsal(changes: Changes) -> Iterator[Changes]:
    """Changes that are taken back when all is answered; nobody hears of them."""
    changes.prepare()  # what others keep, in transactions of its own
    with writing(changes.reads.connections.engine).connect() as connection, connection.begin() as transaction:
        try:
            yield changes.rehearsed(connection)
        finally:
            transaction.rollback()


def applied(response: ODataResponse, request: ODataRequest) -> ODataResponse:
    """The answer, which says that it is about a rehearsal."""
    said = response.headers.get("Preference-Applied")
    wish = preferences(request.headers.get("Prefer")).spelled["tx"]
    response.headers["Preference-Applied"] = f"{said}, {wish}" if said else wish
    return response
