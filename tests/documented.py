"""Tables of the documentation, as what they say has to be true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def outcomes(page: str, heading: str) -> Iterator[tuple[str, str, str]]:
    """``("503: the database cannot be reached", "add", "503")`` for each cell of the table under a heading but those of its
    first column and its last."""
    _, _, after = (DOCS / page).read_text().partition(f"## {heading}\n")
    section, _, _ = after.partition("\n## ")
    (_, *titles, _), _, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")
    )
    for what, *cells, _ in rows:
        yield from ((what, title, cell) for title, cell in zip(titles, cells, strict=True))
