"""Imports go downwards, each big library has one home, and only a few files know which protocol is spoken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "odata_service"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE)

# From the ground up. Modules of one row may know each other and all that are above them here.
LAYERS = """
    values
    errors protocol late
    limits message tracking
    context changing signals behavior
    edm types annotations config settings_file settings_page
    links token dialects entry
    functions parse
    bind
    access tables sync_sets sync_log
    plan
    row_filters
    result etag execute
    formats
    client
    operations returned
    deltas everything invoke monitors repeats positions
    spelling spelling_v2 spelling_v4 spelling_sync spelling_datasync spelling_zumo
    reads
    rereads
    answers
    orders
    changes
    rehearsal
    export explain
    changeset
    batch feed push
    configuration
    service
    schema_document schema_changes
    opening
    database sample reflect start
    track
    auth safety
    web
    renewal
    cli_replica cli_server cli_track
    cli
    __main__
"""
RANKS = {name: rank for rank, row in enumerate(LAYERS.split("\n")) for name in row.split()}
UPWARDS = {("service.py", "odata_service.web.blueprint")}  # imported late, when a blueprint is asked for
HOMES = {
    "httpx": "client",
    "flask": "web",
    "werkzeug": "web",
    "lark": "parse",
    "gunicorn": "cli",
    "click": "cli",
    "argon2": "auth",
    "jwt": "auth",
    "opentelemetry": "web",
    "prometheus_client": "web",
    "zstandard": "web",
    "marshmallow": "formats",
}
SPEAKERS = {"protocol.py", "functions.py", "edm/primitive.py", "service.py", "cli.py", "row_filters.py"}


def nodes(path: Path) -> Iterator[ast.AST]:
    """All of a module but what stands there for type checkers only."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        yield node
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            waiting += ast.iter_child_nodes(node)


def imports(path: Path) -> Iterator[str]:
    """``from odata_service import x`` is either the module x or something of the service's public face."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "odata_service":
            yield from (f"odata_service.{alias.name if alias.name in RANKS else 'service'}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_module(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    layer = name.split("/")[0].removesuffix(".py")
    for imported in imports(path):
        library, _, inside = imported.partition(".")
        home = HOMES.get(library, layer)
        assert layer == home or layer.startswith(f"{home}_"), f"{name} imports {imported}"
        if library == "odata_service" and (name, imported) not in UPWARDS:
            assert RANKS[inside.split(".")[0]] <= RANKS[layer], f"{name} imports {imported}"
    named = {node.id for node in nodes(path) if isinstance(node, ast.Name)} & {"V2", "V4", "DATASYNC", "ZUMO"}
    assert not named or name in SPEAKERS or path.stem.endswith(("_v2", "_v4", "_datasync", "_zumo")), (
        f"{name} asks for {named}"
    )


# Leaves of the server that are as good for a client: words, literals, column types. Everything else would be its server.
SHARED = {"values", "errors", "edm", "types", "dialects.exact"}
# How values stand in bodies, and what batches look like, is the same on both sides; a service may be in the same process.
SHARED_ONLINE = SHARED | {"message", "protocol", "formats.value_v2", "formats.value_v4", "formats.multipart"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "client").rglob("*.py")), ids=lambda path: path.name)
def test_the_client_is_no_part_of_the_server(path: Path) -> None:
    ours = {name.removeprefix("odata_service.") for name in imports(path) if name.startswith("odata_service.")}
    shared = SHARED_ONLINE if path.parent.name == "online" else SHARED
    assert {each for each in ours if not shared & {each, each.split(".")[0]}} == set()
