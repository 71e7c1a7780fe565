"""Entities as tables: ``$format=csv`` and ``$format=xlsx`` give all pages in one answer, which is written while they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from odata_service.errors import NotAcceptable
from odata_service.execute.connection import Timing
from odata_service.formats import csv_table, xlsx_table
from odata_service.formats.table import Column, Tabular, columns_of, lines, tabular
from odata_service.links import option_name
from odata_service.message import Headers, ODataRequest, ODataResponse, Pieces
from odata_service.plan.cache import PlanCache
from odata_service.reads import Reads
from odata_service.result import DynamicRows, LongCollection, Result
from odata_service.spelling import Spelling
from odata_service.values import frozen

ROWS_OF_A_PAGE = 2_000
_NO_NAME = re.compile(r"[^A-Za-z0-9.-]+")


@frozen
class Form:
    """What a table comes as."""

    extension: str
    content_type: str
    write: Callable[[Sequence[Column], Iterable[Iterable[Sequence[Any]]]], Iterator[bytes]]

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0]


FORMS = (
    Form("csv", csv_table.CONTENT_TYPE, csv_table.write),
    Form("xlsx", xlsx_table.CONTENT_TYPE, xlsx_table.write),
)


def form_of(request: ODataRequest) -> Form | None:
    """The table that is asked for, by ``$format`` or else by the first that ``Accept`` names."""
    wanted = _asked(request.query) if "format" in request.query.lower() else None
    return _named(wanted or request.headers.get("Accept") or "")


def _asked(query: str) -> str | None:
    return next((unquote(each.partition("=")[2]) for each in query.split("&") if _is_format(each)), None)


def _is_format(option: str) -> bool:
    return option_name(option, bare=True) == "format"


@lru_cache(maxsize=256)  # a client asks for the same again and again
def _named(wanted: str) -> Form | None:
    first = wanted.partition(",")[0].partition(";")[0].strip().lower()
    return next((form for form in FORMS if first in (form.extension, form.media_type)), None)


@frozen
class Export:
    """One table under way. ``shown`` is what the application's own code makes of a page."""

    form: Form
    reads: Reads
    spelling: Spelling
    max_version: str | None
    shown: Callable[[Result], Result]
    timing: Timing

    @classmethod
    def of(
        cls,
        form: Form,
        reads: Reads,
        spelling: Spelling,
        max_version: str | None,
        shown: Callable[[Result], Result],
        timing: Timing,
    ) -> Export:
        """Entities come in parts of one state of the data, what ``$apply`` makes of them in pages of its own. The plans are
        of no use for others."""
        limits = replace(reads.limits, max_page_size=ROWS_OF_A_PAGE)
        whole = replace(reads, page_sizes={}, limits=limits, plans=PlanCache(), whole=True)
        return cls(form, whole, spelling, max_version, shown, timing)

    def answer(self, request: ODataRequest) -> ODataResponse:
        """The first page is read before anything is answered, so that a mistake in the request is a refusal."""
        pages = self._pages(_as_json(request))
        try:
            first = next(pages)
            columns = columns_of(first)
        except BaseException:
            pages.close()
            raise
        body = self.form.write(columns, chain([list(lines(first, columns))], (lines(page, columns) for page in pages)))
        headers = {
            "Content-Type": self.form.content_type,
            "Content-Disposition": f'attachment; filename="{_file_name(request, self.form)}"',
            "Vary": "Accept",
        }
        return ODataResponse(200, headers, pieces=Pieces(body, pages.close))

    def _pages(self, request: ODataRequest) -> Generator[Tabular, None, None]:
        """Each begins where the one before it says that there is more."""
        following: str | None = request.query
        while following is not None:
            exchange = self.spelling.agree(replace(request, query=following), self.max_version)
            if exchange.follows_changes:
                raise NotAcceptable("NotAcceptable", "changes do not come as a table", target="$format")
            found = self.shown(self.reads.read(exchange.request, self.spelling, exchange, self.timing))
            if isinstance(found, LongCollection):
                with closing(found):
                    yield from found.parts
                return
            page = tabular(found)
            yield page
            link = page.next_link if isinstance(page, DynamicRows) else None
            following = None if link is None else urlsplit(link).query


def _as_json(request: ODataRequest) -> ODataRequest:
    """The same request for pages."""
    query = "&".join(each for each in request.query.split("&") if not _is_format(each))
    headers = Headers([each for each in request.headers.items() if each[0].lower() != "accept"])
    return replace(request, query=query, headers=headers)


def _file_name(request: ODataRequest, form: Form) -> str:
    """``People.csv``"""
    name = _NO_NAME.sub("_", unquote(request.target)).strip("_")
    return f"{name[:100] or 'table'}.{form.extension}"
