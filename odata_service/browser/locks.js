/** One at a time, over all tabs where the browser has Web Locks (pages from https or localhost), else within this one. */
export class Locks {
  #name
  #waiting = new Map()

  constructor(name) {
    this.#name = name
  }

  hold(what, work) {
    const name = `${this.#name}/${what}`
    return globalThis.navigator?.locks ? navigator.locks.request(name, work) : this.#queued(name, work)
  }

  #queued(name, work) {
    const before = this.#waiting.get(name) ?? Promise.resolve()
    const done = before.then(work)
    this.#waiting.set(name, done.catch(() => {}))
    return done
  }
}

/** Words to the other tabs of the same application. */
export class Tabs {
  #channel

  constructor(name, heard) {
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(name)
      this.#channel.onmessage = ({ data }) => heard(data)
      this.#channel.unref?.() // Node would wait for it
    }
  }

  tell(message) {
    this.#channel?.postMessage(message)
  }

  close() {
    this.#channel?.close()
  }
}
