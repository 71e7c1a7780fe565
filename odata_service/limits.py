"""What a single request may ask for. Every limit is on by default; a refusal names the limit and the setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from odata_service.errors import BadRequest, Gone, ODataError, PayloadTooLarge, ServiceUnavailable, UriTooLong


def _limit(default: int, help: str, refusal: type[ODataError] = BadRequest) -> int:
    row: int = field(default=default, metadata={"help": help, "refusal": refusal})
    return row


@dataclass(frozen=True)
class Limits:
    """One row per limit: its name, default, what it counts. ``ODATA_<NAME>`` in the environment changes it."""

    max_url_length: int = _limit(16_384, "characters of path and query string together", UriTooLong)
    max_body_bytes: int = _limit(4 * 1024 * 1024, "bytes of a request body", PayloadTooLarge)
    max_json_depth: int = _limit(64, "levels of arrays and objects in a JSON body")
    max_json_values: int = _limit(50_000, "values in the arrays and objects of a JSON body", PayloadTooLarge)
    max_xml_depth: int = _limit(64, "levels of elements in an XML body")
    max_xml_elements: int = _limit(50_000, "elements of an XML body", PayloadTooLarge)
    max_path_segments: int = _limit(16, "segments of a resource path")
    max_crossed_sets: int = _limit(4, "entity sets of a $crossjoin")
    max_query_options: int = _limit(64, "query options of a URL")
    max_expression_depth: int = _limit(50, "levels of nesting in an expression")
    max_expression_nodes: int = _limit(1_000, "names, literals, operators and calls of an expression")
    max_function_depth: int = _limit(10, "function calls inside function calls")
    max_lambda_depth: int = _limit(2, "any/all inside any/all")
    max_or_terms: int = _limit(500, "terms joined by one chain of and/or")
    max_in_items: int = _limit(500, "items of a list after 'in'")
    max_orderby_items: int = _limit(8, "expressions of $orderby")
    max_select_items: int = _limit(200, "items of $select")
    max_expand_depth: int = _limit(3, "navigations below one another in $expand")
    max_expand_count: int = _limit(12, "navigations in $expand altogether")
    max_top: int = _limit(1_000_000, "value of $top; pages are cut to the page size anyway")
    max_skip: int = _limit(1_000_000, "value of $skip")
    max_page_size: int = _limit(1_000, "rows of one page where a set has no page size of its own")
    max_results_per_collection: int = _limit(100_000, "entities of a collection for clients that know no pages")
    max_objects_on_insert: int = _limit(1_000, "entities created by one request", PayloadTooLarge)
    max_objects_on_change: int = _limit(10_000, "entities that $each may change in one request", PayloadTooLarge)
    max_batch_parts: int = _limit(100, "requests and change sets of a batch")
    max_changeset_size: int = _limit(200, "changes of one change set")
    max_delta_age_days: int = _limit(365, "days that a delta link lasts; tombstones must be kept that long", Gone)
    max_sync_operations: int = _limit(1_000, "operations of one push to the Sync API", PayloadTooLarge)
    max_feeds: int = _limit(1_000, "clients of one process that wait for changes", ServiceUnavailable)
    max_repeat_age_hours: int = _limit(720, "hours that the answer to a repeatable request is kept")
    statement_timeout_ms: int = _limit(30_000, "milliseconds a database statement may run")

    def check(self, name: str, asked: int, *, target: str | None = None, at: int | None = None) -> None:
        """Refuse ``asked`` when it is over the limit ``name``.

        >>> Limits().check("max_expand_depth", 4)
        Traceback (most recent call last):
        odata_service.errors.BadRequest: 4 is over the limit of 3 (max_expand_depth: navigations below one another \
in $expand); the setting ODATA_MAX_EXPAND_DEPTH changes it
        """
        if asked > getattr(self, name):
            self.refuse(name, str(asked), target=target, at=at)

    def most(self, name: str) -> int:
        """What the limit ``name`` allows."""
        value: int = getattr(self, name)
        return value

    def refuse(self, name: str, asked: str, *, target: str | None = None, at: int | None = None) -> NoReturn:
        row = _ROWS[name]
        refusal: type[ODataError] = row.metadata["refusal"]
        raise refusal(
            "LimitExceeded",
            f"{asked} is over the limit of {self.most(name)} ({name}: {row.metadata['help']}); "
            f"the setting ODATA_{name.upper()} changes it",
            target=target,
            at=at,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Limits:
        """The defaults, overridden by ``ODATA_MAX_…`` variables; a value that is no whole number is an error."""
        values = {name: environ[f"ODATA_{name.upper()}"] for name in _ROWS if f"ODATA_{name.upper()}" in environ}
        return cls(**{name: int(value) for name, value in values.items()})


_ROWS = {row.name: row for row in dataclasses.fields(Limits)}


def counts_rows(text: str) -> bool:
    """Whether a text is a number of rows, as ``$top`` and ``$skip`` have it: a whole number from 0 on, of 64 bits.

    >>> [counts_rows(text) for text in ("0", "007", "-1", "1.0", "\u0663", "9" * 18, "9" * 19)]
    [True, True, False, False, False, True, False]
    """
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


_DIGITS = 18
