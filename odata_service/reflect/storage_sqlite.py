"""SQLite keeps any value in any column. These types take their own kind of values out of it, and see null in others."""

from __future__ import annotations

import copy
import datetime
import decimal
import re
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, types
from sqlalchemy.engine import Dialect

from odata_service.types import Kept

Processor = Callable[[Any], Any]


class _Kept(Kept):
    """Values whose storage class is among ``classes``."""

    classes: tuple[str, ...] = ()

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((func.typeof(column).in_(self.classes), column), else_=null())


class KeptSmallInteger(_Kept, types.SmallInteger):
    classes = ("integer",)


class KeptInteger(_Kept, types.Integer):
    classes = ("integer",)


class KeptBigInteger(_Kept, types.BigInteger):
    classes = ("integer",)


class KeptBoolean(_Kept, types.Boolean):
    classes = ("integer",)


class KeptDouble(_Kept, types.Double[float]):
    classes = ("integer", "real")


class KeptText(_Kept, types.String):
    classes = ("text",)


class KeptBinary(_Kept, types.LargeBinary):
    classes = ("blob",)


class KeptDecimal(_Kept, types.Numeric[decimal.Decimal]):
    """With the digits that the number has, and the decimals that the column is declared with."""

    classes = ("integer", "real")

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        unit = None if self.scale is None else decimal.Decimal(1).scaleb(-self.scale)

        def process(value: Any) -> decimal.Decimal | None:
            if value is None:
                return None
            number = decimal.Decimal(repr(value))
            is_shorter = unit is not None and number.is_finite() and number == number.quantize(unit)
            return number.quantize(unit) if unit is not None and is_shorter else number

        return process


class KeptGuid(_Kept, types.Uuid[uuid.UUID]):
    """A Guid as text with hyphens, in small or in ``capital`` letters."""

    classes = ("text",)

    def __init__(self, capital: bool = False) -> None:
        super().__init__()
        self.capital = capital

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((column.op("GLOB")(_GUID), column), else_=null())

    def bind_processor(self, dialect: Dialect) -> Processor:
        def process(value: uuid.UUID | None) -> str | None:
            return None if value is None else str(value).upper() if self.capital else str(value)

        return process


_GUID = "-".join("[0-9a-fA-F]" * count for count in (8, 4, 4, 4, 12))


class _OwnForm(Kept):
    """Written and read by itself, not by SQLAlchemy's type for SQLite."""

    def adapt(self, cls: object, **_: object) -> Any:
        return copy.copy(self)


class _KeptMoment(_OwnForm):
    """Text in one form; what is no such day or moment is null: ``0000-00-00``, ``2021-02-30``."""

    pattern = "%Y-%m-%d"
    length = 10

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        is_one = func.strftime(self.pattern, column) == func.substr(column, 1, self.length)
        return case((is_one & (func.typeof(column) == "text") & (column > "0001"), column), else_=null())


class KeptDate(_KeptMoment, types.Date):
    def __init__(self, unsure: bool = False) -> None:
        super().__init__()
        self.unsure = unsure

    def bind_processor(self, dialect: Dialect) -> Processor:
        return lambda value: None if value is None else value.isoformat()

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return lambda value: None if value is None else datetime.date.fromisoformat(value)


class KeptDateTime(_KeptMoment, types.DateTime):
    """``between`` the day and the time stands a blank or ``T``; ``digits`` of the seconds' fraction (``None``: as many as there
    are), then ``zone``: nothing or ``Z``."""

    def __init__(self, between: str = " ", digits: int | None = 6, zone: str = "", unsure: bool = False) -> None:
        super().__init__(timezone=bool(zone))
        self.unsure = unsure
        self.between, self.digits, self.zone = between, digits, zone

    def bind_processor(self, dialect: Dialect) -> Processor:
        def process(value: datetime.datetime | None) -> str | None:
            if value is None:
                return None
            naive = value if value.tzinfo is None else value.astimezone(datetime.UTC).replace(tzinfo=None)
            if self.digits is None:
                return naive.isoformat(self.between) + self.zone
            text = naive.isoformat(self.between, "microseconds")
            return text[: 19 + self.digits + bool(self.digits)] + self.zone

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return lambda value: None if value is None else datetime.datetime.fromisoformat(value)


class MixedDateTime(_OwnForm, types.DateTime):
    """Text in several forms that SQLite's own functions read: days, with a blank or a ``T``, with seconds or without. They are
    compared by the millisecond."""

    unsure = True

    def __init__(self, zoned: bool = False) -> None:
        super().__init__(timezone=zoned)
        self.zoned = zoned

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        moment = func.strftime("%Y-%m-%d %H:%M:%f", column)
        return case(((func.typeof(column) == "text") & (column > "0001"), moment), else_=null())

    def bind_processor(self, dialect: Dialect) -> Processor:
        def process(value: datetime.datetime | None) -> str | None:
            if value is None:
                return None
            naive = value if value.tzinfo is None else value.astimezone(datetime.UTC).replace(tzinfo=None)
            return naive.isoformat(" ", "milliseconds")

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return lambda value: None if value is None else datetime.datetime.fromisoformat(value)


class KeptTime(_OwnForm, types.Time):
    """``digits`` of the fraction, or with ``None`` as many as there are; ``-3`` for hours and minutes alone."""

    def __init__(self, digits: int | None = 6) -> None:
        super().__init__()
        self.digits = digits

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        is_one = func.strftime("%H:%M", column) == func.substr(column, 1, 5)
        return case((is_one & (func.typeof(column) == "text"), column), else_=null())

    def bind_processor(self, dialect: Dialect) -> Processor:
        def process(value: datetime.time | None) -> str | None:
            if value is None or self.digits is None:
                return None if value is None else value.isoformat()
            return value.isoformat("microseconds")[: 8 + self.digits + (self.digits > 0)]

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return lambda value: None if value is None else datetime.time.fromisoformat(value)


_DIGIT = re.compile(r"\d")
_HEX = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST = 40


def form_of(value: object) -> str:
    """What a value looks like, digits as 9; of texts only those that may be a moment or a Guid.

    >>> form_of("2020-02-29 12:00:00"), form_of(5), form_of("2b1e7f4e-66a1-4d0c-8a56-0c2b8c7f3e11"), form_of("Ada Lovelace")
    ('9999-99-99 99:99:99', 'integer', 'guid', 'text')
    """
    if not isinstance(value, str):
        return _CLASSES.get(type(value), "blob")
    if len(value) > LONGEST:
        return "text"
    if _HEX.fullmatch(value.lower()) and value in (value.lower(), value.upper()):
        return "guid" if value == value.lower() else "GUID"
    form = _DIGIT.sub("9", value)
    if form.startswith("9999-99-99") and not _is_day(value[:10]):
        return NO_DAY
    return form if set(form) <= set("9-:. TZ+") and "9" in form else "text"


def _is_day(text: str) -> bool:
    try:
        return bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


NO_DAY = "0000-00-00"  # and others that no calendar has
_CLASSES: dict[type, str] = {int: "integer", float: "real", type(None): ""}


class FormsOf:
    """The aggregate function ``odata_forms``: all forms that occur in a column, one in a line."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def step(self, value: object) -> None:
        self._forms.add(form_of(value))

    def finalize(self) -> str:
        return "\n".join(sorted(self._forms - {""}))


def moments(forms: frozenset[str]) -> types.TypeEngine[Any] | None:
    """The type of a column of days or moments, or ``None`` where there are texts that are neither.

    >>> moments(frozenset({"9999-99-99 99:99:99"})).digits, moments(frozenset({"9999-99-99", "99.99.9999"}))
    (0, None)
    >>> moments(frozenset({"9999-99-99", "9999-99-99T99:99:99"}))
    MixedDateTime()
    """
    unsure, forms = NO_DAY in forms, forms - {NO_DAY}
    if not forms:
        return KeptDateTime(unsure=unsure)
    if forms == {"9999-99-99"}:
        return KeptDate(unsure)
    read = [re.fullmatch(r"9999-99-99([ T])99:99:99(?:\.(9{1,6}))?(Z?)", form) for form in forms]
    found = [match for match in read if match is not None]
    if len(found) < len(read) or len({(match[1], match[3]) for match in found}) != 1:
        return _mixed(forms)
    between, zone = found[0][1], found[0][3]
    lengths = {len(match[2] or "") for match in found}
    if len(lengths) == 1:
        return KeptDateTime(between, lengths.pop(), zone, unsure)
    return KeptDateTime(between, None, "", unsure) if lengths == {0, 6} and not zone else _mixed(forms)


_ANY_MOMENT = re.compile(r"9999-99-99(?:[ T]99:99(?::99(?:\.9+)?)?)?(Z|[+-]99:99)?")


def _mixed(forms: frozenset[str]) -> types.TypeEngine[Any] | None:
    read = [_ANY_MOMENT.fullmatch(form) for form in forms]
    found = [match for match in read if match is not None]
    return MixedDateTime(all(match[1] for match in found)) if len(found) == len(read) else None


def times(forms: frozenset[str]) -> types.TypeEngine[Any] | None:
    if not forms:
        return KeptTime()
    read = [re.fullmatch(r"99:99(:99(?:\.(9{1,6}))?)?", form) for form in forms]
    lengths = {-3 if match[1] is None else len(match[2] or "") for match in read if match is not None}
    if len(lengths) == 1 and None not in read:
        return KeptTime(lengths.pop())
    return KeptTime(None) if lengths == {0, 6} and None not in read else None
