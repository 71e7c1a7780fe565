// What the tests have at hand in a page: devices, a network with faults, and what the server has.

const { OfflineClient } = await import("/-/client/offline.js")
const sets = { Orders: { key: "localId", indexes: ["status"], pageSize: 1000 }, Customers: { key: "localId" } }
const devices = new Map()
const exact = { Accept: "application/json;IEEE754Compatible=true" }
const byKey = (records) => Object.fromEntries(records.map((each) => [each[about.key], each]))
globalThis.about = { set: "Orders", key: "localId" } // what the scenarios look at

/** A device is a client with a database of its own. */
globalThis.device = (name, options = {}) => {
  if (!devices.has(name)) {
    const client = new OfflineClient({ name, url: "/api/sync/", sets, ...options })
    client.told = []
    for (const type of ["conflict", "rejected", "overruled", "quota", "unauthorized", "synced"]) {
      client.on(type, (detail) => client.told.push({ type, ...detail }))
    }
    devices.set(name, client)
  }
  return devices.get(name)
}

globalThis.reopened = async (name, options) => {
  await devices.get(name)?.close()
  devices.delete(name)
  return device(name, options)
}

// Faults are done to the next requests of their method, each once: `{ method, path, when: "before" | "after" }`, or with an
// `answer` instead; with `body`, to all requests that have such a text in it.
globalThis.faults = []
globalThis.requests = []
globalThis.realFetch = globalThis.fetch.bind(globalThis)
globalThis.fetch = async (url, request = {}) => {
  const method = request.method ?? "GET"
  requests.push(`${method} ${new URL(url, location).pathname.split("/").pop()}`)
  const path = new URL(url, location).pathname.split("/").pop()
  const index = faults.findIndex(
    (fault) => fault.method === method && (fault.path ?? "") === path && (request.body ?? "").includes(fault.body ?? ""),
  )
  const fault = faults[index]
  if (fault && !fault.body) faults.splice(index, 1)
  if (fault?.answer) return new Response(fault.answer.body ?? "", fault.answer)
  if (fault?.when === "before") throw new TypeError("lost before")
  const response = await realFetch(url, request)
  if (fault?.when === "after") throw new TypeError("lost after")
  if (fault?.hold) await fault.hold
  return response
}

globalThis.onServer = async (set = about.set) => {
  const records = []
  for (let token = "", more = true; more; ) {
    const answer = await realFetch(`/api/sync/${set}?limit=1000&since=${encodeURIComponent(token)}`, { headers: exact })
    const page = await answer.json()
    records.push(...page.records)
    ;({ token, more } = page)
  }
  return byKey(records)
}

/** The replica of a device, as the server writes it. */
globalThis.replica = async (client, set = about.set) => {
  const { value } = await client.set(set).query()
  return byKey(value)
}

const inOrder = (record) => record && JSON.stringify(Object.entries(record).sort())

/** Synchronise devices until all is quiet: what each of them has, what the server has, and what is left in their queues. */
globalThis.settled = async (names) => {
  const clients = names.map((name) => device(name))
  for (let round = 0; round < 2; round++) for (const client of clients) await client.sync({ force: true })
  const server = await onServer()
  const found = { same: [], different: {}, left: [] }
  for (const client of clients) {
    const records = await replica(client)
    const wrong = new Set([...Object.keys(records), ...Object.keys(server)].filter((key) => inOrder(records[key]) !== inOrder(server[key])))
    if (wrong.size) found.different[client.name] = [...wrong].map((key) => [records[key], server[key]])
    else found.same.push(client.name)
    found.left.push(...(await client.queue()))
  }
  return { ...found, count: Object.keys(server).length, server }
}

/** Change the server's record as somebody else does. */
globalThis.elsewhere = async (action, data, set = "Orders") => {
  const operation = { id: crypto.randomUUID(), set, action, data }
  const answer = await realFetch("/api/sync/", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ operations: [operation] }),
  })
  return (await answer.json()).results[0]
}
