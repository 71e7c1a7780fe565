"""The sample field-notes in Chromium: it starts offline, takes notes there, and sends them later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.browser import Browser
from tests.offline_browser.conftest import UNTIL, Page
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

WORDS = """
const titles = () => [...document.querySelectorAll(".card h2 span:first-child")].map((each) => each.textContent)
const pill = () => document.querySelector("#network").textContent
const press = (text) => [...document.querySelectorAll("button")].find((each) => each.textContent === text && each.offsetParent).click()
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    serving = Serving.start(tmp_path_factory.mktemp("field-notes"), "--sample", "field-notes", "--workers", "1")
    try:
        yield serving.greeting[0].split(" at ")[1].split("/api/")[0]
    finally:
        serving.stop()


@contextmanager
def page_offline(page: Tab) -> Iterator[None]:
    """``Browser.offline`` is about service workers, too; this is about the page alone."""
    session = page.context.new_cdp_session(page)
    speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {"offline": True, **speed})
    yield
    session.send("Network.emulateNetworkConditions", {"offline": False, **speed})


class Notes(Page):
    def do(self, script: str, *args: object) -> Any:
        return self.run(UNTIL + WORDS + script, *args)


@pytest.fixture
def app(browser: Browser, root: str) -> Notes:
    page = Notes(browser, root)
    browser.allow(root)  # no background sync: the page itself is to send what is left
    page.browser.open(f"{root}/app/")
    return page


def test_a_day_in_the_field(app: Notes, root: str) -> None:
    assert (
        len(app.do("await until(() => titles().length === 5); await navigator.serviceWorker.ready; return titles()"))
        == 5
    )
    app.do("await until(() => navigator.serviceWorker.controller)")
    with app.browser.offline():
        app.browser.open(f"{root}/app/")  # from the service worker
        app.do("""
            await until(() => titles().length === 5 && pill() === "Offline")
            press("New note")
            const { elements } = document.querySelector("#editor form")
            elements.title.value = "Wheatear on the wall"
            elements.individuals.value = "9007199254740993"
            press("Save")
            await until(() => titles().includes("Wheatear on the wall") && pill() === "Offline · 1 to send")
            document.querySelector("#search").value = "wall"
            document.querySelector("#search").dispatchEvent(new Event("input"))
            await until(() => titles().length === 1 && document.querySelector("#count").textContent === "1 note")
        """)
        app.browser.open(f"{root}/app/")
        app.do('await until(() => titles().includes("Wheatear on the wall"))')
    app.do('await until(() => pill() === "Online" && !document.querySelector(".tag.pending, .tag.sent"))')
    (note,) = httpx.get(f"{root}/v4/Notes?$filter=startswith(Title,'Wheatear')").json()["value"]
    assert (note["Individuals"], note["Kind"]) == (9007199254740993, "bird")
    assert [line for line in app.browser.errors() if "ERR_INTERNET_DISCONNECTED" not in line] == []


def test_a_note_that_was_changed_elsewhere(app: Notes, root: str) -> None:
    app.do('await until(() => titles().includes("First frost") && pill() === "Online")')
    with app.browser.offline():
        app.do("""
            await until(() => pill() === "Offline")
            ;[...document.querySelectorAll(".card")].find((each) => each.textContent.includes("First frost")).click()
            document.querySelector("#editor form").elements.text.value = "Ice on the butt, thick as a coin."
            press("Save")
            await until(() => pill() === "Offline · 1 to send")
        """)
        frost = httpx.get(f"{root}/v4/Notes?$filter=Title eq 'First frost'").json()["value"][0]["NoteId"]
        httpx.patch(f"{root}/v4/Notes({frost})", json={"Text": "Ice, 2 mm.", "Temperature": -2}).raise_for_status()
    app.do("""
        await until(() => document.querySelector("#asked").offsetParent)
        press("Decide")
        const sides = await until(() => document.querySelectorAll("#decision[open] .side"))
        if (sides.length !== 2) throw new Error(document.querySelector("#decision").textContent)
        press("Keep this")
        await until(() => pill() === "Online" && !document.querySelector("#asked").offsetParent)
    """)
    found = httpx.get(f"{root}/v4/Notes({frost})").json()
    assert (found["Text"], found["Temperature"]) == ("Ice on the butt, thick as a coin.", -2.0)


def test_the_service_worker_sends_what_is_left(app: Notes, root: str) -> None:
    app.do('await until(() => pill() === "Online"); await navigator.serviceWorker.ready')
    app.browser.allow(root, "background-sync")
    with page_offline(app.browser.page):
        app.do("""
            await until(() => pill() === "Offline")
            await fieldNotes.set("Notes").add({ title: "Left behind", kind: "other" })
            await until(async () => (await fieldNotes.queue()).length === 0)
        """)
    assert httpx.get(f"{root}/v4/Notes/$count?$filter=Title eq 'Left behind'").text == "1"


def test_every_module_is_kept_for_the_time_without_a_network() -> None:
    folder = Path(__file__).parents[2] / "odata_service/browser"
    _, _, after = (folder / "worker.js").read_text().partition("MODULES = [")
    kept = after.partition("]")[0].replace('"', "").replace(",", " ").split()
    assert sorted(kept) == sorted(each.name for each in folder.glob("*.js"))
