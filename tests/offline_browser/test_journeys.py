"""Random journeys: two devices edit, synchronise through faults, pull alone, are reopened; tombstones are purged. ``JOURNEYS=200`` makes more of them."""

from __future__ import annotations

import os

import pytest

from odata_service.bind.conflict import RULES
from tests.offline_browser.conftest import Page, Server

SEEDS = range(int(os.environ.get("JOURNEYS", "2")))
STEPS = 50
TRAVEL = """
const [seed, steps, isShared] = args
let state = seed * 2654435761 + 1
const random = (most) => ((state = (Math.imul(state ^ (state >>> 15), state | 1) + 0x6d2b79f5) | 0), (state >>> 8) % most)
const pick = (all) => all[random(all.length)]
const name = (number) => `${isShared ? "shared" : "own"}-${seed}-${number}`
const columns = ["customerName", "status"]
const keys = Array.from({ length: 5 }, (_, number) => name(`record-${number}`))
const last = {}
for (const localId of keys) {
  await elsewhere("add", { localId, customerName: "0", status: "0" })
  last[localId] = { customerName: "0", status: "0" }
}
const faults_ = [
  { method: "POST", when: "before" }, { method: "POST", when: "after" }, { method: "POST", answer: { status: 500 } },
  { method: "POST", answer: { status: 200, body: "{" } }, { method: "GET", path: "Orders", when: "before" },
  { method: "GET", path: "Orders", when: "after" }, { method: "GET", when: "before" },
]
const quietly = (work) => work.catch((error) => { if (!["NotReachable", "WrongRecord"].includes(error.name)) throw error })
const actions = {
  async edit(client, number, step) {
    const key = pick(keys), column = isShared ? pick(columns) : columns[number]
    await quietly(client.set("Orders").update(key, { [column]: `${step}` }).then(() => (last[key][column] = `${step}`)))
  },
  async sync(client) { await quietly(client.sync({ force: true })) },
  async fault(client) {
    faults.push({ ...pick(faults_) })
    await quietly(client.sync({ force: true }))
    faults.length = 0
  },
  async pull(client) { await quietly(client.pull("Orders")) },
  async reopen(client) { await reopened(client.name) },
  async remove(client) { if (isShared) await quietly(client.set("Orders").remove(pick(keys))) },
  async add(client, number, step) {
    if (isShared) await quietly(client.set("Orders").add({ localId: pick(keys), customerName: "new", status: `${step}` }))
  },
  async decide(client) {
    for (const conflict of await client.conflicts()) {
      await client.resolve(conflict, pick(["mine", "theirs", { ...conflict.theirs, customerName: "merged", status: "merged" }, null]))
    }
  },
  async purge() { await realFetch("/purge", { method: "POST" }) },
  async give(client) { for (const each of await client.queue()) if (each.state === "dead") await pick([client.discard, client.retry]).call(client, each) },
}
const likely = ["edit", "edit", "edit", "edit", "sync", "fault", "fault", "pull", "reopen", "remove", "add", "decide", "give", "purge"]
const devices = [name("phone"), name("laptop")]
for (const each of devices) await device(each).sync()
for (let step = 1; step <= steps; step++) {
  const number = random(2)
  await actions[pick(likely)](device(devices[number]), number, step)
}
for (let round = 0; round < 6; round++) {
  for (const each of devices) {
    await device(each).sync({ force: true })
    await actions.decide(device(each))
    for (const dead of await device(each).queue()) if (dead.state === "dead") await device(each).discard(dead)
  }
}
return [devices, last]
"""


@pytest.mark.parametrize("seed", SEEDS)
def test_no_edit_is_lost(page: Page, server: Server, seed: int) -> None:
    """Each device has a column of its own: whatever happens, its last edit of each record is what everybody has in the end."""
    server.rule("merge")
    devices, last = page.run(TRAVEL, seed, STEPS, False)
    found = page.settled(*devices)
    assert {key: {column: found[key][column] for column in columns} for key, columns in last.items()} == last


@pytest.mark.parametrize("rule", ["ask", "latest", "server"] if len(SEEDS) < 10 else list(RULES))
@pytest.mark.parametrize("seed", SEEDS[:1] if len(SEEDS) < 10 else SEEDS)
def test_everybody_agrees_in_the_end(page: Page, server: Server, seed: int, rule: str) -> None:
    """Both change the same columns, delete, make anew, and decide conflicts as it comes."""
    server.rule(rule)
    devices, _ = page.run(TRAVEL, seed + 1000, STEPS, True)
    page.settled(*devices)
