"""V2's flat ``$expand=A,B/C`` and ``$select=P,B/C/Q`` as V4's nested options: ``A,B($select=C;$expand=C($select=Q))``."""

from __future__ import annotations

from dataclasses import field

from odata_service.errors import BadRequest, did_you_mean
from odata_service.limits import Limits
from odata_service.parse.syntax import ExpandItem, Options, Segment, SelectItem
from odata_service.values import mutable

SegmentPath = tuple[Segment, ...]


@mutable
class Branch:
    """One navigation of ``$expand`` while the two options are laid over one another.

    ``whole``: ``$select`` names the navigation itself, so everything below it is returned.
    """

    at: int = 0
    whole: bool = False
    branches: dict[str, Branch] = field(default_factory=dict)
    selected: dict[str, Segment] = field(default_factory=dict)

    def add(self, path: SegmentPath) -> None:
        branch = self
        for step in path:
            branch = branch.branches.setdefault(step.name, Branch(step.at))

    def select(self, path: SegmentPath) -> None:
        branch = self
        for step in path[:-1]:
            branch.selected.setdefault(step.name, step)
            if step.name not in branch.branches:
                cure = did_you_mean(step.name, branch.branches)
                raise BadRequest(
                    "NotExpanded",
                    f"$select goes through {step.name!r}, which is not in $expand{cure}",
                    target="$select",
                    at=step.at,
                )
            branch = branch.branches[step.name]
        last = path[-1]
        branch.selected.setdefault(last.name, last)
        if last.name in branch.branches:
            branch.branches[last.name].whole = True

    @property
    def select_items(self) -> tuple[SelectItem, ...]:
        if self.whole:
            return ()
        return tuple(SelectItem((step,), Options(), step.at) for step in self.selected.values())

    @property
    def expand_items(self) -> tuple[ExpandItem, ...]:
        """The branches as V4's items. V2 returns a navigation only if ``$select``, where there is one, names it."""
        return tuple(
            ExpandItem(
                (Segment(name, None, branch.at),),
                "",
                Options(expand=branch.expand_items, select=branch.select_items),
                branch.at,
            )
            for name, branch in self.branches.items()
            if self.whole or not self.selected or name in self.selected
        )

    def count(self) -> int:
        return sum(1 + branch.count() for branch in self.branches.values())


def nested(
    expand: tuple[SegmentPath, ...], select: tuple[SegmentPath, ...], limits: Limits
) -> tuple[tuple[ExpandItem, ...], tuple[SelectItem, ...]]:
    """The expand and select items of the request itself, with the deeper ones in their options."""
    root = Branch()
    for path in expand:
        limits.check("max_expand_depth", len(path), target="$expand", at=path[0].at)
        root.add(path)
    limits.check("max_expand_count", root.count(), target="$expand")
    limits.check("max_select_items", len(select), target="$select")
    for path in select:
        root.select(path)
    return root.expand_items, root.select_items
