"""The npm package: what ``npm pack`` makes can be imported, and its types hold what the manual shows."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.npm import Npm
from tests.tools import program

PACKAGE = Path(__file__).parents[2] / "odata_service/browser"
USAGE = """
import { OfflineClient, NotReachable, compile, type Operation } from "odata-service-offline"
import { serveOffline, syncInBackground } from "odata-service-offline/worker.js"

interface Order { localId: string; customerName: string; status: string }
const sets = { Orders: { key: "localId", indexes: ["status"], filter: "status ne 'Done'" } }
const client = new OfflineClient({ name: "orders", url: "/api/sync/", sets, token: async ({ refused }) => (refused ? "new" : "old") })
const orders = client.set<Order>("Orders")
const stop: () => void = orders.live({ filter: "status eq 'Pending'", top: 5 }, ({ value, count }) => [value[0].customerName, count?.toFixed()])
client.on("conflict", async ({ operation }) => client.resolve(operation, "mine"))
client.on("synced", ({ pushed, errors }) => pushed + errors.length)
let pushes = 0
export async function use(): Promise<Operation[]> {
  const order = await orders.add({ customerName: "Zoe", status: "Pending" })
  await orders.update(order.localId, { status: "Shipped" })
  await client.sync().catch((error) => { if (!(error instanceof NotReachable)) throw error })
  stop()
  const { pushed } = await client.push({ force: pushes > 0 })
  const { isClean, flipped } = await client.verify("Orders")
  pushes += isClean ? pushed : flipped.length
  return client.queue()
}
export const isOpen: boolean = compile("status eq 'Open'", [{ name: "status", type: "Edm.String" }])({ status: "Open" })
export const stores: string[] = OfflineClient.stores(sets).map(({ name }) => name)
serveOffline({ cache: "orders", files: ["./"] })
syncInBackground(client)
// @ts-expect-error: there is no such event
client.on("nothing", () => {})
// @ts-expect-error: there is no such column
orders.update("1", { nothing: 1 })
"""


def test_packed_imported_and_typed(npm: Npm, tmp_path: Path) -> None:
    typescript = npm("typescript", "typescript@5")
    packed = subprocess.run(
        [program("npm", "npm"), "pack", "--json", "--pack-destination", str(tmp_path), str(PACKAGE)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (facts,) = json.loads(packed.stdout)
    names = {each["path"] for each in facts["files"]}
    assert {"offline.js", "offline.d.ts", "worker.js", "worker.d.ts", "README.md", "package.json"} <= names
    assert {each.name for each in PACKAGE.glob("*.js")} <= names
    shutil.unpack_archive(tmp_path / facts["filename"], tmp_path / "node_modules")
    (tmp_path / "node_modules/package").rename(tmp_path / "node_modules/odata-service-offline")
    (tmp_path / "usage.ts").write_text(USAGE)
    options = "--noEmit --strict --target es2022 --module nodenext --moduleResolution nodenext --lib es2022,dom".split()
    typescript.node(str(typescript.modules / "typescript/bin/tsc"), *options, str(tmp_path / "usage.ts"))
    script = 'import("odata-service-offline").then(({ OfflineClient }) => console.log(JSON.stringify(OfflineClient.stores({ A: { key: "id" } }).length)))'
    printed = subprocess.run(
        [program("node", "nodejs"), "-e", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert printed.stdout.strip() == "6"
