"""The differential filter test over databases that were only looked at: the same rows, the same conditions, the same evaluator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from sqlalchemy import URL

from odata_service import ODataService
from odata_service.config import Settings, TableSettings
from odata_service.reflect.service import reflected
from tests.differential import generate_v4
from tests.differential.conftest import urls
from tests.differential.language import Node
from tests.differential.language_v4 import text, value
from tests.differential.model import rows
from tests.differential.test_filter import STABLE
from tests.differential.test_filter_v4 import keys

__all__ = ["urls"]

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "200")) // 4
ROWS = rows()
# What arrives as text, because the database has no type for it and nothing says what it means.
TEXTS = {"sqlite": ("Exact", "Code"), "mariadb": ("Code",), "postgresql": ()}


@dataclass(frozen=True)
class Looked:
    """A database by its name, and the service that was made by looking at it."""

    name: str
    _service: ODataService

    def knows(self, condition: str) -> bool:
        return not any(name in condition for name in TEXTS[self.name])


@pytest.fixture(scope="module")
def looked(urls: dict[str, URL]) -> Iterator[list[Looked]]:
    tables = {"thing": TableSettings(set="Things"), "part": TableSettings(set="Parts")}
    told = {
        name: Settings(database_url=url.render_as_string(hide_password=False), tables=tables)
        for name, url in urls.items()
    }
    made = [Looked(name, reflected(each).service) for name, each in told.items()]
    yield made
    for each in made:
        each._service.engine.dispose()


@settings(STABLE, max_examples=EXAMPLES)
@given(generate_v4.condition())
def test_databases_and_evaluator_agree(looked: list[Looked], node: Node) -> None:
    expected, condition = [row["Id"] for row in ROWS if value(node, row) is True], text(node)
    for each in looked:
        if each.knows(condition):
            assert keys(each, filter=condition) == expected, f"{each.name}: {condition}"  # type: ignore[arg-type]
