"""What a run has measured, as a table and a plot in ``docs/performance.md``."""

from __future__ import annotations

import platform
import re
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PLOT = DOCS / "performance.md", "performance-{}.svg"
LIBRARIES = ("flask", "gunicorn", "sqlalchemy", "lark", "orjson", "psycopg")
_BAR, _GAP, _LEFT, _SCALE = 12, 10, 250, 180  # pixels; the last is a ratio of 1


@dataclass(frozen=True, slots=True)
class Line:
    """CPU milliseconds per request of both sides in each round, and by how many times the service's may be the other's."""

    title: str
    rounds: Sequence[tuple[float, float]]
    aim: float | None = None

    @property
    def medians(self) -> tuple[float, float]:
        ours, theirs = zip(*self.rounds, strict=True)
        return statistics.median(ours), statistics.median(theirs)

    @property
    def ratios(self) -> list[float]:
        """The service's time as a multiple of the other's: less is better."""
        return [ours / theirs for ours, theirs in self.rounds]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def row(self) -> str:
        ours, theirs = self.medians
        aim = "" if self.aim is None else f"≤ {self.aim:.2f} {'yes' if self.ratio <= self.aim else '**no**'}"
        spread = f"{min(self.ratios):.2f} – {max(self.ratios):.2f}"
        return f"| {self.title} | {ours:.3f} | {theirs:.3f} | {self.ratio:.2f} | {spread} | {aim} |"


def write_section(name: str, text: str) -> None:
    """Put a text between the marks of its name, ``<!-- sqlite -->`` and ``<!-- /sqlite -->``."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = PAGE.read_text(encoding="utf-8")
    marked = re.compile(f"{begin}.*?{end}", re.DOTALL)
    if not marked.search(page):
        raise SystemExit(f"{PAGE} has no marks {begin} … {end}")
    PAGE.write_text(marked.sub(lambda _: f"{begin}\n{text}\n{end}", page), encoding="utf-8")


def circumstances() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True, cwd=DOCS
    )
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {libraries}."
    )


def write_contests(database: str, lines: Sequence[Line]) -> None:
    """The table and the plot of one database."""
    plot = PLOT.format(database)
    (DOCS / plot).write_text(_plot(lines), encoding="utf-8")
    head = "| | service, ms | by hand, ms | ratio | min – max | aim |\n|---|---|---|---|---|---|"
    rounds = len(lines[0].rounds)
    table = "\n".join(line.row for line in lines)
    text = f"{circumstances()} Median of {rounds} rounds.\n\n{head}\n{table}\n\n![Ratios on {database}]({plot})"
    write_section(database, text)


def _plot(lines: Sequence[Line]) -> str:
    """A bar for each ratio, and a line at 1: what ends left of it is faster than by hand."""
    height = len(lines) * (_BAR + _GAP) + 30
    width = _LEFT + _SCALE * 3
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, line in enumerate(lines):
        top = number * (_BAR + _GAP) + 8
        length = min(line.ratio, 2.6) * _SCALE
        colour = "#2a7d4f" if line.aim is None or line.ratio <= line.aim else "#b3541e"
        drawn += [
            f'<text x="{_LEFT - 8}" y="{top + 10}" text-anchor="end">{escape(line.title)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<text x="{_LEFT + length + 5:.1f}" y="{top + 10}">{line.ratio:.2f}</text>',
        ]
    at = _LEFT + _SCALE
    drawn.append(f'<path d="M{at} 2V{height - 20}" stroke="#444" stroke-dasharray="4 3"/>')
    drawn.append(f'<text x="{at}" y="{height - 6}" text-anchor="middle">1: as much as by hand</text></svg>')
    return "\n".join(drawn) + "\n"
