"""Dates, times and durations as XML Schema writes them; every literal and JSON form of both protocols is built on these.

All readers raise ``ValueError`` with words for the client, and nothing else.
"""

from __future__ import annotations

import datetime
import re

UTC = datetime.UTC

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|[+\- ]\d\d:\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?", re.ASCII | re.IGNORECASE
)
_WIDEST_ZONE = datetime.timedelta(hours=14)  # XML Schema, dateTime: offsets end at 14:00


def read_instant(text: str) -> datetime.datetime:
    """A date and time; aware and in UTC if it has a zone, naive if not. A fraction is cut after microseconds.

    >>> read_instant("2010-12-31T23:59:59.1234567")
    datetime.datetime(2010, 12, 31, 23, 59, 59, 123456)
    >>> read_instant("2010-12-31T23:59+01:00").isoformat()
    '2010-12-31T22:59:00+00:00'
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("a date and time is written as 2010-12-31T23:59:59")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    instant = datetime.datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        _microseconds(fraction),
    )
    return instant if zone is None else _in_utc(instant, zone)


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    """With UTC as its zone; a moment without one is taken to be in UTC already, as columns without one hold it."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _in_utc(instant: datetime.datetime, zone: str) -> datetime.datetime:
    if zone in "Zz":
        return instant.replace(tzinfo=UTC)
    hours, minutes = int(zone[1:3]), int(zone[4:])
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _WIDEST_ZONE:
        raise ValueError(f"the offset {zone} is out of range")
    # A plus sign that was not percent-encoded arrives as a blank.
    offset = -offset if zone[0] == "-" else offset
    try:
        return (instant - offset).replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("the date is out of range") from None


def read_date(text: str) -> datetime.date:
    """
    >>> read_date("2010-12-31")
    datetime.date(2010, 12, 31)
    """
    match = _INSTANT.fullmatch(text)
    if match is None or match[4] is not None or match[8] is not None:
        raise ValueError("a date is written as 2010-12-31")
    return datetime.date(int(match[1]), int(match[2]), int(match[3]))


def read_time_of_day(text: str) -> datetime.time:
    """
    >>> read_time_of_day("07:59:59.999")
    datetime.time(7, 59, 59, 999000)
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError("a time of day is written as 23:59:59")
    hour, minute, second, fraction = match.groups()
    return datetime.time(int(hour), int(minute), int(second or 0), _microseconds(fraction))


def read_duration(text: str) -> datetime.timedelta:
    """Days, hours, minutes and seconds; years and months have no fixed length and are refused.

    >>> read_duration("P1DT2H30M0.5S")
    datetime.timedelta(days=1, seconds=9000, microseconds=500000)
    """
    match = _DURATION.fullmatch(text)
    if match is None or text[-1] in "PpTt":
        raise ValueError("a duration is written as P1DT2H30M0.5S, without years and months")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    try:
        duration = datetime.timedelta(
            days=_count(days), hours=_count(hours), minutes=_count(minutes), seconds=_count(seconds)
        ) + datetime.timedelta(microseconds=_microseconds(fraction))
        return -duration if sign == "-" else duration
    except OverflowError:
        raise ValueError("the duration is out of range") from None


def _count(digits: str | None) -> int:
    if digits and len(digits) > 15:
        raise ValueError("the duration is out of range")
    return int(digits or 0)


def _microseconds(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def write_instant(value: datetime.datetime) -> str:
    """The shortest spelling that keeps every digit: no fraction, milliseconds or microseconds; UTC is ``Z``.

    >>> write_instant(datetime.datetime(2010, 12, 31, 23, 59, 59, 123000, UTC))
    '2010-12-31T23:59:59.123Z'
    """
    text = value.isoformat(timespec=_precision(value.microsecond))
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def write_time_of_day(value: datetime.time) -> str:
    """
    >>> write_time_of_day(datetime.time(7, 30))
    '07:30:00'
    """
    return value.isoformat(timespec=_precision(value.microsecond))


def _precision(microsecond: int) -> str:
    if not microsecond:
        return "seconds"
    return "microseconds" if microsecond % 1000 else "milliseconds"


def write_duration(value: datetime.timedelta) -> str:
    """
    >>> write_duration(datetime.timedelta(days=1, hours=2, seconds=0.5)), write_duration(datetime.timedelta())
    ('P1DT2H0.5S', 'PT0S')
    """
    sign, value = ("-", -value) if value.days < 0 else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{value.days}D" if value.days else ""
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction or not (days or clock) else ""
    return f"{sign}P{days}" + (f"T{clock}" if clock else "")
