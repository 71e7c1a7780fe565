"""The tour of the orders sample, typed as it stands there: every command, and what it prints."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.serving import CHECKOUT, Serving
from tests.web.test_readme import exchanges, folder, said

__all__ = ["folder"]


def test_tour(folder):
    server = Serving.start(folder, "--sample", "orders")
    try:
        tour = exchanges((CHECKOUT / "samples" / "orders" / "README.md").read_text())
        assert len(tour) > 15
        for (command, expected), answer in zip(tour, said(tour, folder, urlsplit(server.root).netloc), strict=True):
            pattern = re.escape(expected.strip()).replace("…", ".*?")
            assert re.fullmatch(pattern, answer.strip().replace("\r", ""), re.DOTALL), f"{command}\nprints\n{answer}"
    finally:
        server.stop()
