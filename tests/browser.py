"""Debian's Chromium without a window, for clients that live in a browser. Playwright drives it: one browser serves all tests of a
process, and each has a device of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools import program

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page, Playwright

SECONDS = 60
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic")
WIDE = (1200, 800)
# Playwright itself would wait for ever.
FUNCTION = """
async (args) => {{
  const late = new Promise((_, fail) => setTimeout(fail, {milliseconds}, new Error("the page takes too long")))
  return Promise.race([late, (async () => {{ {body} }})()])
}}
"""


@dataclass
class Browser:
    """One tab, with cookies and databases that no other device has. What goes beyond these few words is asked of ``page``."""

    page: Page
    _said: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext) -> Browser:
        browser = cls(context.pages[0] if context.pages else context.new_page())
        context.on("console", lambda line: browser._said.append(line.text) if line.type == "error" else None)
        context.on("weberror", lambda thrown: browser._said.append(str(thrown.error)))
        return browser

    def open(self, url: str) -> None:
        self.page.goto(url)

    def run(self, script: str, *args: object) -> Any:
        """What the body of an asynchronous function returns: ``browser.run("return await f(args[0])", 1)``."""
        return self.page.evaluate(FUNCTION.format(milliseconds=SECONDS * 1000, body=script), list(args))

    def errors(self) -> list[str]:
        """What its tabs have said on their consoles since they were asked for last."""
        said, self._said[:] = list(self._said), []
        return said

    def screenshot(self, file: Path, width: int = WIDE[0], height: int = WIDE[1]) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.screenshot(path=file)
        self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

    def reach(self, is_there: bool) -> None:
        """Chromium's own switch for the network: no request leaves, and the pages are told."""
        self.page.context.set_offline(not is_there)

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.reach(False)
        try:
            yield
        finally:
            self.reach(True)

    @contextmanager
    def tab(self) -> Iterator[Browser]:
        """Another one of the same device."""
        other = Browser(self.page.context.new_page(), self._said)
        yield other
        other.page.close()

    def kill(self) -> None:
        """The tab's process ends without a word, as if the system had wanted its memory. A new tab takes its place."""
        from playwright.sync_api import Error

        with self.page.expect_event("crash"), suppress(Error):
            self.page.goto("chrome://kill")
        killed, self.page = self.page, self.page.context.new_page()
        killed.close()

    def allow(self, origin: str, *permissions: str) -> None:
        """These and no others."""
        self.page.context.grant_permissions(permissions, origin=origin)

    def room(self, origin: str, size: int | None) -> None:
        """How many bytes the origin may keep from now on; None is what the browser finds right."""
        asked = {"origin": origin} if size is None else {"origin": origin, "quotaSize": size}
        self.page.context.new_cdp_session(self.page).send("Storage.overrideQuotaForOrigin", asked)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright  # here, for it takes half a second, which most tests need not wait

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    browser = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=FLAGS)
    yield browser
    browser.close()


@contextmanager
def new_device(chromium: Chromium) -> Iterator[Browser]:
    """With nothing in it. It keeps all in memory."""
    context = chromium.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    yield Browser.of(context)
    context.close()


@contextmanager
def kept_device(playwright: Playwright, profile: Path) -> Iterator[Browser]:
    """With what was left in the folder, in a browser of its own."""
    kind = playwright.chromium
    context = kind.launch_persistent_context(profile, executable_path=program("chromium", "chromium"), args=FLAGS)
    yield Browser.of(context)
    context.close()


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Browser]:
    with new_device(chromium) as device:
        yield device
