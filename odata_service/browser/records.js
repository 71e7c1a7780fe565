import { WrongRecord } from "./errors.js"
import { Query } from "./query.js"

/** The records of one set, as the application has them. */
export class Records {
  #set
  #client
  #store
  #live

  constructor(set, client, store, live) {
    this.#set = set
    this.#client = client
    this.#store = store
    this.#live = live
  }

  get(key) {
    return this.#store.record(this.#set, this.#set.keyFrom(key))
  }

  /** The answer to `{ filter, orderby, top, skip, select, count }` or to the same as text, `"$filter=…&$top=5"`:
   * `{ value: […], count }`. */
  async query(options = {}) {
    await this.#client.remember()
    const query = new Query(this.#set, options)
    return query.answer(await this.#store.records(this.#set, query.hint))
  }

  count() {
    return this.#store.count(this.#set)
  }

  /** Calls `show` with the answer to a query now and whenever it has changed; returns a function that ends it. */
  live(options, show, failed = undefined) {
    return this.#live.subscribe(this.#set.name, options, show, failed)
  }

  /** Resolves to the record with its key, which is made here where the record has none. */
  async add(record) {
    const [added] = await this.addAll([record])
    return added
  }

  /** All of them or none. */
  async addAll(records) {
    await this.#client.remember()
    const made = records.map((record) => this.#withKey(record))
    await this.#edit(async (editing, transitions) => {
      await editing.load(this.#set, made.map((record) => this.#set.keyOf(record)))
      for (const record of made) {
        const key = this.#set.keyOf(record)
        const state = await editing.state(this.#set, key)
        if (state.record !== null) throw new WrongRecord(`${this.#set.name} has a record ${key} already`, { key })
        editing.set(this.#set, key, transitions.added(state, record))
      }
    })
    return made
  }

  /** `changes` are the columns that are to be other than they are. Resolves to the record. */
  async update(key, changes) {
    return this.#changed(key, (transitions, state) => transitions.updated(state, { ...changes, ...this.#keyAgain(key) }))
  }

  /** Make the record what is given: an `add` or an `update`, as it comes. */
  async put(record) {
    const key = this.#set.keyOf(record)
    return (await this.get(key)) === null ? this.add(record) : this.update(key, record)
  }

  async remove(key) {
    await this.#changed(key, (transitions, state) => transitions.removed(state))
  }

  async #changed(given, transition) {
    await this.#client.remember()
    const key = this.#set.keyFrom(given)
    let record = null
    await this.#edit(async (editing, transitions) => {
      const state = await editing.state(this.#set, key)
      if (state.record === null) throw new WrongRecord(`${this.#set.name} has no record ${key}`, { key })
      const next = transition(transitions, state)
      record = next.record
      if (next !== state) editing.set(this.#set, key, next)
    })
    return record
  }

  #edit(work) {
    return this.#client.edit((editing) => work(editing, this.#store.transitions(this.#set)))
  }

  /** A record is known by its key for ever. */
  #keyAgain(key) {
    return this.#set.keyMembers(this.#set.keyFrom(key))
  }

  #withKey(record) {
    const [first, ...more] = this.#set.key
    const isMissing = more.length === 0 && (record[first] ?? null) === null
    return isMissing ? { ...record, [first]: crypto.randomUUID() } : { ...record }
  }
}
