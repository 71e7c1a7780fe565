import { checksum } from "./checksum.js"
import { Database } from "./database.js"
import { Locks } from "./locks.js"
import { NOTHING, Transitions } from "./record.js"

export const QUEUE = "changesQueue"
export const SERVER = "serverRecords" // what the server has, of records with operations in the queue
export const STATE = "syncState" // tokens, by set; the sets as the server describes them; the salt
export const SUMS = "checksums" // of records as the server has sent them
export const UNSEEN = "unseenRecords" // keys that a pull from the beginning has not come across yet

/** The stores of an application with these sets, for a library that makes the database itself (ngx-indexed-db, Dexie). */
export function stores(sets) {
  return [
    ...sets.map(({ name, key, indexes = [], encrypted = false }) => ({
      name,
      keyPath: key.length === 1 ? key[0] : key,
      autoIncrement: false,
      indexes: encrypted ? [] : indexes.map((path) => ({ name: path, keyPath: path, unique: false })),
    })),
    {
      name: QUEUE,
      keyPath: "seq",
      autoIncrement: true,
      indexes: [
        { name: "set", keyPath: "set", unique: false },
        { name: "record", keyPath: ["set", "key"], unique: false },
        { name: "state", keyPath: "state", unique: false },
      ],
    },
    { name: SERVER, keyPath: ["set", "key"], autoIncrement: false, indexes: [] },
    { name: STATE, keyPath: "name", autoIncrement: false, indexes: [] },
    { name: SUMS, keyPath: ["set", "key"], autoIncrement: false, indexes: [] },
    { name: UNSEEN, keyPath: ["set", "key"], autoIncrement: false, indexes: [{ name: "set", keyPath: "set", unique: false }] },
  ]
}

/**
 * Records, queue and tokens. Whoever changes something takes the lock of the store for the moment that it takes; nobody
 * holds it while the network is asked, so that an edit never waits for a server.
 */
export class Store {
  constructor(name, sets, sealer, clock) {
    this.sets = sets
    this.sealer = sealer
    this.locks = new Locks(name)
    this.database = new Database(name, stores([...sets.values()]))
    this.clock = clock
  }

  transitions(set) {
    return new Transitions(set, this.clock.now, this.clock.newId)
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  async record(set, key) {
    const row = await this.database.read([set.name], (transaction) => transaction.get(set.name, keyOf(key)))
    return row === undefined ? null : this.#opened(set, row)
  }

  /** All records of a set, or those with one of the values in an index. */
  async records(set, hint = null) {
    const rows = await this.database.read([set.name], async (transaction) => {
      if (hint === null) return transaction.all(set.name)
      return (await Promise.all(hint.values.map((value) => transaction.all(set.name, value, hint.index)))).flat()
    })
    return set.encrypted ? Promise.all(rows.map((row) => this.#opened(set, row))) : rows
  }

  /** All records, and the checksums that there are of some: `{ key, record, sum }`, with null for a record that cannot be read. */
  async held(set) {
    const [rows, sums] = await this.database.read([set.name, SUMS], (transaction) =>
      Promise.all([transaction.all(set.name), transaction.all(SUMS, ofSet(set))]),
    )
    const found = new Map(sums.map(({ key, sum }) => [place(set.name, key), { key, record: null, sum }]))
    for (const row of rows) {
      const key = set.keyOf(row)
      const record = await this.#opened(set, row).catch(() => null)
      found.set(place(set.name, key), { key, record, sum: found.get(place(set.name, key))?.sum })
    }
    return [...found.values()]
  }

  async count(set) {
    return this.database.read([set.name], (transaction) => transaction.count(set.name))
  }

  /** The queue, with what is sealed still sealed: ids, sets, keys and states. */
  queue(set = null) {
    return this.database.read([QUEUE], (transaction) =>
      set === null ? transaction.all(QUEUE) : transaction.all(QUEUE, set.name, "set"),
    )
  }

  /** How many operations are in each of some states. */
  counts(states) {
    return this.database.read([QUEUE], (transaction) =>
      Promise.all(states.map((state) => transaction.count(QUEUE, state, "state"))),
    )
  }

  /** The operations that can be read, or those in one state. */
  async operations(state = null) {
    const found = state === null ? await this.queue() : await this.#inState(state)
    const rows = found.filter((row) => this.isOpen(this.sets.get(row.set)))
    return Promise.all(rows.map((row) => this.#openedOperation(row)))
  }

  #inState(state) {
    return this.database.read([QUEUE], (transaction) => transaction.all(QUEUE, state, "state"))
  }

  /** Whether a set is one of the application's (still), and not locked. */
  isOpen(set) {
    return set !== undefined && !(set.encrypted && this.sealer.isLocked)
  }

  async kept(name) {
    return (await this.database.read([STATE], (transaction) => transaction.get(STATE, name))) ?? null
  }

  keep(value) {
    return this.database.write([STATE], (transaction) => transaction.put(STATE, value))
  }

  // --- changing ------------------------------------------------------------------------------------------------------

  /** Change records under the store's lock: `work(editing)` reads states and sets new ones, which are written together. */
  change(work) {
    return this.locks.hold("store", async () => {
      const editing = new Editing(this)
      const value = await work(editing)
      await this.#write(editing)
      return value
    })
  }

  async #write(editing) {
    const writes = await editing.writes()
    if (writes.length === 0) return
    const names = [...new Set(writes.map(({ store }) => store))]
    await this.database.write(names, (transaction) => {
      for (const { store, put, remove } of writes) {
        if (put) transaction.put(store, put)
        else transaction.delete(store, remove)
      }
    })
  }

  // --- sealing -------------------------------------------------------------------------------------------------------

  async #opened(set, row) {
    return set.encrypted ? this.sealer.open(row.sealed, place(set.name, set.keyOf(row))) : row
  }

  async sealed(set, record) {
    if (!set.encrypted) return record
    const key = set.keyOf(record)
    return { ...set.keyMembers(key), sealed: await this.sealer.seal(record, place(set.name, key)) }
  }

  async #openedOperation(row) {
    const { sealed, ...operation } = row
    return sealed ? { ...operation, ...(await this.sealer.open(sealed, place(QUEUE, row.key))) } : row
  }

  async sealedOperation(set, operation) {
    if (!set.encrypted) return operation
    const { data, from, sent, conflict, error, ...open } = operation
    return { ...open, sealed: await this.sealer.seal({ data, from, sent, conflict, error }, place(QUEUE, operation.key)) }
  }

  async sealedServer(set, row) {
    if (!set.encrypted || row.record === null) return row
    return { ...row, record: null, sealed: await this.sealer.seal(row.record, place(SERVER, row.key)) }
  }

  /** The states of some records, by `keyOf`. */
  async states(set, keys) {
    const found = await this.database.read([set.name, QUEUE, SERVER], (transaction) =>
      Promise.all(
        keys.map(async (key) => ({
          key,
          row: await transaction.get(set.name, keyOf(key)),
          queued: await transaction.all(QUEUE, [set.name, key], "record"),
          server: await transaction.get(SERVER, [set.name, key]),
        })),
      ),
    )
    return Promise.all(found.map(async (each) => ({ key: each.key, state: await this.#state(set, each) })))
  }

  async #state(set, { row, queued, server }) {
    return {
      record: row === undefined ? null : await this.#opened(set, row),
      operations: await Promise.all(queued.map((each) => this.#openedOperation(each))),
      server: server && { record: await this.#openedServer(server), doubtful: server.doubtful },
    }
  }

  #openedServer(row) {
    return row.sealed ? this.sealer.open(row.sealed, place(SERVER, row.key)) : row.record
  }
}

/** One change of the store: states before and after, and what else is written with them. */
class Editing {
  #store
  #before = new Map()
  #after = new Map()
  #others = []

  constructor(store) {
    this.#store = store
  }

  /** The records that were changed: `[{ set, keys }]`. */
  get touched() {
    const bySet = grouped(this.#after.values(), ({ set }) => set.name)
    return [...bySet].map(([set, some]) => ({ set, keys: some.map(({ key }) => key) }))
  }

  async state(set, key) {
    await this.load(set, [key])
    return this.#now(set, key)
  }

  /** The states of what some operations are about, read together. */
  async loadOf(operations) {
    for (const [name, some] of grouped(operations, ({ set }) => set)) {
      await this.load(this.#store.sets.get(name), some.map(({ key }) => key))
    }
  }

  async load(set, keys) {
    const missing = keys.filter((key) => !this.#before.has(place(set.name, key)))
    if (missing.length === 0) return
    for (const { key, state } of await this.#store.states(set, missing)) this.#before.set(place(set.name, key), state)
  }

  #now(set, key) {
    const at = place(set.name, key)
    return this.#after.get(at)?.state ?? this.#before.get(at)
  }

  set(set, key, state) {
    this.#after.set(place(set.name, key), { set, key, state })
  }

  /** A record without operations, old or new, is what the server says. */
  setPlain(set, key, record) {
    const at = place(set.name, key)
    if (!this.#before.has(at)) this.#before.set(at, NOTHING)
    this.#after.set(at, { set, key, state: { ...NOTHING, record } })
  }

  put(store, value) {
    this.#others.push({ store, put: value })
  }

  remove(store, key) {
    this.#others.push({ store, remove: key })
  }

  async writes() {
    const all = await Promise.all([...this.#after].map(([at, after]) => this.#writesOf(this.#before.get(at), after)))
    return [...all.flat(), ...this.#others]
  }

  async #writesOf(before, after) {
    const { set, key, state } = after
    const writes = []
    if (state.record !== before.record || state.record === null) {
      writes.push(
        state.record === null
          ? { store: set.name, remove: keyOf(key) }
          : { store: set.name, put: await this.#store.sealed(set, state.record) },
      )
    }
    writes.push(...sumOf(before, after))
    const kept = new Set(state.operations.map(({ seq }) => seq))
    for (const { seq } of before.operations) if (!kept.has(seq)) writes.push({ store: QUEUE, remove: seq })
    for (const operation of state.operations) {
      if (!before.operations.includes(operation)) {
        writes.push({ store: QUEUE, put: await this.#store.sealedOperation(set, { ...operation, set: set.name, key }) })
      }
    }
    if (state.server && state.server !== before.server) {
      writes.push({ store: SERVER, put: await this.#store.sealedServer(set, { set: set.name, key, ...state.server }) })
    }
    if (!state.server && before.server) writes.push({ store: SERVER, remove: [set.name, key] })
    return writes
  }
}

/** A record's key in IndexedDB: a plain value, an array only where it has several parts. */
export const keyOf = (key) => (key.length === 1 ? key[0] : key)

/** The place of all that a store keeps of a set. */
const ofSet = ({ name }) => IDBKeyRange.bound([name], [`${name}\0`], true, true)

/** A record without edits is what the server has sent; sealed ones tell by themselves when they were tampered with. */
function sumOf(before, { set, key, state }) {
  if (set.encrypted || state.operations.length > 0) return []
  if (state.record === null) return [{ store: SUMS, remove: [set.name, key] }]
  if (state.record === before.record && before.operations.length === 0) return []
  return [{ store: SUMS, put: { set: set.name, key, sum: checksum(state.record) } }]
}

export const place = (name, key) => JSON.stringify([name, ...key])

function grouped(values, by) {
  const groups = new Map()
  for (const value of values) {
    const name = by(value)
    if (!groups.has(name)) groups.set(name, [])
    groups.get(name).push(value)
  }
  return groups
}
