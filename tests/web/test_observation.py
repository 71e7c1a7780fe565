"""What is told of requests: ids, lines, figures and spans, with the names of the model and never with a value."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from odata_service.config import ConfigurationError
from odata_service.web import layers
from odata_service.web.logs import SlowLog
from tests.serving import Serving
from tests.web.conftest import Make
from tests.web.test_endless import Ear

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECRET = "Zanzibar"
ADA = "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    logger = logging.getLogger("odata_service")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


class TestIds:
    @pytest.mark.parametrize("target", ["/v4/People", "/v4/Peopel", "/nowhere", "/v2/$metadata", "/-/live"])
    def test_are_those_of_the_client(self, make: Make, target: str) -> None:
        assert make(log="json").get(target, headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"

    @pytest.mark.parametrize("said", [None, "", "a b", "x" * 129, 'a"b', "é"])
    def test_are_made_where_there_is_none(self, make: Make, said: str | None) -> None:
        headers = {} if said is None else {"X-Request-ID": said}
        assert re.fullmatch("[0-9a-f]{32}", make(log="text").get("/v4/", headers=headers).headers["X-Request-ID"])

    def test_off_unless_said(self, make: Make) -> None:
        assert "X-Request-ID" not in make().get("/v4/", headers={"X-Request-ID": "mine"}).headers

    def test_of_an_answer_that_goes_on(self, serve: Any) -> None:
        ear = Ear(serve("--workers", "1", "--set", "log=json"), "X-Request-ID: mine-2")
        assert "X-Request-ID: mine-2" in ear.head()
        ear.leave()


class TestLines:
    def test_of_a_request(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        headers = {"X-Request-ID": "mine", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        make(log="json").get("/v4/People?$top=3&$expand=Addresses", headers=headers)
        (line,) = lines(capsys)
        assert (
            line.pop("time").endswith("Z") and line.pop("ms") > 0 and line.pop("sql_ms") >= 0 and line.pop("rows") > 3
        )
        assert line == {
            "level": "INFO", "logger": "odata_service.access", "message": "GET /v4/People?$top=?&$expand=Addresses",
            "status": 200, "statements": 2, "caller": "anonymous", "address": "127.0.0.1", "request_id": "mine", "trace_id": TRACE,
        }  # fmt: skip

    def test_of_an_answer_that_is_read_while_it_is_sent(
        self, make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("odata_service.plan.read.ROWS_OF_A_PART", 5)
        client = make(log="json", metrics=True)
        assert len(client.get("/v4/People").get_json()["value"]) == 12
        (line,) = lines(capsys)
        assert (line["rows"], line["statements"]) == (12, 3)
        assert "odata_rows_total 12.0" in client.get("/-/metrics").text

    def test_as_text(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        make(log="text").get("/v2/People/$count", headers={"X-Request-ID": "mine"})
        shown = r"\S+Z INFO GET /v2/People/\$count status=200 ms=\S+ statements=1 sql_ms=\S+ rows=1 caller=anonymous address=127.0.0.1 request_id=mine\n"
        assert re.fullmatch(shown, capsys.readouterr().err)

    def test_of_a_batch(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        parts = {"requests": [{"id": str(number), "method": "get", "url": "People/$count"} for number in range(3)]}
        make(log="json").post("/v4/$batch", json=parts)
        (line,) = lines(capsys)
        assert (line["message"], line["statements"]) == ("POST /v4/$batch", 3)

    @pytest.mark.parametrize(
        "asked, told",
        [
            (f"/v4/People?$filter=Name eq '{SECRET}' or startswith(Name,'{SECRET}''s')", "/v4/People?$filter=Name eq ? or startswith(Name,?)"),
            (f"/v4/People({ADA})/Addresses", "/v4/People(?)/Addresses"),
            (f"/v2/People(guid'{ADA}')/Name/$value", "/v2/People(?)/Name/$value"),
            (f"/v4/People/{SECRET}", "/v4/People/?"),
            (f"/v4/People?$search={SECRET}", "/v4/People?$search=?"),
            (f"/v4/People?{SECRET}={SECRET}&@p='{SECRET}'&tenant=12", "/v4/People?"),
            (f"/v4/People?$filter=Name eq '{SECRET}", "/v4/People?$filter=Name eq ?"),
            (f'/v4/People?$filter=Name in ["{SECRET}"]', "/v4/People?$filter=Name in"),
            (f"/v4/People?$filter={SECRET} eq 5", "/v4/People?$filter=? eq ?"),
            (f"/{SECRET}", "/?"),
            (f"/v4/%0A{SECRET}?$filter=%0D%0A", "/v4/?"),
            (f"/tables/person/{SECRET}", "/tables/person/?"),
        ],
    )  # fmt: skip
    def test_have_no_values(self, make: Make, capsys: pytest.CaptureFixture[str], asked: str, told: str) -> None:
        make(log="json").get(asked)
        said = capsys.readouterr().err
        assert SECRET not in said and ADA not in said
        assert json.loads(said)["message"].lower().startswith(f"GET {told}".lower())

    def test_of_mistakes_have_the_id(
        self, make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = make(log="json")
        monkeypatch.setattr("odata_service.reads.Reads.read", lambda *_: 1 / 0)
        assert client.get("/v4/People", headers={"X-Request-ID": "mine"}).status_code == 500
        mistake, request = lines(capsys)
        assert (mistake["level"], mistake["request_id"], request["status"]) == ("ERROR", "mine", 500)
        assert "ZeroDivisionError" in mistake["exception"]

    def test_of_slow_statements(
        self, make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(layers, "SlowLog", lambda _ms: SlowLog(0))
        client = make(log="json", slow_ms=1)
        client.get(f"/v4/People?$filter=Name eq '{SECRET}'", headers={"X-Request-ID": "mine"})
        client.post("/v4/AddressTypes", json={"AddressTypeId": 50, "Name": SECRET})
        said = capsys.readouterr().err
        assert SECRET not in said
        slow = [line for line in map(json.loads, said.splitlines()) if line["logger"] == "odata_service.slow"]
        assert slow[0]["message"].startswith("slow statement: SELECT") and slow[0]["request_id"] == "mine"
        assert any(line["message"].startswith('slow statement: INSERT INTO "AddressType"') for line in slow)

    def test_slow_is_from_so_many_milliseconds_on(self, caplog: pytest.LogCaptureFixture) -> None:
        for seconds in (0.0099, 0.01):
            SlowLog(10).statement("SELECT 1", seconds)
        assert [record.getMessage() for record in caplog.records] == ["slow statement: SELECT 1"]

    def test_settings_that_cannot_be(self, make: Make) -> None:
        with pytest.raises(ConfigurationError, match="log is text or json, not 'xml'"):
            make(log="xml")


def figures(text: str) -> dict[str, float]:
    """``{'odata_rows_total': 12.0, …}``"""
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
    }


class TestMetrics:
    def test_figures(self, make: Make) -> None:
        client = make(metrics=True)
        for target in ("/v4/People?$top=1", "/v4/People?$top=2", "/v4/Peopel", "/v4/wp-admin", "/nowhere"):
            client.get(target)
        client.open("/v4/People", method="PROPFIND")
        client.post("/v4/$batch", json={"requests": [{"id": "1", "method": "get", "url": "AddressTypes"}]})
        answer = client.get("/-/metrics")
        found = figures(answer.text)
        requests = 'odata_requests_total{method="%s",protocol="v4",set="%s",status="%s"}'
        assert answer.content_type.startswith("text/plain")
        assert found[requests % ("GET", "People", 200)] == 2
        assert found[requests % ("GET", "other", 404)] == 2
        assert found[requests % ("other", "People", 405)] == 1
        assert found[requests % ("GET", "AddressTypes", 200)] == found[requests % ("POST", "$batch", 200)] == 1
        assert found['odata_request_seconds_count{method="GET",status="404"}'] == 3
        assert found['odata_plans_total{found="made"}'] == 2 and found['odata_plans_total{found="cached"}'] == 1
        assert found["odata_statement_seconds_count"] == 3
        assert found["odata_rows_total"] >= 6
        assert found["odata_pool_connections_in_use"] == 0 < found["odata_pool_connections_most"]
        assert found["odata_requests_under_way"] == 1  # that for the figures

    def test_token(self, make: Make) -> None:
        client = make(metrics=True, metrics_token="open sesame")
        for token in ("", "Bearer", "Bearer open", "open sesame", "Bearer é"):
            assert client.get("/-/metrics", headers={"Authorization": token}).status_code == 401
        assert client.get("/-/metrics", headers={"Authorization": "Bearer open sesame"}).status_code == 200

    def test_off_unless_said(self, make: Make) -> None:
        assert make().get("/-/metrics").status_code == 404

    def test_of_all_workers(self, serve: Any) -> None:
        """Each worker that is asked tells of all; one that is replaced takes nothing along."""
        serving: Serving = serve("--workers", "3", "--set", "metrics=true", "--set", "recycle=12")
        for _ in range(30):
            serving.get("People/$count")
        counted = 'odata_requests_total{method="GET",protocol="v2",set="People",status="200"} 30.0'
        for _ in range(6):
            asked = serving.raw(b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").decode()
            assert counted in asked


class TestSpans:
    @pytest.fixture
    def spans(self, monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
        exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        monkeypatch.setattr(trace, "get_tracer", partial(trace.get_tracer, tracer_provider=provider))
        return exporter

    def test_a_request_and_its_statements(self, make: Make, spans: InMemorySpanExporter) -> None:
        parent = "b7ad6b7169203331"
        client = make(otel=True)
        client.get(
            f"/v4/People?$filter=Name ne '{SECRET}'&$expand=Addresses",
            headers={"traceparent": f"00-{TRACE}-{parent}-01"},
        )
        *statements, request = spans.get_finished_spans()
        assert [each.name for each in (*statements, request)] == ["SELECT", "SELECT", "GET People"]
        assert parent_of(request) == (TRACE, parent)
        assert {parent_of(each) for each in statements} == {(TRACE, f"{request.context.span_id:016x}")}
        assert request.attributes["http.response.status_code"] == 200 and request.attributes["odata.statements"] == 2
        assert not any(SECRET in each.to_json() for each in (*statements, request))

    def test_without_a_library(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("odata_service.web.traces.trace", None)
        with pytest.raises(ConfigurationError, match="pip install"):
            make(otel=True)


def parent_of(span: ReadableSpan) -> tuple[str, str]:
    assert span.parent is not None
    return f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}"
