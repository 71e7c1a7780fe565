"""The Angular application of the orders sample in Chromium: offline, in conflict with another client, synchronised."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.browser import Browser
from tests.offline_browser.conftest import UNTIL, Page, serving
from tests.serving import CHECKOUT
from tests.tools import program, unavailable

APP = CHECKOUT / "samples" / "orders" / "app"
MODULES = CHECKOUT / "odata_service" / "browser"
SOURCES = ("package.json", "angular.json", "tsconfig.json", "src", "public")
SECONDS = 400
WORDS = """
const text = (selector) => [...document.querySelectorAll(selector)].map((each) => each.textContent.trim().replace(/\\s+/g, " "))
const names = () => text(".orders .name")
const network = () => text(".network")[0]
const named = (label) => [...document.querySelectorAll("button, a")].find((each) => each.textContent.trim() === label && each.offsetParent)
const press = async (label) => (await until(() => named(label)?.disabled ? null : named(label))).click()
const row = (name) => [...document.querySelectorAll(".orders li")].find((each) => each.querySelector(".name")?.textContent === name)
const write = (selector, value) => {
  const field = document.querySelector(selector)
  field.value = value
  field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"))
}
"""


def built(folder: Path) -> Path:
    """The application, built anew when something of it has changed."""
    files = [file for name in SOURCES for file in [*sorted((APP / name).rglob("*")), APP / name] if file.is_file()]
    files += sorted(MODULES.glob("*.js"))
    stamp, digest = folder / "built", hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return folder / "dist"
    for name in SOURCES:
        copy = shutil.copytree if (APP / name).is_dir() else shutil.copy
        copy(APP / name, folder / name, **({"dirs_exist_ok": True} if copy is shutil.copytree else {}))
    package = json.loads((APP / "package.json").read_text())
    package["dependencies"]["odata-service-offline"] = f"file:{MODULES}"
    (folder / "package.json").write_text(json.dumps(package))
    # npm takes a copy with the same version for the same, whatever is in it.
    shutil.rmtree(folder / "node_modules" / "odata-service-offline", ignore_errors=True)
    install = [program("npm", "npm"), "install", "--silent", "--no-audit", "--no-fund", "--install-links"]
    if subprocess.run(install, cwd=folder, timeout=SECONDS, check=False).returncode:
        unavailable("npm could not install Angular")
    done = subprocess.run(
        ["npx", "ng", "build"], cwd=folder, timeout=SECONDS, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    stamp.write_text(digest)
    return folder / "dist"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    pages = built(request.config.cache.mkdir("orders-app"))  # type: ignore[union-attr]
    with serving(tmp_path_factory.mktemp("orders"), "orders", pages) as server:
        yield server.root


class Orders(Page):
    def do(self, script: str, *args: object) -> Any:
        return self.run(UNTIL + WORDS + script, *args)


@pytest.fixture
def app(browser: Browser, root: str) -> Orders:
    browser.allow(root)  # no background sync: the page itself is to send what is left
    browser.open(f"{root}/app/")
    return Orders(browser, root)


def of_another(root: str, local_id: str, status: str) -> None:
    """What somebody else does to an order."""
    body = json.dumps([{"localId": local_id, "customerName": "Ada Lovelace", "status": status}]).encode()
    with urlopen(Request(f"{root}/api/sync/sync-orders", body, {"Content-Type": "application/json"})) as answer:
        assert answer.status == 200


def on_server(root: str) -> dict[str, str]:
    with urlopen(f"{root}/v4/Orders") as answer:
        return {each["CustomerName"]: each["Status"] for each in json.load(answer)["value"]}


def look(browser: Browser, name: str) -> None:
    """Screenshots for people, wide and narrow."""
    for width, height in ((1440, 900), (360, 720)):
        browser.screenshot(CHECKOUT / "var" / f"orders_{name}_{width}.png", width, height)


def test_orders_are_taken_offline(app: Orders, root: str) -> None:
    app.do("""
        await until(() => names().includes("Ada Lovelace") && network() === "Online")
        await navigator.serviceWorker.ready
        await until(() => navigator.serviceWorker.controller)
    """)
    with app.browser.offline():
        app.browser.open(f"{root}/app/")
        app.do("""
            await until(() => names().includes("Brian O'Neil") && network() === "Offline")
            await press("New order")
            await until(() => document.querySelector("form input"))
            write("form input", "Mary Jones")
            await press("Save")
            await until(() => names().includes("Mary Jones") && network() === "Offline 1 to send")
            row("Ada Lovelace").querySelector(".name").click()
            await until(() => document.querySelector("form input")?.value === "Ada Lovelace")
            write("form select", "Shipped")
            await press("Save")
            await until(() => network() === "Offline 2 to send")
            row("Brian O'Neil").querySelector("button").click()
            await until(() => !names().includes("Brian O'Neil") && network() === "Offline 3 to send")
        """)
        look(app.browser, "offline")
        app.browser.open(f"{root}/app/#/log")
        app.do('await until(() => text(".empty")[0]?.startsWith("The log is the server"))')
        app.browser.open(f"{root}/app/")
        app.do('await until(() => names().includes("Mary Jones") && network() === "Offline 3 to send")')
    app.do('await until(() => network() === "Online" && !text("em").length)')
    assert on_server(root) == {"Mary Jones": "Pending", "Ada Lovelace": "Shipped"}
    look(app.browser, "synchronised")
    app.do('await press("Sync log"); await until(() => text("tbody tr").length)')
    look(app.browser, "log")
    assert [error for error in app.browser.errors() if "ERR_INTERNET_DISCONNECTED" not in error] == []


@pytest.mark.parametrize("side, status", [("theirs", "Cancelled"), ("mine", "Completed")])
def test_a_conflict_is_shown_and_decided(app: Orders, root: str, side: str, status: str) -> None:
    of_another(root, "order-ada", "Pending")
    app.do("""
        await press("Sync now")
        await until(() => text("[data-id=order-ada] .tag")[0] === "Pending")
        await navigator.serviceWorker.ready
    """)
    with app.browser.offline():
        app.do("""
            await until(() => network() === "Offline")
            document.querySelector("[data-id=order-ada] .name").click()
            await until(() => document.querySelector("form input")?.value === "Ada Lovelace")
            write("form select", "Completed")
            await press("Save")
            await until(() => network() === "Offline 1 to send")
        """)
        of_another(root, "order-ada", "Cancelled")
    app.do('await until(() => document.querySelector("dialog[open]"))')
    look(app.browser, f"conflict_{side}")
    assert app.do('return text(".sides .tag")') == ["Completed", "Cancelled"]
    app.do(
        """await press(`Keep ${args[0]}`)
        await until(() => !document.querySelector("dialog") && network() === "Online")
        await until(() => text("[data-id=order-ada] .tag")[0] === args[1] && !text("em").length)""",
        side, status,
    )  # fmt: skip
    assert on_server(root)["Ada Lovelace"] == status
