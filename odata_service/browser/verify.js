import { checksum } from "./checksum.js"

const VERSIONS_AT_ONCE = 5_000
const RECORDS_AT_ONCE = 20 // what an address has room for

/**
 * Is what is here what the server has? Each record has a checksum of what the server has sent, so that one that was changed
 * behind everybody's back is found here; versions tell of all others. Only what differs is fetched.
 */
export class Verify {
  #store
  #http
  #tell

  constructor(store, http, tell) {
    this.#store = store
    this.#http = http
    this.#tell = tell
  }

  /** Resolves to `{ set, rows, checksum, flipped, outdated, surplus, isClean }`; the last but one are keys. */
  async run(set) {
    const there = await this.#versions(set)
    const here = await this.#here(set)
    const [flipped, outdated, surplus] = [[], [], []]
    for (const [name, { key, isIntact, version }] of here.rows) {
      if (!isIntact) flipped.push(key)
      else if (!there.has(name)) surplus.push(key)
      else if (there.get(name).version !== version) outdated.push(key)
    }
    for (const [name, { key }] of there) if (!here.rows.has(name) && !here.edited.has(name)) outdated.push(key)
    const wrong = [...flipped, ...outdated, ...surplus]
    await this.#mend(set, wrong, await this.#fetched(set, wrong))
    return { set: set.name, ...(await this.#total(set)), flipped, outdated, surplus, isClean: wrong.length === 0 }
  }

  /** What the server has, by the names of keys. */
  async #versions(set) {
    const found = new Map()
    const query = { $filter: set.filter, $select: [...set.key, set.stamp].join(","), limit: VERSIONS_AT_ONCE }
    for (let [since, more] = [null, true]; more; ) {
      const page = await this.#http.get(set.name, { since, ...query })
      for (const record of page.records) {
        const key = set.keyOf(record)
        found.set(nameOf(key), { key, version: record[set.stamp] })
      }
      ;({ token: since, more } = page)
    }
    return found
  }

  /** What is here, without the records that have edits: those are looked at when they are sent. */
  async #here(set) {
    const edited = new Set((await this.#store.queue(set)).map(({ key }) => nameOf(key)))
    const held = await this.#store.held(set)
    const rows = held.filter(({ key }) => !edited.has(nameOf(key)))
    const isIntact = ({ record, sum }) => record !== null && (set.encrypted || checksum(record) === sum)
    const known = (row) => ({ key: row.key, isIntact: isIntact(row), version: row.record?.[set.stamp] })
    return { edited, rows: new Map(rows.map((row) => [nameOf(row.key), known(row)])) }
  }

  async #fetched(set, keys) {
    const found = new Map()
    for (let start = 0; start < keys.length; start += RECORDS_AT_ONCE) {
      const some = keys.slice(start, start + RECORDS_AT_ONCE)
      const asked = some.map((key) => set.condition(key)).join(" or ")
      const $filter = set.filter ? `(${set.filter}) and (${asked})` : asked
      const { records } = await this.#http.get(set.name, { $filter, limit: some.length })
      for (const record of records) found.set(nameOf(set.keyOf(record)), record)
    }
    return found
  }

  /** A record that was edited meanwhile stays as it is. */
  async #mend(set, keys, records) {
    const touched = await this.#store.change(async (editing) => {
      const edited = new Set((await this.#store.queue(set)).map(({ key }) => nameOf(key)))
      for (const key of keys) {
        if (!edited.has(nameOf(key))) editing.setPlain(set, key, records.get(nameOf(key)) ?? null)
      }
      return editing.touched
    })
    if (touched.length > 0) this.#tell("change", touched)
  }

  /** Two devices with the same checksum have the same. */
  async #total(set) {
    const held = (await this.#store.held(set)).filter(({ record }) => record !== null)
    return { rows: held.length, checksum: held.reduce((total, { record }) => total ^ checksum(record), 0) >>> 0 }
  }
}

const nameOf = (key) => JSON.stringify(key)
