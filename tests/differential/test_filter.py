"""``$filter`` on SQLite and on PostgreSQL against an evaluator in Python, over the same rows."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, given, settings

from tests.differential import generate
from tests.differential.conftest import Client
from tests.differential.language import Node, holds, text
from tests.differential.model import rows

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "250"))
STABLE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
ROWS = rows()


def check(client: Client, node: Node) -> None:
    expected = [row["Id"] for row in ROWS if holds(node, row)]
    assert client.keys(filter=text(node)) == expected, f"{client.name}: {text(node)}"


@STABLE
@given(generate.pair())
def test_databases_and_evaluator_agree(clients: list[Client], filters: tuple[Node, Node]) -> None:
    """The second time a filter is answered from the plan cache, as is another one of the same shape."""
    first, same_shape = filters
    for client in clients:
        for node in (first, same_shape, first):
            check(client, node)
