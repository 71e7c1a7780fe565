"""Refusals as the Datasync protocol writes them: mostly a status alone, else a text, or an array of what is not valid."""

from __future__ import annotations

from collections.abc import Iterable

from odata_service.errors import BadRequest, ODataError
from odata_service.formats.json_text import quoted

INVALID = "ValidationFailed"
ID_MISMATCH = "IdMismatch"
# Clients know from the status alone what happened.
_SAY_NOTHING = frozenset({401, 403, 404, 405, 409, 410, 412, 415})
_SILENT = frozenset({ID_MISMATCH, "KeyTaken", "Refused"})  # nothing that others may not know


def write_error(error: ODataError) -> bytes:
    r"""
    >>> print(write_error(BadRequest("UnknownProperty", "Movie has no property 'titel'", target="$filter", at=0)).decode())
    "Movie has no property 'titel' (at position 0 of $filter)"
    >>> write_error(BadRequest(INVALID, "", details=[BadRequest(INVALID, "is required", target="title")]))
    b'[{"memberNames":["title"],"errorMessage":"is required"}]'
    """
    if error.status in _SAY_NOTHING or error.code in _SILENT:
        return b""
    if error.code == INVALID:
        return f"[{','.join(map(_mistake, error.details))}]".encode()
    return quoted(error.text).encode()


def _mistake(mistake: ODataError) -> str:
    names = "" if mistake.target is None else quoted(mistake.target)
    return f'{{"memberNames":[{names}],"errorMessage":{quoted(mistake.message)}}}'


def invalid(mistakes: Iterable[tuple[str | None, str]]) -> BadRequest:
    """The refusal of a row: what is wrong with which property."""
    details = [BadRequest(INVALID, message, target=name) for name, message in mistakes]
    return BadRequest(INVALID, "the row is not valid", details=details)
