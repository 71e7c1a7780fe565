import { Locked, NotReachable, QuotaExceeded, Unauthorized, WrongRecord } from "./errors.js"
import { Pull } from "./pull.js"
import { Push } from "./push.js"
import { Verify } from "./verify.js"

const SETS = "sets" // as the server has described them

/** What is done with a server: push, pull, verify. Whoever asks for it sees to it that nobody else does at the same time. */
export class Exchange {
  #store
  #http
  #tell
  #most = undefined // operations of a push at once, as far as the server has shown patience
  #described = false
  #remembered = null

  constructor(store, http, tell) {
    this.#store = store
    this.#http = http
    this.#tell = tell
  }

  async push() {
    await this.#learn()
    const push = new Push(this.#store, this.#http, this.#tell, this.#most)
    try {
      const { done, conflicts, rejected } = await push.run()
      return { pushed: done, conflicts, rejected }
    } finally {
      this.#most = push.most
    }
  }

  async pull(set) {
    await this.#learn()
    return new Pull(this.#store, this.#http, this.#tell).run(set)
  }

  /** One set that fails does not hold up the others. */
  async pullAll() {
    const outcome = { pulled: 0, deleted: 0, errors: [] }
    for (const set of this.#store.sets.values()) {
      if (!this.#store.isOpen(set)) continue
      try {
        const { written, deleted } = await this.pull(set)
        outcome.pulled += written
        outcome.deleted += deleted
      } catch (error) {
        if (error instanceof NotReachable || error instanceof Unauthorized || error instanceof QuotaExceeded) throw error
        outcome.errors.push({ set: set.name, error })
      }
    }
    return outcome
  }

  async verify(set) {
    if (!this.#store.isOpen(set)) throw new Locked(`${set.name} is encrypted; unlock it first`)
    await this.#learn()
    return new Verify(this.#store, this.#http, this.#tell).run(set)
  }

  reset(set) {
    return new Pull(this.#store, this.#http, () => {}).beginAnew(set)
  }

  /** What the sets are: their stamps, and which properties are of which type. Known from the last time while offline. */
  async #learn() {
    if (this.#described) return
    const { sets } = await this.#http.get("")
    this.#describe(sets)
    await this.#store.keep({ name: SETS, sets })
    this.#described = true
  }

  /** Wait until it is known what was learnt before. */
  async remember() {
    this.#remembered ??= this.#store.kept(SETS).then((kept) => kept && !this.#described && this.#describe(kept.sets))
    await this.#remembered
  }

  #describe(sets) {
    for (const each of sets) {
      const set = this.#store.sets.get(each.name)
      if (!set) continue
      if (String(set.key) !== String(each.key)) throw new WrongRecord(`the server knows ${set.name} by ${each.key}, not by ${set.key}`)
      set.description = each
    }
  }
}
