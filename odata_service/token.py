"""Signed, opaque texts in links: they say where to go on and cannot be made, changed or read by a client."""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import hashlib
import hmac
import math
import uuid
from collections.abc import Callable, Mapping, Sequence

import orjson

from odata_service.edm import primitive
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest
from odata_service.values import frozen

_SIGNATURE_BYTES = 12
BAD_TOKEN = "BadToken"
SKIP_TOKEN = "$skiptoken"
EXPANDED = ""  # what the token of an expanded collection is bound to: it goes on by itself
# A value of JSON, as it stands in a token.
Plain = str | int | float | bool | None


@frozen
class TokenCodec:
    """Makes and reads tokens. ``binding`` is what a token is good for (the query it pages, the rights of the caller);
    under another binding it is refused.

    The signature is what the payload is hidden with, too: the same values give the same token, and different ones have
    nothing in common (RFC 5297, Synthetic Initialization Vector, made of HMAC and SHAKE).
    """

    secret: bytes

    def sign(self, purpose: str, binding: str, values: Sequence[Plain]) -> str:
        payload = orjson.dumps(list(values))
        signature = self._signature(purpose, binding, payload)
        return base64.urlsafe_b64encode(signature + self._hidden(signature, payload)).rstrip(b"=").decode()

    def read(self, purpose: str, binding: str, token: str) -> list[Plain]:
        """The values of a token, or 400 for one that is not ours, was changed, or belongs to another query."""
        try:
            signed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise foreign_token(purpose) from None
        signature = signed[:_SIGNATURE_BYTES]
        payload = self._hidden(signature, signed[_SIGNATURE_BYTES:])
        if not hmac.compare_digest(signature, self._signature(purpose, binding, payload)):
            raise foreign_token(purpose)
        values: list[Plain] = orjson.loads(payload)
        return values

    def _signature(self, purpose: str, binding: str, payload: bytes) -> bytes:
        message = b"\0".join((purpose.encode(), binding.encode(errors="surrogateescape"), payload))
        return hmac.digest(self.secret, message, hashlib.sha256)[:_SIGNATURE_BYTES]

    def _hidden(self, signature: bytes, payload: bytes) -> bytes:
        """The payload made unreadable, or readable again."""
        size = len(payload)
        stream = hashlib.shake_256(b"\0".join((b"hide", self.secret, signature))).digest(size)
        return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(size)


def foreign_token(purpose: str) -> BadRequest:
    """The refusal of a token that is not ours, or not for this query."""
    message = f"this {purpose} was not made by the service for this query; follow the links as they are given"
    return BadRequest(BAD_TOKEN, message, target=purpose)


def plain(value: object) -> Plain:
    """A value as it stands in a token.

    >>> plain(decimal.Decimal("1.50")), plain(datetime.date(2010, 12, 31)), plain(None), plain(math.inf)
    ('1.50', '2010-12-31', None, 'inf')
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # which JSON would turn into null
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def typed(value: Plain, kind: PrimitiveType) -> object:
    """The value that :func:`plain` was made of, given its type."""
    restore = _RESTORE.get(kind)
    return value if value is None or restore is None else restore(str(value))


_RESTORE: Mapping[PrimitiveType, Callable[[str], object]] = {
    primitive.DECIMAL: decimal.Decimal,
    primitive.SINGLE: float,
    primitive.DOUBLE: float,
    primitive.GUID: uuid.UUID,
    primitive.BINARY: bytes.fromhex,
    primitive.DATE: datetime.date.fromisoformat,
    primitive.TIME_OF_DAY: datetime.time.fromisoformat,
    primitive.DURATION: lambda text: datetime.timedelta(microseconds=int(text)),
    primitive.DATE_TIME: datetime.datetime.fromisoformat,
    primitive.DATE_TIME_OFFSET: datetime.datetime.fromisoformat,
}
