import { Refused } from "./errors.js"
import { STATE, UNSEEN } from "./store.js"

const GONE = 410

/**
 * Bring a set up to date. A page and the token that comes with it are written in one transaction: whoever is interrupted goes
 * on after the last whole page. Records with edits of ours keep them; the server's version is laid beside.
 */
export class Pull {
  #store
  #http
  #tell

  constructor(store, http, tell) {
    this.#store = store
    this.#http = http
    this.#tell = tell
  }

  /** Resolves to `{ written, deleted }`; safe to repeat. */
  async run(set) {
    const total = { written: 0, deleted: 0 }
    await this.#beginAnewIfChanged(set)
    const { open } = await this.#state(set)
    await this.#toTheEnd(set, total)
    if (open) await this.#toTheEnd(set, total) // it ended where the pull would have that was interrupted: what is new since?
    return total
  }

  /** The next page is on its way while this one is written. */
  async #toTheEnd(set, total) {
    let next = this.#asked(set, (await this.#state(set)).token)
    for (let more = true; more; ) {
      const page = await this.#heard(set, next)
      next = page.more ? this.#asked(set, page.token) : null
      const counted = await this.#apply(set, page)
      if (counted === null) {
        next = this.#asked(set, (await this.#state(set)).token)
        continue
      }
      total.written += counted.written
      total.deleted += counted.deleted
      this.#tell("progress", { phase: "pull", set: set.name, done: total.written + total.deleted })
      more = page.more
    }
  }

  #asked(set, since) {
    const answer = this.#http.get(set.name, { since, $filter: set.filter, limit: set.pageSize })
    answer.catch(() => {}) // it may be that nobody waits for it any more
    return { since, answer }
  }

  async #heard(set, { since, answer }) {
    try {
      return { since, ...(await answer) }
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== GONE || !since) throw error
      await this.beginAnew(set)
      return { since: null, ...(await this.#asked(set, null).answer) }
    }
  }

  async #state(set) {
    return (await this.#store.kept(named(set))) ?? { name: named(set), token: null, filter: set.filter }
  }

  /** With another filter, or more columns, there is more to fetch than the token tells of. */
  async #beginAnewIfChanged(set) {
    const state = await this.#state(set)
    const columns = set.properties.map(({ name }) => name).sort().join(" ")
    const isNew = state.token === null
    const changed = (state.filter ?? null) !== (set.filter ?? null) || (columns && state.columns && columns !== state.columns)
    if (!isNew && changed) await this.beginAnew(set)
    if (columns && columns !== state.columns) await this.#keep(set, { columns, filter: set.filter })
  }

  async #keep(set, facts) {
    await this.#store.change(async (editing) => editing.put(STATE, { ...(await this.#state(set)), ...facts }))
  }

  /**
   * Read a set from the beginning, for a token is of no use any more. Everything that is here stays; what the server does not
   * have any more is found out on the way: it is what no page has brought.
   */
  beginAnew(set) {
    return this.#store.change(async (editing) => {
      const keys = await this.#store.database.read([set.name], (transaction) => transaction.keys(set.name))
      for (const key of keys) editing.put(UNSEEN, { set: set.name, key: [key].flat() })
      editing.put(STATE, { ...(await this.#state(set)), token: null, filter: set.filter, anew: true })
    })
  }

  /** Null where the page does not follow what is here any more: the set was `reset` meanwhile. */
  async #apply(set, { since, records, deleted, token, more }) {
    const outcome = await this.#store.change(async (editing) => {
      const state = await this.#state(set)
      if (state.token !== since) return null
      const edited = new Set((await this.#store.queue(set)).map(({ key }) => JSON.stringify(key)))
      const transitions = this.#store.transitions(set)
      const pulled = async (key, record) => {
        if (!edited.has(JSON.stringify(key))) return editing.setPlain(set, key, record)
        editing.set(set, key, transitions.pulled(await editing.state(set, key), record))
      }
      for (const record of records) {
        await pulled(set.keyOf(record), record)
        if (state.anew) editing.remove(UNSEEN, [set.name, set.keyOf(record)])
      }
      for (const gone of deleted) await pulled(set.keyOf(gone), null)
      const missing = state.anew && !more ? await this.#unseen(set, records) : []
      for (const key of missing) {
        await pulled(key, null)
        editing.remove(UNSEEN, [set.name, key])
      }
      editing.put(STATE, { ...state, token, anew: state.anew && more, open: more, at: Date.now() })
      return { touched: editing.touched, written: records.length, deleted: deleted.length + missing.length }
    })
    if (outcome === null) return null
    const { touched, ...counted } = outcome
    this.#tell("change", touched)
    return counted
  }

  /** What no page has brought. */
  async #unseen(set, records) {
    const rows = await this.#store.database.read([UNSEEN], (transaction) => transaction.all(UNSEEN, set.name, "set"))
    const last = new Set(records.map((record) => JSON.stringify(set.keyOf(record))))
    return rows.map(({ key }) => key).filter((key) => !last.has(JSON.stringify(key)))
  }
}

const named = (set) => `pull ${set.name}`
