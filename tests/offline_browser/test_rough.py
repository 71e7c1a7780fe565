"""What happens to a device in the field, beyond the scenarios: the server dies, the disk is full while there is much to fetch;
and several tabs, several profiles and locked stores."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from odata_service.sample import sample_named
from tests.browser import Browser, new_device
from tests.offline_browser.conftest import Page, Server, serving
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

MANY = 3_000


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The field notes, and three thousand more."""
    with serving(tmp_path_factory.mktemp("notes"), "field-notes") as running:
        for _ in sample_named("field-notes").generate(running.service.engine, MANY):
            pass
        yield running


@pytest.fixture
def notes(browser: Browser, field: Server) -> Page:
    return opened(Page(browser, field.root))


def opened(notes: Page) -> Page:
    notes.open().run('globalThis.about = { set: "Notes", key: "noteId" }')
    return notes


NOTES = '{ sets: { Notes: { key: "noteId", indexes: ["kind"] } } }'


def test_a_full_disk(notes: Page) -> None:
    """Nothing is half written, the application is told, and when there is room it goes on."""
    notes.browser.room(notes.root, 1_000_000)
    added, synced, told, queue, count, titles = notes.run(f"""
        const full = device("full", {NOTES}), notes = full.set("Notes")
        await notes.add({{ title: "kept", kind: "bird" }})
        const noise = Array.from({{ length: 100_000 }}, () => Math.random().toString(36)).join("")  // which cannot be packed
        const added = await notes.add({{ title: "lost", kind: "bird", text: noise }}).catch((error) => error.name)
        const queue = await full.queue()
        const synced = await full.sync().catch((error) => error.name)
        const {{ value }} = await notes.query({{ filter: "title in ('kept', 'lost')" }})
        return [added, synced, full.told.map(({{ type }}) => type), queue.length, await notes.count(), value.map(({{ title }}) => title)]
    """)
    assert (added, synced, told, queue, titles) == ("QuotaExceeded", "QuotaExceeded", ["quota", "quota"], 1, ["kept"])
    assert 0 < count < MANY and count % 500 in (0, 1)  # whole pages, with what was kept among them or beside them
    notes.browser.room(notes.root, None)
    notes.run(f'await device("full", {NOTES}).sync()')
    notes.settled("full")


def test_a_server_that_dies_while_it_is_pushed_to(browser: Browser, tmp_path: Path) -> None:
    """The device sends the same again, and each operation is done once."""
    port = free_port()
    server = serve(tmp_path, port)
    try:
        page = Page(browser, f"http://127.0.0.1:{port}").open()
        page.run("""
            const pushing = device("pushing")
            await pushing.sync()
            await pushing.set("Orders").addAll(Array.from({ length: 40 }, (_, number) => (
              { localId: `pushed-${number}`, customerName: "P", status: "1" })))
            globalThis.going = pushing.sync().catch((error) => error.name)
            await new Promise((go) => setTimeout(go, 30))
        """)
        kill(server)
        page.run('await going; await device("pushing").set("Orders").update("order-ada", { status: "killed" })')
        server = serve(tmp_path, port)
        found = page.settled("pushing")
        assert found["order-ada"]["status"] == "killed"
        assert sum(key.startswith("pushed-") for key in found) == 40
    finally:
        server.stop()


def free_port() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return str(listening.getsockname()[1])


def serve(folder: Path, port: str) -> Serving:
    return Serving.start(folder, "--sample", "orders", "--workers", "1", "--port", port)


def kill(server: Serving) -> None:
    """Master and worker, without a word."""
    workers = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for process in (server.process.pid, *map(int, workers)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    server.process.communicate(timeout=20)


def test_two_profiles_are_two_devices(page: Page, chromium: Chromium) -> None:
    page.run("""
        const here = device("same name")
        await here.set("Orders").add({ localId: "profile", customerName: "P", status: "1" })
        await here.sync()
    """)
    with new_device(chromium) as other:
        there = Page(other, page.root).open()
        there.run(
            'await device("same name").sync(); await device("same name").set("Orders").update("profile", { status: "2" })'
        )
        page.run('await device("same name").set("Orders").update("profile", { customerName: "Q" })')
        assert there.settled("same name")["profile"]["status"] == "2"
        found = page.settled("same name")
        assert (found["profile"]["status"], found["profile"]["customerName"]) == ("2", "Q")
        assert there.settled("same name") == found


def test_two_tabs_of_one_application(page: Page) -> None:
    """Both edit and both synchronise; each operation is sent once, and a query in one tab sees what the other does."""
    page.run("""
        globalThis.seen = []
        device("tabs").set("Orders").live({ filter: "customerName eq 'Tab'", orderby: "localId" },
          ({ value }) => seen.push(value.map(({ localId, id }) => `${localId}${id ? "!" : ""}`).join(" ")))
        await device("tabs").sync()
    """)
    with page.browser.tab() as tab:
        Page(tab, page.root).open().run("""
            const orders = device("tabs").set("Orders")
            for (const localId of ["tab-1", "tab-2"]) await orders.add({ localId, customerName: "Tab", status: "1" })
            globalThis.going = device("tabs").sync()
        """)
        before, pushes = page.run("""
            const added = device("tabs").set("Orders").add({ localId: "tab-3", customerName: "Tab", status: "1" })
            const outcome = await device("tabs").sync()
            await added
            await device("tabs").sync()
            while (seen.at(-1) !== "tab-1! tab-2! tab-3!") await new Promise((go) => setTimeout(go, 10))
            return [seen[0], requests.filter((each) => each === "POST ").length]
        """)
        assert before == "" and pushes <= 2
        page.settled("tabs")


def test_a_locked_store(page: Page) -> None:
    """Nothing of an encrypted set can be read on the disk, and nothing is done without the passphrase."""
    sealed = '{ sets: { Orders: { key: "localId", encrypted: true } } }'
    stored = page.run(f"""
        const safe = device("safe", {sealed}), orders = safe.set("Orders")
        const locked = await orders.add({{ customerName: "x", status: "1" }}).catch((error) => error.name)
        await safe.unlock("correct horse")
        await safe.sync()
        await orders.add({{ localId: "secret", customerName: "Secret", status: "1" }})
        await orders.update("order-brian", {{ status: "Secret" }})
        const open = indexedDB.open("safe")
        const rows = await new Promise((go) => (open.onsuccess = async () => {{
          const names = ["Orders", "changesQueue", "serverRecords"], found = []
          for (const name of names) {{
            const all = open.result.transaction(name).objectStore(name).getAll()
            found.push(...(await new Promise((done) => (all.onsuccess = () => done(all.result)))))
          }}
          open.result.close()
          go(found)
        }}))
        const text = JSON.stringify(rows, (name, value) => (value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value))
        return [locked, rows.length > 5, /Secret|Brian|Pending/.test(text), (await orders.query({{ filter: "status eq 'Secret'" }})).value.length]
    """)
    assert stored == ["Locked", True, False, 1]
    page.open()
    found = page.run(f"""
        const safe = device("safe", {sealed}), orders = safe.set("Orders")
        const closed = await orders.get("secret").catch((error) => error.name)
        const outcome = await safe.sync()
        const wrong = await safe.unlock("correct mouse").catch((error) => error.name)
        const pending = (await safe.status()).pending
        await safe.unlock("correct horse")
        return [closed, outcome.pushed, wrong, pending, (await orders.get("secret")).customerName]
    """)
    assert found == ["Locked", 0, "Locked", 2, "Secret"]
    assert page.settled("safe")["secret"]["customerName"] == "Secret"


def test_every_digit_stays(notes: Page) -> None:
    """Int64 and Decimal are strings, which JavaScript does not round."""
    digits = notes.run("""
        const exact = device("exact", { sets: { Notes: { key: "noteId", filter: "title eq 'digits'" } } }), notes = exact.set("Notes")
        const added = await notes.add({ title: "digits", kind: "other", individuals: "9007199254740993", temperature: "-0.1" })
        await exact.sync()
        const { individuals, temperature } = await notes.get(added.noteId)
        const { value } = await notes.query({ filter: "individuals eq 9007199254740993 and temperature lt 0" })
        return [individuals, temperature, value.length]
    """)
    assert digits == ["9007199254740993", "-0.1", 1]


def test_the_lock_is_never_held_while_the_network_is_waited_for(page: Page) -> None:
    """An edit during a synchronisation that hangs is done at once, and is not lost."""
    page.run("""
        const phone = device("hanging"), orders = phone.set("Orders")
        await phone.sync()
        let go
        faults.push({ method: "GET", path: "Orders", hold: new Promise((done) => (go = done)) })
        const going = phone.sync()
        while (faults.length) await new Promise((done) => setTimeout(done, 5))
        await orders.add({ localId: "meanwhile", customerName: "M", status: "1" })
        await orders.update("meanwhile", { status: "2" })
        go()
        await going
    """)
    assert page.settled("hanging")["meanwhile"]["status"] == "2"
