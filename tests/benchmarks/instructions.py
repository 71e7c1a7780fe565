"""How many instructions a fixed list of requests takes, beside what was recorded last: a figure that no busy machine changes. ::

    make check-speed                                    fails where a request takes 5 % more
    python -m tests.benchmarks.instructions --record    the new record

All run in one process under callgrind, whose counter is set to zero when a request is warm and read when it has run some times.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from odata_service import Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.protocol import PROTOCOLS
from odata_service.start import published

RECORD = Path(__file__).with_name("instructions.json")
TOLERANCE = 1.05
WARM, TIMES = 5, 20  # repetitions before, and while it is counted
ADA = "0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001"
REQUESTS = {
    "V2 entity by key": ("v2", f"People(guid'{ADA}')"),
    "V2 page": ("v2", "People?$filter=Name ge 'B'&$orderby=Name&$top=10"),
    "V2 page with $expand": ("v2", "People?$orderby=Name&$top=10&$expand=Addresses"),
    "V2 $count": ("v2", "People/$count?$filter=Name eq 'Ada Lovelace'"),
    "V4 entity by key": ("v4", f"People({ADA})"),
    "V4 page": ("v4", "People?$filter=Name ge 'B'&$orderby=Name&$top=10"),
    "V4 page with $expand": ("v4", "People?$orderby=Name&$top=10&$expand=Addresses"),
    "V4 $count": ("v4", "People/$count?$filter=Name eq 'Ada Lovelace'"),
    "V4 unseen $filter": ("v4", "People?$filter=Name eq '{}' or startswith(Name,'x{}')&$top=1"),
    "V4 unseen shape": ("v4", "People?$filter=Name {0} 'Ann' and Name {1} 'Somebody' or length(Name) {2} 40&$top=1"),
}
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_TOTAL = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


def run() -> None:
    """In the process that is measured: each request, and a dump of the counter after it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(sample="people", database_url=f"sqlite:///{folder}/people.db")
        service = published(settings).service
        for name, (protocol, url) in REQUESTS.items():
            for number in range(WARM):
                _ask(service, protocol, url, number)
            _control("--zero")
            for number in range(WARM, WARM + TIMES):
                _ask(service, protocol, url, number)
            _control(f"--dump={name}")


def _ask(service: ODataService, protocol: str, url: str, number: int) -> None:
    url = url.replace("{}", str(number))
    for place in range(3):  # others each time
        url = url.replace(f"{{{place}}}", COMPARISONS[number // len(COMPARISONS) ** place % len(COMPARISONS)])
    target, _, query = url.replace(" ", "%20").partition("?")
    answer = service.handle(
        ODataRequest(PROTOCOLS[protocol], "GET", target, query, Headers({"Accept": "application/json"}))
    )
    assert answer.status == 200, answer.body


def _control(what: str) -> None:
    subprocess.run(["callgrind_control", what, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)


def counted() -> dict[str, int]:
    """Instructions of one request of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"--callgrind-out-file={folder}/out"
        command = ["valgrind", "--tool=callgrind", out, sys.executable, "-m", "tests.benchmarks.instructions", "--run"]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        dumps = [(Path(folder) / f"out.{number}").read_text() for number in range(1, len(REQUESTS) + 1)]
    return {name: _total(dump) // TIMES for name, dump in zip(REQUESTS, dumps, strict=True)}


def _total(dump: str) -> int:
    found = _TOTAL.search(dump)
    assert found is not None, dump[:500]
    return int(found[1])


@click.command()
@click.option("--record", is_flag=True, help="keep what is counted as the new record")
@click.option("--run", "running", is_flag=True, hidden=True)
def main(record: bool, running: bool) -> None:
    """Count instructions, and fail where there are 5 % more than were recorded."""
    if running:
        run()
        return
    known: dict[str, int] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    found = counted()
    slower = [name for name, count in found.items() if count > known.get(name, count) * TOLERANCE]
    for name, count in found.items():
        click.echo(f"{name:<28}{count:>12,} instructions{count / known.get(name, count):>8.3f}")
    if record:
        RECORD.write_text(json.dumps(found, indent=2) + "\n")
    elif slower:
        raise SystemExit(f"slower than recorded: {', '.join(slower)}")


if __name__ == "__main__":
    main()
