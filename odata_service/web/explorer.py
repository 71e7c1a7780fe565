"""The host's root in a browser: the explorer, and links to all that is published for who has no use for it.

The page and its modules come from here and ask nobody else: its policy allows nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources

from flask import Blueprint, Response

from odata_service.values import frozen
from odata_service.web.client_files import static_files

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
FOLDER = resources.files("odata_service") / "explorer"


@frozen
class Link:
    """A service on the front page: where it is, relative to the page, and what it is. ``protocol`` is ``v2`` or ``v4`` where the explorer
    can ask it."""

    address: str
    name: str
    about: str
    protocol: str = ""


def explorer_files() -> Blueprint:
    """The explorer's modules, to be registered at ``/-/explorer``."""
    return static_files(FOLDER)


def front_page(title: str, links: Sequence[Link]) -> Response:
    """The page at the host's root. Its links are relative: a proxy may add to them."""
    roots = {each.protocol: each.address for each in reversed(links) if each.protocol}
    listed = "".join(
        f'<li><a href="{escape(each.address)}">{escape(each.name)}</a> {escape(each.about)}</li>\n' for each in links
    )
    parts = {"{title}": escape(title), "{roots}": json.dumps(roots).replace("<", "\\u003c"), "{links}": listed}
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(name, text)
    return Response(page, headers=HEADERS, content_type="text/html; charset=utf-8")
