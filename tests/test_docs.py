"""What the documents lead to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = sorted([CHECKOUT / "README.md", *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("samples/**/*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")  # not to other hosts
TEST = re.compile(r"`([\w/]+\.(?:http|py))`")
FOLDERS = (CHECKOUT, CHECKOUT / "tests", CHECKOUT / "tests/conversations/v2", CHECKOUT / "tests/conversations")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_links(document: Path) -> None:
    assert [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()] == []


def test_every_deviation_is_held_by_a_test() -> None:
    named = TEST.findall((CHECKOUT / "docs/deviations.md").read_text())
    assert len(named) > 20
    assert [name for name in named if not any((folder / name).exists() for folder in FOLDERS)] == []
