"""The offline client in Chromium, with its database on the disk: ``python -m tests.benchmarks.browser``.

The first pull of many records, the push of many operations, a check of all, and how long a write takes, half of the time
while a synchronisation waits for a server that does not answer; beside each a bare ``put`` into another database of the page,
so that it is seen what of it is ours.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import sync_playwright

from tests.browser import Browser, kept_device

from .offline import PAGE_SIZE, deaf, fill
from .servers import Server, Workers

WRITES = 500
# Each gives the milliseconds it took and a count that tells whether it was done.
TIMED = """
async ([what, ...given]) => {
  const { OfflineClient } = await import("/-/client/offline.js")
  const device = (name, url = "/sync/") => new OfflineClient({ name, url, sets: { Orders: { key: "id", pageSize: 1000 } } })
  const order = (id) => ({ id, customerName: "Ada", status: "new" })
  const tasks = {
    pull: async () => (await device("many").pull("Orders")).written,
    add: async (count) => (await device("many").set("Orders").addAll(Array.from({ length: count }, (_, number) => order(`new-${number}`)))).length,
    push: async () => (await device("many").push()).pushed,
    verify: async () => (await device("many").verify("Orders")).rows,
    query: async () => (await device("many").set("Orders").query({ filter: "customerName eq 'Customer 7'", orderby: "id desc" })).value.length,
    async write(count, url) {
      const client = device(`writes ${url ?? ""}`, url), bare = await plain(`bare ${url ?? ""}`)
      const sides = { bare: (record) => bare(record), ours: (record) => client.set("Orders").add(record) }
      const found = { bare: [], ours: [] }
      if (url) client.sync().catch(() => {})
      await new Promise((go) => setTimeout(go, 500))
      for (let number = 0; number < count; number++) {
        for (const [name, write] of Object.entries(sides)) {
          const start = performance.now()
          await write(order(`${number}`))
          found[name].push(performance.now() - start)
          await new Promise((go) => setTimeout(go, 10)) // nobody types faster
        }
      }
      return found
    },
  }
  /** The least that a durable write costs here. */
  async function plain(name) {
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.result.createObjectStore("Orders", { keyPath: "id" })
    const database = await new Promise((go) => (request.onsuccess = () => go(request.result)))
    return (record) => new Promise((go) => {
      const transaction = database.transaction("Orders", "readwrite", { durability: "strict" })
      transaction.oncomplete = go
      transaction.objectStore("Orders").put(record)
      transaction.commit()
    })
  }
  const start = performance.now()
  const found = await tasks[what](...given)
  return [performance.now() - start, found]
}
"""


def timed(browser: Browser, label: str, *task: Any) -> int:
    milliseconds, count = browser.page.evaluate(TIMED, list(task))
    click.echo(f"{label:<44}{milliseconds / 1000:>9.2f} s {count / milliseconds * 1000:>10.0f} /s")
    return int(count)


def latency(browser: Browser) -> None:
    with deaf() as address:
        for label, urls in (("alone", []), ("while a synchronisation hangs", [f"http://{address}/"])):
            _, found = browser.page.evaluate(TIMED, ["write", WRITES, *urls])
            for side, taken in found.items():
                percentiles = statistics.quantiles(taken, n=100)
                named = f"a write, {label}: {side}"
                click.echo(f"{named:<44}{percentiles[49]:>9.2f} ms median {percentiles[98]:>7.2f} ms p99")


@click.command()
@click.option("--rows", default=200_000, show_default=True, help="of the first pull")
@click.option("--changes", default=10_000, show_default=True, help="of the push")
def main(rows: int, changes: int) -> None:
    """Print how long a device takes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, sync_playwright() as playwright:
        folder = Path(name)
        fill(folder / "server.db", rows)
        environment = {"OFFLINE_DATABASE": str(folder / "server.db"), "OFFLINE_PAGE_SIZE": str(PAGE_SIZE)}
        with (
            Server("tests.offline.app:create_app()", Workers("gthread", 1, 4), environment) as server,
            kept_device(playwright, folder / "profile") as browser,
        ):
            browser.open(f"http://{server.address}/")
            latency(browser)
            assert timed(browser, f"first pull of {rows} records", "pull") == rows
            timed(browser, f"a filter over {rows} records", "query")
            assert timed(browser, f"{changes} additions in one transaction", "add", changes) == changes
            assert timed(browser, f"push of {changes} additions", "push") == changes
            assert timed(browser, "verify", "verify") == rows + changes


if __name__ == "__main__":
    main()
