// What a device of tests/offline/scenarios.py does, by the words of the table. It comes after page.js.

about.key = "id"
const [rule, pageSize] = args
const options = {
  sets: { Orders: { key: "id", pageSize } },
  token: ({ refused }) => (token = refused ? "new" : token), // the application asks for a new one when it has to
}
let token = "old"
const realNow = Date.now
const asked = { force: true } // however long the client would have waited by itself

/** One step. `days` is how wrong the device's clock is. */
globalThis.played = async (name, days, what, ...told) => {
  Date.now = () => realNow() + days * 86_400_000
  try {
    return await steps[what](started(name), ...told)
  } finally {
    Date.now = realNow
  }
}

/** The device; with a rule of its own the application decides as soon as it is told. */
function started(name) {
  const client = device(name, options)
  if (rule === "custom" && !client.deciding) {
    client.deciding = []
    client.on("conflict", () => client.deciding.push(decided(client, both)))
  }
  return client
}

/** What neither side loses by, as `both` of the table. */
const both = ({ mine, theirs }) => ({ ...theirs, ...mine, status: `${theirs.status}+${mine.status}` })
const choices = { client: () => "mine", server: () => "theirs", both }

async function decided(client, choose) {
  const open = await client.conflicts()
  for (const each of open) await client.resolve(each, choose(each))
  return open.length
}

const orders = (client) => client.set("Orders")
const sync = (client) => client.sync(asked)
const pull = (client) => client.pull("Orders", asked)

const steps = {
  add: (client, id, customerName, status) => orders(client).add({ id, customerName, status }),
  rename: (client, id, customerName) => orders(client).update(id, { customerName }),
  set: (client, id, status) => orders(client).update(id, { status }),
  delete: (client, id) => orders(client).remove(id),
  async push(client) {
    const isDone = await succeeds(client.push(asked))
    if (!client.deciding?.length) return isDone
    await Promise.all(client.deciding.splice(0))
    return steps.push(client)
  },
  sync: (client) => succeeds(sync(client)),
  pull: (client) => succeeds(pull(client)),
  verify: (client) => client.verify("Orders"),
  flip: (client, id, status) => changedByNobody(client.name, id, { status }),
  conflicts: async (client) => (await client.conflicts()).length,
  has: (client, id) => orders(client).get(id),
  decide: (client, winner) => decided(client, choices[winner]),
  async overfills(client, id) {
    return orders(client).add({ id, customerName: noise(1 << 16), status: "new" }).catch(({ name }) => name)
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

const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))

/** Another application takes what room there is. */
globalThis.filled = async () => {
  const opening = indexedDB.open("another application")
  opening.onupgradeneeded = () => opening.result.createObjectStore("noise", { autoIncrement: true })
  const database = await done(opening)
  for (let size = 1 << 18; size >= 1 << 10; size /= 2) {
    for (let hasRoom = true; hasRoom; ) {
      const transaction = database.transaction("noise", "readwrite")
      transaction.objectStore("noise").put(noise(size))
      hasRoom = await new Promise((go) => {
        transaction.oncomplete = () => go(true)
        transaction.onabort = () => go(false)
      })
    }
  }
  database.close()
}

/** Which cannot be packed. */
const noise = (size) => Array.from({ length: Math.ceil(size / 10) }, () => Math.random().toString(36).slice(2, 12)).join("")

/** Whatever wrote over a row on the disk: the client knows nothing of it. */
async function changedByNobody(name, id, changes) {
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
