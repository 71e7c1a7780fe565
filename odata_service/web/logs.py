"""Lines for people and for programs: one for each request, one for each slow statement; never with a value in it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from odata_service.config import ConfigurationError
from odata_service.values import frozen
from odata_service.web.observation import CURRENT, Listener, Observation
from odata_service.web.redacted import Names

FORMS = ("text", "json")
access = logging.getLogger("odata_service.access")
slow = logging.getLogger("odata_service.slow")
_FIELDS = "odata"
_ONE_WORD = re.compile(r"[\w.:/@+-]+")


def write_lines(form: str) -> None:
    """Have all that the service logs written to where errors go, with the id of the request that it is about."""
    if form not in FORMS:
        raise ConfigurationError(f"log is {' or '.join(FORMS)}, not {form!r}")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if form == "json" else TextLine())
    root = logging.getLogger("odata_service")
    root.handlers = [each for each in root.handlers if not isinstance(each.formatter, (JsonLine, TextLine))] + [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


def _facts(record: logging.LogRecord) -> dict[str, object]:
    """What a record says beside its message."""
    facts: dict[str, object] = dict(getattr(record, _FIELDS, {}))
    seen = CURRENT.get()
    if seen is not None:
        facts.setdefault("request_id", seen.id)
        if seen.trace:
            facts.setdefault("trace_id", seen.trace)
    return facts


class JsonLine(logging.Formatter):
    """``{"time":"2026-11-26T05:39:46.223Z","level":"INFO","logger":"odata_service.access","message":"GET /v4/People",…}``"""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line | _facts(record), ensure_ascii=False, default=str)


class TextLine(logging.Formatter):
    """``2026-11-26T05:39:46Z INFO GET /v4/People status=200 ms=3.2 rows=12 …``"""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        facts = "".join(f" {name}={_word(value)}" for name, value in _facts(record).items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{moment} {record.levelname} {record.getMessage()}{facts}{trace}"


def _word(value: object) -> str:
    r"""
    >>> _word(3.2), _word("ada@example.com"), _word("Ada\nL. status=200")
    ('3.2', 'ada@example.com', '"Ada\\nL. status=200"')
    """
    text = str(value)
    return text if _ONE_WORD.fullmatch(text) else json.dumps(text, ensure_ascii=False)


@frozen
class AccessLog(Listener):
    """A line for each request."""

    names: Names

    def answered(self, seen: Observation) -> None:
        query = "" if seen.request is None else self.names.query(seen.request.query)
        timing = seen.timing
        facts: dict[str, object] = {
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 2),
            "statements": timing.statements,
            "sql_ms": round(timing.seconds * 1000, 2),
            "rows": timing.rows,
            "caller": seen.request.principal.name if seen.request else "-",
            "address": seen.address,
            "request_id": seen.id,
        }
        if seen.trace:
            facts["trace_id"] = seen.trace
        line = f"{seen.method} {self.names.path(seen.path)}{'?' if query else ''}{query}"
        access.info(line, extra={_FIELDS: facts})


@frozen
class SlowLog(Listener):
    """A line for each statement that takes longer than so many milliseconds. Its text has no values: they are parameters."""

    ms: int

    def statement(self, text: str, seconds: float) -> None:
        if seconds * 1000 >= self.ms:
            slow.warning(
                "slow statement: %s", " ".join(text.split()), extra={_FIELDS: {"ms": round(seconds * 1000, 2)}}
            )
