const PATIENCE = 5_000
const AGAIN = 30_000 // how often to look whether a network that the browser has leads anywhere

/**
 * Is the server there? The browser knows when it has no network at all; that a network leads to the server only a request can
 * tell. `probe()` makes one; `heard(isThere)` is told what other requests found out.
 */
export class Network {
  #http
  #changed
  #timer = null
  #online = globalThis.navigator?.onLine ?? true

  constructor(http, changed) {
    this.#http = http
    this.#changed = changed
  }

  get isOnline() {
    return this.#online
  }

  start() {
    globalThis.addEventListener?.("online", this.#look)
    globalThis.addEventListener?.("offline", this.#lost)
    return this.probe()
  }

  stop() {
    globalThis.removeEventListener?.("online", this.#look)
    globalThis.removeEventListener?.("offline", this.#lost)
    clearTimeout(this.#timer)
  }

  /** Ask the server for anything. Resolves to whether it has answered, be it with a refusal. */
  async probe() {
    if (globalThis.navigator?.onLine === false) return this.heard(false)
    return this.heard(await this.#http.answers(PATIENCE))
  }

  heard(answered) {
    clearTimeout(this.#timer)
    const isThere = answered && globalThis.navigator?.onLine !== false // it may have gone since the answer came
    if (!isThere) this.#timer = setTimeout(this.#look, AGAIN)
    if (isThere !== this.#online) {
      this.#online = isThere
      this.#changed(isThere)
    }
    return isThere
  }

  #look = () => {
    if (globalThis.document?.visibilityState !== "hidden") this.probe()
  }

  #lost = () => this.heard(false)
}
