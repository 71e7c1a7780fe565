"""Customizable feeds: properties that an Atom entry shows in elements of its own (MS-ODATA, Customizable Feeds)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from odata_service.values import frozen

# Atom's own elements that a property may fill, by WCF's names.
SYNDICATION: Mapping[str, tuple[str, ...]] = {
    "SyndicationTitle": ("title",),
    "SyndicationSummary": ("summary",),
    "SyndicationRights": ("rights",),
    "SyndicationPublished": ("published",),
    "SyndicationUpdated": ("updated",),
    "SyndicationAuthorName": ("author", "name"),
    "SyndicationAuthorEmail": ("author", "email"),
    "SyndicationAuthorUri": ("author", "uri"),
    "SyndicationContributorName": ("contributor", "name"),
    "SyndicationContributorEmail": ("contributor", "email"),
    "SyndicationContributorUri": ("contributor", "uri"),
}
TEXTS = ("title", "summary", "rights")  # they say whether they are text or HTML
_NAME = re.compile(r"[^\W\d][\w.-]*")


@frozen
class FeedMapping:
    """``FeedMapping("SyndicationTitle")``, or an element or attribute of another namespace:
    ``FeedMapping("geo/lat", prefix="g", namespace="http://…")``, ``FeedMapping("geo/@lat", …)``.

    A property that is not kept in the content is only there.
    """

    target: str
    keep_in_content: bool = True
    content_kind: Literal["text", "html"] = "text"
    prefix: str = ""
    namespace: str = ""

    @property
    def syndication(self) -> bool:
        return self.target in SYNDICATION

    @property
    def path(self) -> tuple[str, ...]:
        """The elements from the entry inwards."""
        *steps, last = self.target.split("/")
        return SYNDICATION.get(self.target) or (tuple(steps) if last.startswith("@") else (*steps, last))

    @property
    def attribute(self) -> str | None:
        last = self.target.rpartition("/")[2]
        return last[1:] if last.startswith("@") else None

    def problem(self) -> str | None:
        """Why no entry can be written so.

        >>> FeedMapping("SyndicationTitel").problem()
        "'SyndicationTitel' is none of Atom's elements"
        >>> FeedMapping("geo/lat").problem()
        "'geo/lat' needs a prefix and a namespace"
        """
        if self.syndication:
            return None
        if self.target.startswith("Syndication"):
            return f"{self.target!r} is none of Atom's elements"
        names = (*self.path, *filter(None, (self.attribute,)))
        if not self.path or not all(map(_NAME.fullmatch, names)):
            return f"{self.target!r} is no path of elements with an attribute at most at its end"
        if not (_NAME.fullmatch(self.prefix) and self.namespace):
            return f"{self.target!r} needs a prefix and a namespace"
        return None
