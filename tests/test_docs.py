"""What the documents lead to is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from odata_service.settings_page import settings_page
from odata_service.formats.options_v2 import SWITCHES, USUAL, OptionsV2
from tests.offline.scenarios import SCENARIOS

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    document
    for pattern in ("README.md", "docs/**/*.md", "samples/**/*.md")
    for document in CHECKOUT.glob(pattern)
    if "node_modules" not in document.parts
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")  # not to other hosts
TEST = re.compile(r"`([\w/]+\.(?:http|py))`")
FOLDERS = (CHECKOUT, CHECKOUT / "tests", CHECKOUT / "tests/conversations/v2", CHECKOUT / "tests/conversations")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_links(document: Path) -> None:
    assert [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()] == []


def test_every_yes_names_a_test() -> None:
    """``yes: [test_changes](../tests/v4/test_changes.py) `test_create` ``"""
    named = re.findall(r"\]\(\.\./(tests/\S+?\.py)\) `(test_\w+)`", (CHECKOUT / "docs/conformance.md").read_text())
    assert len(named) > 100
    assert [(file, name) for file, name in named if f"def {name}(" not in (CHECKOUT / file).read_text()] == []


def test_what_the_offline_client_is_held_to() -> None:
    """``[push](../tests/offline/test_push.py) `test_patience` `` or ``[scenario](../tests/offline/scenarios.py) "both delete"``"""
    text = (CHECKOUT / "docs/offline-python.md").read_text()
    functions = re.findall(r"\]\(\.\./(tests/\S+?\.py)\) `(test_\w+)`", text)
    scenarios = re.findall(r'\]\(\.\./(tests/\S+?\.py)\) "(.+?)"', text)
    assert len(functions) > 25 and len(scenarios) > 8
    named = [(file, f"def {name}(") for file, name in functions] + [(file, f'"{name}", "') for file, name in scenarios]
    assert [each for each in named if each[1] not in (CHECKOUT / each[0]).read_text()] == []


def test_what_both_offline_clients_are_held_to() -> None:
    """Every scenario stands in the table, and every test that it names is there."""
    text = (CHECKOUT / "docs/offline-scenarios.md").read_text()
    assert sorted(re.findall(r'"([^"]+)"', text)) == sorted(each.name for each in SCENARIOS)
    functions = re.findall(r"\]\(\.\./(tests/\S+?\.py)\) `(test_\w+)`", text)
    assert len(functions) > 20
    assert [each for each in functions if f"def {each[1]}(" not in (CHECKOUT / each[0]).read_text()] == []


def test_every_deviation_is_held_by_a_test() -> None:
    named = TEST.findall((CHECKOUT / "docs/deviations.md").read_text())
    assert len(named) > 20
    assert [name for name in named if not any((folder / name).exists() for folder in FOLDERS)] == []


def test_settings_are_those_of_the_tables() -> None:
    """``odata-service settings-reference > docs/settings.md``"""
    assert (CHECKOUT / "docs/settings.md").read_text() == settings_page()


def test_every_page_is_in_the_site() -> None:
    listed = set(re.findall(r": ([\w-]+\.md)$", (CHECKOUT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert listed == {page.name for page in (CHECKOUT / "docs").glob("*.md")}


def test_every_switch_of_v2_is_told() -> None:
    told = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \|", (CHECKOUT / "docs/conformance-v2.md").read_text(), re.MULTILINE
    )
    assert told == [(name, _values(name), switch.metadata["help"]) for name, switch in SWITCHES.items()]


def _values(name: str) -> str:
    values = get_args(get_type_hints(OptionsV2)[name])
    return ", ".join(f'`"{value}"`' + (" (usual)" if value == getattr(USUAL, name) else "") for value in values)
