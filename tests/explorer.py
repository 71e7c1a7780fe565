"""The page at the host's root, in a browser, as somebody uses it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.browser import Browser

SEEN = """
const text = (each) => each.textContent.trim()
const rows = [...document.querySelectorAll("main > .scroll > table > tbody > tr:not(.below)")]
return {
  title: text(document.querySelector("h2")),
  rows: rows.map((row) => [...row.cells].map((cell) => cell.querySelector(".unseen") ? null : text(cell))),
  inner: [...document.querySelectorAll("table.inner caption")].map(text),
  addresses: [...document.querySelectorAll(".address input")].map((field) => field.value),
  errors: [...document.querySelectorAll(".error")].map(text),
  bars: [...document.querySelectorAll(".chart text")].map(text),
}
"""
WAIT = """
for (let turn = 0; turn < 200; turn += 1) {
  if (CONDITION) return true
  await new Promise((resolve) => setTimeout(resolve, 25))
}
return false
"""
CLICK = """
const [name, inside] = args
const all = [...(inside ? document.querySelector(inside) : document).querySelectorAll("button, a, summary")]
const found = all.find((each) => each.textContent.trim() === name || each.getAttribute("aria-label") === name)
if (!found) throw new Error(`no ${name} among ${all.map((each) => each.textContent.trim())}`)
found.click()
"""
FILL = """
const [label, value] = args
const found = [...document.querySelectorAll("input, select, textarea")].find((each) =>
  each.getAttribute("aria-label") === label || [...(each.labels ?? [])].some((one) => one.textContent.trim() === label))
if (!found) throw new Error(`no field ${label}`)
found.value = value
found.dispatchEvent(new Event("input", { bubbles: true }))
found.dispatchEvent(new Event("change", { bubbles: true }))
"""


class Explorer:
    """The explorer in a browser."""

    def __init__(self, browser: Browser, home: str) -> None:
        self.browser = browser
        self.home = home

    def open(self, entity_set: str = "", **state: Any) -> Any:
        """A set in a state, as the page's address has it: what is seen then."""
        said = f"/{quote(json.dumps(state), safe='')}" if state else ""
        self.browser.open("about:blank")
        self.browser.open(f"{self.home}#/{entity_set}{said}")
        return self.seen("document.querySelector('main > .scroll, .error, .chart')")

    def seen(self, condition: str) -> Any:
        """What is seen as soon as a condition holds."""
        assert self.browser.run(WAIT.replace("CONDITION", condition)), condition
        return self.browser.run(SEEN)

    def click(self, name: str, inside: str = "") -> None:
        self.browser.run(CLICK, name, inside)

    def edit(self, name: str) -> None:
        """Opens the form of an entity, which is read anew for it."""
        self.click(f"Edit {name}")
        self.seen("document.querySelector('dialog')")

    def fill(self, label: str, value: str) -> None:
        self.browser.run(FILL, label, value)
