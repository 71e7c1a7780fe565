const PAUSE = 10_000

/**
 * The server says when a set has changed, as long as a page is open (`GET Orders/$changes`), so that nobody waits for the next
 * look. One tab listens for all of them: browsers have few connections to a host.
 */
export class Watch {
  #http
  #locks
  #changed
  #abort = null

  constructor(http, locks, changed) {
    this.#http = http
    this.#locks = locks
    this.#changed = changed
  }

  start(sets) {
    this.#abort = new AbortController()
    const { signal } = this.#abort
    for (const set of sets) this.#locks.hold(`watch ${set.name}`, () => this.#listen(set, signal))
  }

  stop() {
    this.#abort?.abort()
  }

  async #listen(set, signal) {
    while (!signal.aborted) {
      try {
        if (globalThis.navigator?.onLine !== false) await this.#hear(set, signal)
      } catch {
        // there is no network, or the server has ended it: the next look is by the clock
      }
      await pause(PAUSE, signal)
    }
  }

  async #hear(set, signal) {
    for await (const _ of this.#http.events(`${set.name}/$changes`, signal)) this.#changed()
  }
}

function pause(milliseconds, signal) {
  return new Promise((go) => {
    const timer = setTimeout(go, milliseconds)
    signal.addEventListener("abort", () => (clearTimeout(timer), go()), { once: true })
  })
}
