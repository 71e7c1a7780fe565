"""``odata-service inspect``: what it says of the harbours is kept as files; who means to change it writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from odata_service.cli import main
from tests.databases.conftest import SCHEMAS
from tests.databases.harbour import Harbour

GOLDEN = Path(__file__).parent / "golden"


def inspected(url: str, *more: str) -> str:
    schemas = [
        word for name in SCHEMAS.get(url.partition(":")[0].partition("+")[0], ()) for word in ("--schemas", name)
    ]
    answer = CliRunner().invoke(main, ["inspect", url, *schemas, *more])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_text(database_url: str) -> None:
    """To write it anew: delete the file, run the test twice, and look at the difference."""
    said = inspected(database_url)
    head, _, rest = said.partition(":")
    file = GOLDEN / f"{database_url.partition(':')[0].partition('+')[0]}.txt"
    if not file.exists():
        file.write_text(f"harbour:{rest}")
    assert head and f"harbour:{rest}" == file.read_text()


def test_json_says_what_is_published(database_url: str, harbour: Harbour) -> None:
    told = json.loads(inspected(database_url, "--json"))
    published = harbour.published.service.model.sets
    assert [each["set"] for each in told["sets"]] == list(published)
    for each in told["sets"]:
        kind = published[each["set"]].type
        assert sorted(declared["name"] for declared in each["properties"]) == sorted(
            [*kind.properties, *kind.collections]
        )
        assert {way["name"] for way in each["navigation"]} == set(kind.navigation)
        assert all(
            declared["type"].startswith(kind.properties[declared["name"]].type.name)
            for declared in each["properties"]
            if declared["name"] in kind.properties
        )
