"""Debian's Chromium without a window, for clients that live in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools import program

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SECONDS = 60
# Without a word to anybody but the page's own server.
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --disable-sync --no-first-run
    --disable-background-networking --disable-component-update --window-size=1200,800
""".split()
ASYNCHRONOUS = """
const [args, done] = arguments
const AsyncFunction = (async () => {}).constructor
new AsyncFunction("args", %s)(args).then(
  (value) => done({ value }),
  (error) => done({ error: `${error}\\n${error?.stack}` }),
)
"""


@dataclass(frozen=True)
class Browser:
    """One page in one profile. What goes beyond these few words is asked of ``driver``."""

    driver: Chrome

    def open(self, url: str) -> None:
        self.driver.get(url)

    def run(self, script: str, *args: object) -> Any:
        """What the body of an asynchronous function returns: ``browser.run("return await f(args[0])", 1)``."""
        answer = self.driver.execute_async_script(ASYNCHRONOUS % json.dumps(script), list(args))
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def errors(self) -> list[str]:
        """What the page has said on its console since they were asked for last."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]

    def screenshot(self, file: Path) -> None:
        file.parent.mkdir(exist_ok=True)
        assert self.driver.save_screenshot(str(file))


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser that keeps its cookies and databases in a folder. Two of them are two devices."""
    from selenium import webdriver  # here, for it takes half a second, which most tests need not wait

    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
    service = webdriver.ChromeService(program("chromedriver", "chromium-driver"))
    driver = webdriver.Chrome(options, service)
    try:
        driver.set_script_timeout(SECONDS)
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """With an empty profile."""
    with chromium(tmp_path / "profile") as started:
        yield started
