"""Values of more than one line in the explorer: files, collections of values and of structures, flags."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from odata_service import ODataService
from odata_service.config import Settings
from odata_service.start import Published, published
from odata_service.web.app import application
from tests.browser import new_device
from tests.explorer import Explorer
from tests.types_v4 import workshop

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
CHOOSE = """
const [label, name, type, octets] = args
const field = [...document.querySelectorAll("input[type=file]")].find((each) => each.labels[0].textContent === label)
const files = new DataTransfer()
files.items.add(new File([Uint8Array.from(atob(octets), (each) => each.charCodeAt(0))], name, { type }))
field.files = files.files
"""
NO_DIALOG = "!document.querySelector('dialog')"


class Served(Explorer):
    """What the service has, as well as what is seen of it."""

    def asked(self, url: str) -> Any:
        script = "const answer = await fetch(args[0]); return [answer.status, answer.headers.get('Content-Type'), await answer.text()]"
        return self.browser.run(script, f"{self.home}v4/{url}")

    def value(self, url: str) -> Any:
        return self.browser.run("return (await fetch(args[0])).json()", f"{self.home}v4/{url}")

    def choose(self, label: str, name: str, kind: str) -> None:
        self.browser.run(CHOOSE, label, name, kind, PICTURE)

    def save(self) -> None:
        self.click("Save", "dialog")
        self.seen(f"{NO_DIALOG} || document.querySelector('dialog .error')")

    @property
    def refusals(self) -> list[str]:
        return self.browser.run("return [...document.querySelectorAll('.error')].map((each) => each.textContent)")  # type: ignore[no-any-return]


def served(what: Published, chromium: Chromium) -> Iterator[Served]:
    server = make_server("127.0.0.1", 0, application(what, Settings()), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with new_device(chromium) as browser:
        yield Served(browser, f"http://127.0.0.1:{server.port}/")
        assert browser.errors() == []
    server.shutdown()
    server.server_close()
    what.service.engine.dispose()


@pytest.fixture
def store(tmp_path: Any, chromium: Chromium) -> Iterator[Served]:
    yield from served(published(Settings(sample="techstore", database_url=f"sqlite:///{tmp_path}/store.db")), chromium)


@pytest.fixture
def tools(tmp_path: Any, chromium: Chromium) -> Iterator[Served]:
    engine = create_engine(f"sqlite:///{tmp_path}/workshop.db")
    workshop.Base.metadata.create_all(engine)
    with Session(engine) as session:
        workshop.fill(session)
        session.commit()
    service = workshop.configured(ODataService(workshop.Base, engine, namespace="Workshop"))
    yield from served(Published("workshop", service, {"/v4": "v4"}, "/v4/Tools"), chromium)


def test_an_entity_is_made_of_a_file(store: Served) -> None:
    store.open("MediaItems")
    store.click("New")
    store.save()
    assert store.refusals == [" a file is needed: it is what the rest is about"]
    store.choose("Content", "Häfen.png", "image/png")
    store.save()
    (made,) = store.value("MediaItems?$filter=ContentType eq 'image/png' and Size lt 100")["value"]
    assert (made["Name"], made["Size"]) == ("Häfen.png", 70)
    store.edit("Häfen.png")
    store.seen("document.querySelector('dialog .stream img')?.naturalWidth === 1")  # a picture of it
    store.fill("Name", "Harbours")
    store.choose("Content", "ports.gif", "image/gif")
    store.save()
    status, kind, _ = store.asked(f"MediaItems({made['ID']})/$value")
    assert (status, kind, store.value(f"MediaItems({made['ID']})")["Name"]) == (200, "image/gif", "Harbours")
    with store.browser.page.expect_download() as download:
        store.click("Download Harbours")
    assert download.value.suggested_filename.startswith("Harbours") and download.value.path().stat().st_size == 70


def test_a_file_among_the_properties(store: Served) -> None:
    store.open("Products", select=["Name"], orderby=[["Name", False]])
    product = store.value("Products?$top=1&$orderby=Name")["value"][0]
    photo = f"Products({product['ID']})/Photo"
    store.edit(product["Name"])
    store.seen("document.querySelector('dialog .stream').textContent === 'nothing yet'")
    store.choose("Photo", "photo.png", "image/png")
    store.fill("Name", "Mug")
    store.save()
    assert store.asked(photo)[:2] == [200, "image/png"]
    store.edit("Mug")
    store.seen("document.querySelector('dialog .stream img')")
    store.browser.run("document.querySelector('dialog .stream input[type=checkbox]').click()")
    store.save()
    assert store.asked(photo)[0] == 204


def test_flags_are_chosen_one_by_one(store: Served) -> None:
    store.open("Products", select=["Name", "Status"], orderby=[["Name", False]])
    product = store.value("Products?$top=1&$orderby=Name")["value"][0]
    store.edit(product["Name"])
    checked = "return [...document.querySelectorAll('dialog [role=group] input:checked')].map((each) => each.parentNode.textContent.trim())"
    assert store.browser.run(checked) == product["Status"].split(",")
    store.browser.run("document.querySelectorAll('dialog [role=group] input:not(:checked)')[0].click()")
    chosen = store.browser.run(checked)
    store.save()
    assert set(store.value(f"Products({product['ID']})")["Status"].split(",")) == set(chosen)


def test_values_of_a_collection_come_and_go(tools: Served) -> None:
    seen = tools.open("Tools", select=["Name", "Tags", "Sizes", "Places"])
    assert seen["rows"][0][1:4] == ["Hammer", "heavy, red, new", "3, 1, 2"]
    assert seen["rows"][0][4].startswith("Street Main St; City Bonn; Rating 3, City Berlin")
    before = tools.value("Tools(1)")
    tools.edit("Hammer")
    tools.fill("Tags 1", "light")
    tools.click("Remove Tags 2")
    tools.click("Add to Tags")
    tools.fill("Tags 3", "old")
    tools.click("Add to Sizes")
    tools.fill("Sizes 4", "7")
    tools.fill("Colours 1", "Green")
    tools.save()
    after = tools.value("Tools(1)")
    changed = {"Tags": ["light", "new", "old"], "Sizes": [3, 1, 2, 7], "Colours": ["Green", *before["Colours"][1:]]}
    assert {**before, **changed, "Version": after["Version"]} == {**after, "@odata.etag": before["@odata.etag"]}


def test_structures_of_a_collection(tools: Served) -> None:
    tools.open("Tools", select=["Name"])  # what is not seen is there, too
    before = tools.value("Tools(1)")
    tools.edit("Hammer")
    tools.click("Add to Places")
    tools.browser.run(
        "const group = [...document.querySelectorAll('[aria-label^=\"Places \"]')].at(-1);"
        "const [, city, rating] = group.querySelectorAll('input, textarea'); city.value = 'Rome'; rating.value = '5'"
    )
    tools.save()
    after = tools.value("Tools(1)")
    assert after["Places"] == [*before["Places"], {"Street": None, "City": "Rome", "Rating": 5}]
    assert after["Checks"] == before["Checks"]
