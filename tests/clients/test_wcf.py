"""Microsoft's own client for WCF Data Services, ``DataServiceContext``, over real HTTP. What it does stands in ``wcf/*.cs``:
every public method of those classes is a step with a fresh database, and a test here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odata_service import ODataService
from tests.clients import mono
from tests.clients.http import served
from tests.clients.mono import Steps
from tests.service.databases import ClientOf
from tests.serving import Serving

SOURCES = Path(__file__).parent / "wcf"
STEP = re.compile(r"^    public void (\w+)\(\)$", re.MULTILINE)
# The classes of steps, and the sample they are for.
SAMPLES = {"PeopleReads": "people", "PeopleChanges": "people", "TechStoreSteps": "techstore", "BlogSteps": "blog"}
# What the service is told before a step.
SETTINGS = {"Pages": {"People": 5, "Addresses": 1}}


def steps_of(name: str) -> list[str]:
    return [f"{name}.{step}" for step in STEP.findall((SOURCES / f"{name}.cs").read_text())]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    with mono.running(SOURCES, tmp_path_factory.mktemp("wcf")) as running:
        yield running


@pytest.mark.parametrize(
    "sample, step", [(sample, step) for name, sample in SAMPLES.items() for step in steps_of(name)]
)
def test_step(steps: Steps, client_of: ClientOf, sample: str, step: str):
    client = client_of(sample)
    client.changing()
    arrange(client.service, step)
    with served(client.service) as root:
        assert steps(step, root) == "done"


@pytest.mark.parametrize("step", ["PeopleReads.Batch", "PeopleChanges.BatchOfChanges", "PeopleChanges.KeepingACopy"])
def test_under_gunicorn(steps: Steps, serve: Callable[..., Serving], step: str):
    """It waits for 100 Continue before it sends a body."""
    assert steps(step, serve("--workers", "1").root) == "done"


def arrange(service: ODataService, step: str) -> None:
    for name, sizes in SETTINGS.items():
        for entity_set, size in sizes.items() if f".{name}" in step else ():
            service.page_size(entity_set, size)


def test_there_are_steps():
    assert all(len(steps_of(name)) > 3 for name in SAMPLES)
