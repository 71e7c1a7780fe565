"""Versions, ETags and dates as the Datasync protocol writes them."""

from __future__ import annotations

import base64
import binascii
import datetime
import uuid
from email.utils import format_datetime, parsedate_to_datetime

from odata_service.edm.temporal import in_utc

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_NUMBER_BYTES = 8


def version_text(value: object) -> str:
    """A version for the client, to whom it is an opaque text: base64 of some bytes.

    >>> version_text(datetime.datetime(2010, 12, 31)), version_text(7), version_text("a")
    ('AASYqXvBQAA=', 'AAAAAAAAAAc=', 'YQ==')
    """
    return base64.b64encode(_bytes(value)).decode()


def is_earlier(version: str, value: object) -> bool:
    """Whether a text is the version of a state that came before: versions that count say so, others do not tell.

    >>> is_earlier(version_text(6), 7), is_earlier(version_text(7), 7), is_earlier("dGVzdA==", 7), is_earlier("YQ==", "b")
    (True, False, False, False)
    """
    number = _number(value)
    if number is None:
        return False
    try:
        told = base64.b64decode(version, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(told) == _NUMBER_BYTES and 0 < int.from_bytes(told, signed=True) < number


def _bytes(value: object) -> bytes:
    number = _number(value)
    if number is not None:
        return number.to_bytes(_NUMBER_BYTES, signed=True)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return value.bytes if isinstance(value, uuid.UUID) else str(value).encode()


def _number(value: object) -> int | None:
    if isinstance(value, datetime.datetime):
        return (in_utc(value) - _EPOCH) // _MICROSECOND
    return value if isinstance(value, int) else None


def http_date(moment: datetime.datetime) -> str:
    """
    >>> http_date(datetime.datetime(2023, 12, 20, 10, 21, 5, 421_000))
    'Wed, 20 Dec 2023 10:21:05 GMT'
    """
    return format_datetime(in_utc(moment), usegmt=True)


def read_http_date(text: str | None) -> datetime.datetime | None:
    """The moment of a header; one that is no date is as if it were not there (RFC 9110, If-Modified-Since)."""
    if text is None:
        return None
    try:
        return in_utc(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None
