// What a device of tests/offline/scenarios.py does, by the words of the table. It comes after page.js.

about.key = "id"
const options = {
  sets: { Orders: { key: "id", pageSize: 3 } },
  token: ({ refused }) => (token = refused ? "new" : token), // the application asks for a new one when it has to
}
let token = "old"
const realNow = Date.now
const asked = { force: true } // however long the client would have waited by itself

/** One step. `days` is how wrong the device's clock is. */
globalThis.played = async (name, days, what, ...told) => {
  Date.now = () => realNow() + days * 86_400_000
  try {
    return await steps[what](device(name, options), ...told)
  } finally {
    Date.now = realNow
  }
}

const orders = (client) => client.set("Orders")
const sync = (client) => client.sync(asked)
const pull = (client) => client.pull("Orders")

const steps = {
  add: (client, id, customerName, status) => orders(client).add({ id, customerName, status }),
  rename: (client, id, customerName) => orders(client).update(id, { customerName }),
  set: (client, id, status) => orders(client).update(id, { status }),
  delete: (client, id) => orders(client).remove(id),
  push: (client) => succeeds(client.push(asked)),
  sync: (client) => succeeds(sync(client)),
  pull,
  verify: (client) => client.verify("Orders"),
  flip: (client, id, status) => changedByNobody(client.name, id, { status }),
  conflicts: async (client) => (await client.conflicts()).length,
  has: (client, id) => orders(client).get(id),
  async decide(client, winner) {
    const open = await client.conflicts()
    for (const each of open) await client.resolve(each, winner === "client" ? "mine" : "theirs")
    return open.length
  },
  /** The rest never comes, for the page is left when this one is reached. */
  async dies(client, step, what) {
    const reached = stops[step]()
    ;(what === "push" ? sync : pull)(client).catch(() => {})
    await reached
  },
}

async function succeeds(work) {
  const { conflicts, rejected, errors = [] } = await work.catch(({ name }) => ({ errors: [name] }))
  return !conflicts && !rejected && errors.length === 0
}

/** Whatever wrote over a row on the disk: the client knows nothing of it. */
async function changedByNobody(name, id, changes) {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))
  const database = await done(indexedDB.open(name))
  const store = database.transaction("Orders", "readwrite").objectStore("Orders")
  await done(store.put({ ...(await done(store.get(id))), ...changes }))
  database.close()
}

const stops = {
  prepared: () => stopped("POST"),
  answered: () => stopped("POST", { isAnswered: true }),
  settled: () => stopped("GET"),
  fetched: () => stopped("GET", { isAnswered: true }),
  storing: () => aborted(),
  stored: () => stopped("GET", { nth: 3 }), // the second page is asked for while the first is stored
}

/** When the `nth` push, or page of a pull, is asked for, or answered without that the client hears of it. */
function stopped(method, { isAnswered = false, nth = 1 } = {}) {
  const { fetch } = globalThis
  return new Promise((reached) => {
    globalThis.fetch = async (url, request) => {
      const isMeant = request.method === method && (method === "POST" || new URL(url).pathname.endsWith("Orders"))
      if (!isMeant || --nth > 0) return fetch(url, request)
      if (isAnswered) await fetch(url, request)
      reached()
      return new Promise(() => {})
    }
  })
}

/** In the middle of a transaction, which the browser undoes when a tab is gone. */
function aborted() {
  const { put } = IDBObjectStore.prototype
  return new Promise((reached) => {
    let count = 0
    IDBObjectStore.prototype.put = function (value) {
      if (this.name === "Orders" && ++count === 2) {
        this.transaction.abort()
        reached()
      }
      return put.call(this, value)
    }
  })
}
