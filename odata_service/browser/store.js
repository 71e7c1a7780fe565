import { Database } from "./database.js"
import { compile } from "./filter.js"
import { Locks } from "./locks.js"
import { NOTHING, Transitions } from "./record.js"
import { WrongRecord } from "./errors.js"

export const QUEUE = "changesQueue"
export const SERVER = "serverRecords" // what the server has, of records with operations in the queue
export const STATE = "syncState" // tokens, by set; the sets as the server describes them; the salt
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

  async operations() {
    const rows = (await this.queue()).filter((row) => this.isOpen(this.sets.get(row.set)))
    return Promise.all(rows.map((row) => this.#openedOperation(row)))
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
    await this.database.write(names, (transaction) =>
      Promise.all(
        writes.map(({ store, put, remove, clear }) =>
          clear ? transaction.clear(store) : put ? transaction.put(store, put) : transaction.delete(store, remove),
        ),
      ),
    )
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

  async #writesOf(before, { set, key, state }) {
    const writes = []
    if (state.record !== before.record || state.record === null) {
      writes.push(
        state.record === null
          ? { store: set.name, remove: keyOf(key) }
          : { store: set.name, put: await this.#store.sealed(set, state.record) },
      )
    }
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

/** What a set is, by what the application says of it and what the server has described. */
export class EntitySet {
  description = null

  constructor(name, { key, filter = null, indexes = [], encrypted = false, pageSize = 500, properties = {}, watch = false } = {}) {
    this.name = name
    this.filter = filter
    this.indexes = indexes
    this.encrypted = encrypted
    this.pageSize = pageSize
    this.watch = watch
    this.expected = Object.entries(properties).map(([each, type]) => ({ name: each, type }))
    if (!key) throw new WrongRecord(`say by which property records of ${name} are known: { key: "id" }`)
    this.key = [key].flat()
  }

  get stamp() {
    return this.description?.stamp ?? "lastModified"
  }

  get properties() {
    return this.description?.properties ?? this.expected
  }

  /** Whether a record is one of those that are kept here, as far as that can be told without the server. */
  keeps(record) {
    if (record === null || !this.filter) return true
    try {
      return compile(this.filter, this.properties)(record)
    } catch {
      return true // a filter that only the server understands
    }
  }

  keyOf(record) {
    const key = this.key.map((name) => record[name])
    if (key.some((part) => part === undefined || part === null)) {
      throw new WrongRecord(`a record of ${this.name} is known by ${this.key.join(" and ")}`, { set: this.name })
    }
    return key
  }

  keyMembers(key) {
    return Object.fromEntries(this.key.map((name, index) => [name, key[index]]))
  }

  /** A key as an array, from whatever an application gives: a value, an array, or an object. */
  keyFrom(given) {
    if (Array.isArray(given)) return given
    return typeof given === "object" && given !== null ? this.keyOf(given) : [given]
  }

  /** A key's value as it is written in a filter. */
  literal(name, value) {
    const type = this.properties.find((each) => each.name === name)?.type ?? "Edm.String"
    return type === "Edm.String" ? `'${String(value).replaceAll("'", "''")}'` : String(value)
  }

  /** The columns that are the client's to write. */
  written(record) {
    const readOnly = new Set(this.properties.filter((each) => each.readOnly).map((each) => each.name))
    readOnly.add(this.stamp)
    const entries = Object.entries(record).filter(([name, value]) => !readOnly.has(name) && value !== undefined)
    return Object.fromEntries(entries)
  }
}

/** A record's key in IndexedDB: a plain value, an array only where it has several parts. */
export const keyOf = (key) => (key.length === 1 ? key[0] : key)

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
