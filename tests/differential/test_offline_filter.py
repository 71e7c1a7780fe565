"""``$filter``, ``$orderby``, ``$top``, ``$skip``, ``$select`` and ``$count`` in the browser's offline client against the server, over the
same rows: generated queries, and the answers compared."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url

from odata_service import Headers, ODataRequest
from odata_service.protocol import V4
from tests.differential import generate, generate_v4
from tests.differential.conftest import ROOT, Client
from tests.differential.language import Call, Node, Op, Prefix, Prop
from tests.differential.language_v4 import Case, In, text
from tests.differential.model import PROPERTIES, fill
from tests.differential.test_filter import STABLE
from tests.differential.test_filter_v4 import EXAMPLES
from tests.tools import program

HERE = Path(__file__).parent
QUERY = HERE.parents[1] / "odata_service/browser/query.js"
EXACT = Headers({"Accept": "application/json;odata.metadata=none;IEEE754Compatible=true"})
EDM = {"DateTime": "DateTimeOffset", "Time": "TimeOfDay"}
Answer = dict[str, Any]


class Offline:
    """The client's query engine in Node, over the records that the server gave."""

    def __init__(self, records: list[Answer]) -> None:
        command = [program("node", "nodejs"), str(HERE / "evaluate.mjs"), QUERY.as_uri()]
        self._node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        properties = [{"name": name, "type": f"Edm.{EDM.get(kind, kind)}"} for name, kind in PROPERTIES.items()]
        properties.append({"name": "Id", "type": "Edm.Int32"})
        self._say({"key": ["Id"], "properties": properties, "records": records})

    def _say(self, value: object) -> None:
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps(value) + "\n")
        self._node.stdin.flush()

    def answer(self, options: Answer) -> Answer:
        self._say(options)
        assert self._node.stdout is not None
        found: Answer = json.loads(self._node.stdout.readline())
        return found

    def end(self) -> None:
        assert self._node.stdin is not None
        self._node.stdin.close()
        self._node.wait(timeout=10)


def online(client: Client, options: Answer) -> Answer:
    """The same of the server."""
    written = {name: str(value).lower() if name == "count" else str(value) for name, value in options.items()}
    query = "&".join(f"${name}={quote(value, safe='')}" for name, value in written.items())
    response = client._service.handle(ODataRequest(V4, "GET", "Things", query, EXACT, root=ROOT))
    assert response.status == 200, f"{response.status} {response.body.decode()[:500]}"
    answer: Answer = json.loads(response.body)
    count = answer.pop("@odata.count", None)
    return answer if count is None else {**answer, "count": int(count)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """On SQLite alone: that PostgreSQL has the same answers is held by ``test_filter_v4.py``."""
    url = make_url(f"sqlite:///{tmp_path_factory.mktemp('offline')}/things.db")
    engine = create_engine(url)
    fill(engine)
    engine.dispose()
    client = Client("sqlite", url)
    yield client
    client.engine.dispose()


@pytest.fixture(scope="module")
def offline(server: Client) -> Iterator[Offline]:
    started = Offline(online(server, {})["value"])
    yield started
    started.end()


def own(node: Node) -> Node:
    """Without navigation: records are flat."""
    match node:
        case Prop():
            return replace(node, of_part=False)
        case Op(_, _, left, right):
            return replace(node, left=own(left), right=own(right))
        case Prefix(_, _, operand) | In(operand, _):
            return replace(node, operand=own(operand))
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(map(own, arguments)))
        case Case(_, branches):
            return replace(node, branches=tuple((own(one), own(other)) for one, other in branches))
    return node


@settings(STABLE, max_examples=EXAMPLES // 2)
@given(generate_v4.condition().map(own))
def test_filters(server: Client, offline: Offline, node: Node) -> None:
    options = {"filter": text(node), "select": "Id"}
    assert offline.answer(options) == online(server, options), text(node)


@settings(STABLE, max_examples=EXAMPLES // 4)
@given(st.data())
def test_orders_and_pages(server: Client, offline: Offline, data: st.DataObject) -> None:
    items = [(own(generate_v4.in_v4(node)), descending) for node, descending in data.draw(generate.order())]
    columns = data.draw(st.lists(st.sampled_from(sorted(PROPERTIES)), min_size=1, max_size=6, unique=True))
    options: Answer = {
        "orderby": ",".join(f"{text(node)}{' desc' if descending else ''}" for node, descending in items),
        "select": ",".join(["Id", *columns]),
        "top": data.draw(st.integers(0, 70)),
        "skip": data.draw(st.integers(0, 70)),
        "count": data.draw(st.booleans()),
    }
    assert offline.answer(options) == online(server, options), options["orderby"]


SINGLE = [
    "contains(Name,'😀')", "length(Name) eq 3", "indexof(Name,'b') eq 2", "substring(Name,-2) eq 'ff'", "'x' lt Name",
    "Name gt '\uffff'", "Name in ('50%',null)", "MaybeName in ('50%',null)", "MaybeName eq null", "null ne MaybeName",
    "not (MaybeWhole gt 1)", "not contains(MaybeName,'a')", "MaybeFlag", "not MaybeFlag", "MaybeFlag or true",
    "MaybeFlag and false", "not (MaybeFlag and false)", "Long eq 9223372036854775807", "Long add 1 gt 0", "Long sub 1 lt 0",
    "Long eq 9007199254740993", "Long eq 9007199254740992.0", "Exact eq 12345678901234567890.123456789012345678",
    "Exact div 3 gt 1", "Exact mod 7 eq 2.5", "Whole div 0 eq null", "Whole divby 3 gt 3.3", "Small mod -3 eq 1", "-Whole lt -2",
    "Ratio eq 0.3", "Ratio mod 0.1 eq 0", "Ratio eq NaN", "Ratio ne NaN", "Ratio lt INF", "round(Ratio) eq 3", "round(Price) eq -3",
    "floor(Price) eq -3", "ceiling(Price) eq -2", "round(Whole) eq 3", "Tiny eq 0.1", "Made lt Seen", "Day lt Made",
    "Day eq 2020-02-29", "Made ge 2020-02-29", "Day lt 2020-02-29T12:00:00Z", "Day eq '2020-02-29'", "Code eq '00000000-0000-0000-0000-000000000000'",
    "year(Day) eq 2020", "second(Seen) eq 59", "fractionalseconds(Seen) gt 0.9", "date(Made) eq Day", "time(Seen) gt Clock",
    "totaloffsetminutes(Seen) eq 0", "Seen add duration'P1D' gt Made", "Day sub Seen gt duration'PT0S'", "Seen lt now()", "Seen gt mindatetime()",
    "toupper(Name) eq 'ᾼ'", "tolower(Name) eq 'σασ'", "trim(Name) eq 'wide'", "concat(Name,'!') eq 'a!'", "matchesPattern(Name,'^[ab]+$')",
    "Blob eq binary'Cv8='", "Flag lt true", "Code gt 00000000-0000-0000-0000-000000000000", "$it/Name eq 'a'", "Name EQ 'a' OR Name Eq 'b'",
    "case(Flag:1,true:2) eq 2", "Name eq 'O''Neil'", "Whole eq 1 or Whole eq 3 and not Flag", "(Whole add 1) mul 2 gt -8", "Day add duration'P1D' eq 2020-03-01",
]  # fmt: skip


@pytest.mark.parametrize("condition", SINGLE)
def test_single_points(server: Client, offline: Offline, condition: str) -> None:
    options = {"filter": condition, "select": "Id"}
    assert offline.answer(options) == online(server, options)


REFUSED = [
    "Nmae eq 'a'", "Name", "1", "Name eq 1", "Whole gt 'a'", "nothing(Name)", "length(Whole) eq 1", "Name eq 'a", "Name eq",
    "(Name eq 'a'", "Name eq 'a' b", "Code eq 'x'", "Blob lt binary'Cv8='", "Day eq '2020-02-30'", "not Name", "Name and Flag",
    "Whole in (1,'a')", "Name add 1 eq 2", "constructor eq 1", "__proto__ eq 1",
]  # fmt: skip


@pytest.mark.parametrize("condition", REFUSED)
def test_what_the_server_refuses_is_refused(server: Client, offline: Offline, condition: str) -> None:
    response = server._service.handle(
        ODataRequest(V4, "GET", "Things", f"$filter={quote(condition)}", EXACT, root=ROOT)
    )
    assert (response.status, "QueryError" in offline.answer({"filter": condition}).get("error", "")) == (400, True)
