/** Queries that are answered anew when records of their set have changed, here or in another tab. */
export class LiveQueries {
  #ask
  #running = new Map() // by set

  constructor(ask) {
    this.#ask = ask
  }

  /** Calls `show(answer)` now and whenever the answer is another one; returns a function that ends it. */
  subscribe(set, query, show, failed = console.error) {
    const live = { query, show, failed, last: undefined, waiting: false, again: false, ended: false }
    const ofSet = this.#running.get(set) ?? this.#running.set(set, new Set()).get(set)
    ofSet.add(live)
    this.#refresh(set, live)
    return () => {
      live.ended = true
      ofSet.delete(live)
    }
  }

  changed(set) {
    for (const live of this.#running.get(set) ?? []) this.#refresh(set, live)
  }

  /** Many changes while a query runs are one reason to run it again. */
  async #refresh(set, live) {
    live.again = true
    if (live.waiting) return
    live.waiting = true
    while (live.again && !live.ended) {
      live.again = false
      await this.#run(set, live)
    }
    live.waiting = false
  }

  async #run(set, live) {
    try {
      const answer = await this.#ask(set, live.query)
      const text = JSON.stringify(answer)
      if (live.ended || text === live.last) return
      live.last = text
      live.show(answer)
    } catch (error) {
      live.failed(error)
    }
  }
}
