/**
 * An application that works without a network and is right when it comes back: records in IndexedDB, a queue of what was
 * done to them, and a synchronisation with the Sync API of odata-service. docs/offline-browser.md is the manual.
 *
 *     const client = new OfflineClient({ name: "orders", url: "/api/sync/", sets: { Orders: { key: "localId" } } })
 *     const orders = client.set("Orders")
 *     await orders.add({ customerName: "Zoe", status: "Pending" })     // at once, with or without a network
 *     orders.live({ filter: "status eq 'Pending'" }, ({ value }) => show(value))
 *     client.on("conflict", ({ operation }) => ask(operation))
 *     client.start()                                                   // push, pull, and again when there is reason to
 */

import { Sealer } from "./crypto.js"
import { NotReachable, QuotaExceeded, Unauthorized, WrongRecord } from "./errors.js"
import { Exchange } from "./exchange.js"
import { Http } from "./http.js"
import { LiveQueries } from "./live.js"
import { Tabs } from "./locks.js"
import { Network } from "./network.js"
import { Records } from "./records.js"
import { EntitySet } from "./sets.js"
import { Store, stores } from "./store.js"
import { Watch } from "./watch.js"

export * from "./errors.js"
export { Query } from "./query.js"
export { compile } from "./filter.js"

const LOCK = "encryption"
const SOON = 300 // milliseconds from an edit to its push
const A_MOMENT = 50
const A_LITTLE_LONGER = 250 // while a synchronisation is at work, which has better things to do than to count
const FIRST_PAUSE = 2_000
const LONGEST_PAUSE = 5 * 60_000

export class OfflineClient {
  #events = new EventTarget()
  #sealer = new Sealer()
  #sets
  #store
  #http
  #exchange
  #network
  #live
  #tabs
  #watch
  #timer = null
  #pause = FIRST_PAUSE
  #retryAt = 0
  #interval
  #running = null
  #started = false
  #atWork = 0
  #counting = 0

  /**
   * `sets` says for each entity set `{ key, filter, indexes, encrypted, pageSize }`; `token` is asked for a bearer token
   * (`async ({ refused }) => "…"`); `interval` is how often to look for news, in milliseconds.
   */
  constructor({ name, url, sets, token = null, timeout = undefined, interval = 60_000 }) {
    this.name = name
    this.#interval = interval
    this.#sets = new Map(Object.entries(sets).map(([each, options]) => [each, new EntitySet(each, options)]))
    this.#http = new Http({ url, token, timeout })
    const clock = { now: () => new Date(Date.now() + this.#http.skew).toISOString(), newId: () => crypto.randomUUID() }
    this.#store = new Store(name, this.#sets, this.#sealer, clock)
    this.#exchange = new Exchange(this.#store, this.#http, (type, detail) => this.#tell(type, detail))
    this.#network = new Network(this.#http, (isOnline) => this.#wentOnline(isOnline))
    this.#watch = new Watch(this.#http, this.#store.locks, () => this.#soon(SOON))
    this.#live = new LiveQueries((set, query) => this.set(set).query(query))
    this.#tabs = new Tabs(name, ({ type, detail }) => this.#heard(type, detail))
  }

  /** The stores that a library has to make which opens the database itself; see docs/offline-browser.md. */
  static stores(sets) {
    return stores(Object.entries(sets).map(([name, options]) => new EntitySet(name, options)))
  }

  set(name) {
    return new Records(this.#named(name), this, this.#store, this.#live)
  }

  #named(name) {
    const found = this.#sets.get(name)
    if (!found) throw new WrongRecord(`there is no set ${name}; there are ${[...this.#sets.keys()].join(", ")}`)
    return found
  }

  get isOnline() {
    return this.#network.isOnline
  }

  /** Listen to `change`, `conflict`, `rejected`, `overruled`, `progress`, `synced`, `status`, `quota`, `unauthorized`; returns a
   * function that ends it. */
  on(type, listener) {
    const hear = ({ detail }) => listener(detail)
    this.#events.addEventListener(type, hear)
    return () => this.#events.removeEventListener(type, hear)
  }

  // --- encryption ----------------------------------------------------------------------------------------------------

  /** Open the encrypted sets. The key is made of the passphrase (or is a CryptoKey of the application's) and is never stored. */
  async unlock(passphraseOrKey) {
    await this.#store.locks.hold("unlock", async () => {
      const kept = (await this.#store.kept(LOCK)) ?? undefined
      const how = typeof passphraseOrKey === "string" ? "unlock" : "use"
      const made = await this.#sealer[how](passphraseOrKey, kept)
      if (!kept) await this.#store.keep({ name: LOCK, ...made })
    })
    for (const set of this.#sets.values()) if (set.encrypted) this.#live.changed(set.name)
  }

  lock() {
    this.#sealer.lock()
  }

  // --- the queue -----------------------------------------------------------------------------------------------------

  /** What the server has not taken over yet, in the order in which it was done. */
  async queue() {
    const operations = await this.#store.operations()
    return Promise.all(operations.map((each) => this.#shown(each)))
  }

  async conflicts() {
    return (await this.queue()).filter(({ state }) => state === "open")
  }

  async status() {
    const [pending, sent, conflicts, rejected] = await this.#store.counts(["pending", "sent", "open", "dead"])
    return { online: this.isOnline, syncing: this.#atWork > 0, pending: pending + sent, conflicts, rejected }
  }

  /** Decide a conflict: "mine", "theirs", or the record as it is to be (null to delete it). */
  resolve(operation, choice) {
    return this.#decide(operation, "open", (transitions, state, found, key) => {
      const isRecord = typeof choice === "object" && choice !== null
      return transitions.resolved(state, found, isRecord ? { ...choice, ...key } : choice)
    })
  }

  /** Send once more what the server has refused. */
  retry(operation) {
    return this.#decide(operation, "dead", (transitions, state, found) => transitions.retried(state, found))
  }

  /** Give up what was refused: the record is again what the server has. */
  discard(operation) {
    return this.#decide(operation, "dead", (transitions, state, found) => transitions.discarded(state, found))
  }

  async #decide(given, wanted, transition) {
    const id = given.id ?? given
    const operation = (await this.#store.operations()).find((each) => each.id === id && each.state === wanted)
    if (!operation) throw new WrongRecord(`operation ${id} is not ${wanted === "open" ? "in conflict" : "refused"}`)
    const set = this.#sets.get(operation.set)
    await this.edit(async (editing) => {
      const state = await editing.state(set, operation.key)
      const found = state.operations.find((each) => each.id === id)
      if (!found) return
      const next = transition(this.#store.transitions(set), state, found, set.keyMembers(operation.key))
      editing.set(set, operation.key, next)
    })
  }

  async #shown({ id, set, key, action, state, at, data, from, error, conflict }) {
    const mine = action === "delete" ? null : await this.#store.record(this.#sets.get(set), key)
    const shown = { id, set, key, action, state, at, data, base: from, mine }
    if (error) shown.error = error
    if (conflict) Object.assign(shown, { columns: conflict.columns, theirs: conflict.theirs })
    return shown
  }

  /** Change the store by hand of its transitions; what was touched is told to everybody. For the classes of this module. */
  async edit(work) {
    try {
      const touched = await this.#store.change(async (editing) => {
        await work(editing)
        return editing.touched
      })
      this.#tell("change", touched)
    } catch (error) {
      if (error instanceof QuotaExceeded) this.#tell("quota", { error })
      throw error
    }
    this.#soon(SOON)
    this.#registerBackgroundSync()
  }

  // --- synchronisation -----------------------------------------------------------------------------------------------

  /** Synchronise by itself from now on: when the network or the user comes back, after edits, and every `interval`. */
  async start() {
    this.#started = true
    globalThis.document?.addEventListener("visibilitychange", this.#returned)
    this.#watch.start([...this.#sets.values()].filter(({ watch }) => watch))
    const isOnline = await this.#network.start()
    this.#tellStatus()
    if (isOnline) await this.sync().catch(() => {}) // it is told, and comes again
    else this.#soon(this.#interval)
  }

  async stop() {
    this.#started = false
    globalThis.document?.removeEventListener("visibilitychange", this.#returned)
    this.#watch.stop()
    clearTimeout(this.#timer)
    this.#network.stop()
    await this.#running?.catch(() => {})
  }

  async close() {
    await this.stop()
    this.#tabs.close()
    await this.#store.database.close()
  }

  /** Delete the database, at the end of a session on a device of others. What was not sent is lost. */
  async forget() {
    await this.close()
    await this.#store.database.delete()
  }

  /**
   * Push, then pull. One tab does it at a time. Resolves to `{ pushed, conflicts, rejected, pulled, deleted, errors }`; rejects with
   * `NotReachable`, `Unauthorized` or `QuotaExceeded` where it could not end; whatever was reached by then stays.
   */
  sync({ force = false } = {}) {
    this.#running ??= this.#synchronised(force).finally(() => (this.#running = null))
    return this.#running
  }

  async #synchronised(force) {
    const outcome = await this.#alone(force, async (exchange) => ({ ...(await exchange.push()), ...(await exchange.pullAll()) }))
    this.#tell("synced", outcome)
    return outcome
  }

  /** Only send the queue. Resolves to `{ pushed, conflicts, rejected }`. */
  push({ force = false } = {}) {
    return this.#alone(force, (exchange) => exchange.push())
  }

  /** Only look for news of one set. Resolves to `{ written, deleted }`. */
  pull(name, { force = false } = {}) {
    return this.#alone(force, (exchange) => exchange.pull(this.#named(name)))
  }

  /** Compare a set with the server, and fetch what differs and nothing else. Resolves to
   * `{ set, rows, checksum, flipped, outdated, surplus, isClean }`. */
  verify(name, { force = false } = {}) {
    return this.#alone(force, (exchange) => exchange.verify(this.#named(name)))
  }

  /** Read a set from the beginning at the next synchronisation, as if nothing were known of it. No edit is lost. */
  async reset(name) {
    await this.#exchange.reset(this.#named(name))
  }

  /** One at a time, over all tabs; `force` does not wait for as long as the server has asked us to. */
  async #alone(force, work) {
    clearTimeout(this.#timer)
    const wait = this.#retryAt - Date.now()
    if (wait > 0 && !force) {
      this.#soon(wait)
      throw new NotReachable("the server has asked us to wait", { retryAt: this.#retryAt })
    }
    this.#busy(1)
    try {
      const outcome = await this.#store.locks.hold("sync", () => work(this.#exchange))
      this.#network.heard(true)
      this.#pause = FIRST_PAUSE
      this.#soon(this.#interval)
      return outcome
    } catch (error) {
      this.#failed(error)
      throw error
    } finally {
      this.#busy(-1)
    }
  }

  #busy(more) {
    this.#atWork += more
    this.#tellStatus()
  }

  /** For the classes of this module: wait until it is known what was learnt before. */
  remember() {
    return this.#exchange.remember()
  }

  #failed(error) {
    if (error instanceof Unauthorized) this.#tell("unauthorized", { error })
    if (error instanceof QuotaExceeded) this.#tell("quota", { error })
    if (error instanceof NotReachable) this.#network.heard(error.status !== undefined && error.status < 500)
    this.#retryAt = error.retryAt ?? 0
    const pause = Math.max(this.#retryAt - Date.now(), this.#pause * (0.5 + Math.random() / 2))
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#soon(pause)
  }

  #soon(pause) {
    if (!this.#started) return
    clearTimeout(this.#timer)
    const wait = Math.max(pause, this.#retryAt - Date.now())
    this.#timer = setTimeout(() => this.sync().catch(() => {}), wait)
  }

  #returned = () => {
    if (document.visibilityState === "visible") this.#soon(0)
  }

  #wentOnline(isOnline) {
    this.#tellStatus()
    if (isOnline && this.#started && this.#atWork === 0) this.#soon(0)
  }

  async #registerBackgroundSync() {
    const registration = await globalThis.navigator?.serviceWorker?.getRegistration?.().catch(() => undefined)
    await registration?.sync?.register(backgroundTag(this.name)).catch(() => {}) // the user may have forbidden it
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  #tell(type, detail) {
    this.#heard(type, detail)
    if (TO_ALL_TABS.has(type)) this.#tabs.tell({ type, detail })
  }

  #heard(type, detail) {
    if (type === "change") {
      for (const { set, keys } of detail) {
        this.#live.changed(set)
        this.#dispatch("change", { set, keys })
      }
      this.#tellStatus()
    } else {
      this.#dispatch(type, detail)
    }
  }

  #dispatch(type, detail) {
    this.#events.dispatchEvent(new CustomEvent(type, { detail }))
  }

  /** Many changes while it is counted are one reason to count again. */
  async #tellStatus() {
    if (this.#counting++ > 0) return
    for (let seen = 0; seen !== this.#counting; ) {
      seen = this.#counting
      const status = await this.status().catch(() => null) // the store may be locked, or closed already
      if (status) this.#dispatch("status", status)
      await new Promise((go) => setTimeout(go, this.#atWork > 0 ? A_LITTLE_LONGER : A_MOMENT))
    }
    this.#counting = 0
  }
}

const TO_ALL_TABS = new Set(["change", "conflict", "rejected", "synced"])

/** The tag under which the browser calls the service worker when there is a network. */
export const backgroundTag = (name) => `odata-offline:${name}`
