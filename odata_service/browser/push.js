import { NotReachable, Refused, Unauthorized } from "./errors.js"
import { UNSEEN } from "./store.js"

const IN_ONE_PUSH = 100
const IMPATIENT = new Set([408, 503, 504]) // so much at once may take longer than the server lets a request run
const MAY_BE_ONE_OF_THEM = new Set([400, 413, 422]) // what a whole push is refused with for the sake of one operation
const PATIENCE = 4 // pushes in which one operation alone makes the server fail, before it stands aside

/**
 * Send the queue. Of each record one operation is on its way at a time, because what comes next depends on what became of
 * it; operations are marked as sent before they are, and sent again just so until their answer was heard: the server does an
 * operation once, however often it comes.
 */
export class Push {
  #store
  #http
  #tell
  #size
  most // operations at once; the next push begins with what this one has learnt
  #settled = new Set() // what was refused or is in conflict is not tried again in the same push
  #total = { done: 0, conflicts: 0, rejected: 0 }

  constructor(store, http, tell, most = IN_ONE_PUSH) {
    this.#size = this.most = most
    this.#store = store
    this.#http = http
    this.#tell = tell
  }

  /** Resolves to what became of the operations: `{ done, conflicts, rejected }`. Safe to repeat. */
  async run() {
    for (let all = await this.#ready(); all.length > 0; all = await this.#ready()) {
      while (all.length > 0) {
        await this.#pushed(all.splice(0, this.#size))
        this.#tell("progress", { phase: "push", done: this.#total.done })
      }
    }
    return this.#total
  }

  /** The first operation of each record, in the order of the queue. Records that wait for a decision wait with all they have. */
  async #ready() {
    const seen = new Set()
    const first = (await this.#store.queue()).filter(({ set, key }) => {
      const record = JSON.stringify([set, ...key])
      return !seen.has(record) && seen.add(record)
    })
    return first.filter(
      ({ set, state, id }) =>
        (state === "pending" || state === "sent") && !this.#settled.has(id) && this.#store.isOpen(this.#store.sets.get(set)),
    )
  }

  async #pushed(batch) {
    const wires = await this.#marked(batch)
    if (wires.length === 0) return
    const going = batch.filter(({ id }) => wires.some((wire) => wire.id === id))
    let answer
    try {
      answer = await this.#http.post("", { operations: wires })
    } catch (error) {
      await this.#failed(error, going)
      return
    }
    this.#size = Math.min(this.#size * 2, this.most)
    await this.#heard(answer.results ?? [], going)
  }

  /** The operations as they are sent, which from now on do not change. */
  async #marked(batch) {
    const wires = []
    await this.#change(batch, (transitions, state, operation, set, key) => {
      const wire = operation.sent ?? transitions.wire(operation, set.keyMembers(key))
      wires.push(wire)
      return operation.sent ? state : transitions.sent(state, operation, wire)
    })
    return wires
  }

  // --- when there is no answer, or one to all of them --------------------------------------------------------------------

  async #failed(error, batch) {
    if (error instanceof Unauthorized) await this.#unsent(batch)
    if (error instanceof Refused) return this.#refusedWhole(error, batch)
    if (IMPATIENT.has(error.status)) this.most = Math.ceil(batch.length / 2)
    if (error instanceof NotReachable && error.status >= 500 && error.status !== 503) {
      if (batch.length > 1) return this.#smaller(batch) // one of them may be what the server fails at
      if (await this.#lostPatience(batch)) return this.#settle(batch, error)
    }
    throw error
  }

  /** A push that was refused as a whole has done nothing. Smaller ones find out which operation is to blame. */
  async #refusedWhole(error, batch) {
    await this.#unsent(batch)
    if (error.status === 403) throw new Unauthorized(error.message, { status: error.status })
    if (!MAY_BE_ONE_OF_THEM.has(error.status)) throw error
    return batch.length > 1 ? this.#smaller(batch) : this.#settle(batch, error)
  }

  #smaller(batch) {
    this.#size = Math.ceil(batch.length / 2)
  }

  #unsent(batch) {
    return this.#change(batch, (transitions, state, operation) => transitions.unsent(state, operation))
  }

  async #settle(batch, { status, code, message, target }) {
    const error = { status, code: code ?? "ServerFails", message, target }
    await this.#change(batch, (transitions, state, operation) => transitions.refused(state, operation, error))
    for (const { set, key, id } of batch) {
      this.#settled.add(id)
      this.#tell("rejected", { set, key, operation: id, error })
    }
    this.#total.rejected += batch.length
  }

  /** Whether it is the operation that makes the server fail: it does so again and again, while other requests are answered. */
  async #lostPatience(batch) {
    await this.#http.get("")
    let attempts = 0
    await this.#change(batch, (transitions, state, operation) => {
      attempts = operation.attempts + 1
      return { ...state, operations: state.operations.map((each) => (each.id === operation.id ? { ...each, attempts } : each)) }
    })
    return attempts >= PATIENCE
  }

  // --- answers -----------------------------------------------------------------------------------------------------------

  /** What came of each operation, written in one transaction. */
  async #heard(results, batch) {
    const sent = new Set(batch.map(({ id }) => id))
    const known = new Map(results.filter(({ id }) => sent.has(id)).map((result) => [result.id, result]))
    for (const id of sent) if (!known.has(id)) this.#settled.add(id) // it is asked for again with the next push
    const inDoubt = await this.#done(batch, known)
    for (const operation of inDoubt) {
      const set = this.#store.sets.get(operation.set)
      const fetched = { record: await fetchRecord(this.#http, set, operation.key) }
      await this.#done([operation], known, fetched)
    }
    if (results.some(({ result }) => result === "added")) await this.#wake()
  }

  /** Resolves to the operations whose answers came late and contradict a pull: of those the server has to be asked how the
   * record is now, and told by `fetched`. */
  async #done(batch, known, fetched = null) {
    const [events, inDoubt] = [[], []]
    const heard = batch.filter(({ id }) => known.has(id))
    await this.#change(heard, (transitions, state, operation, set, key, editing) => {
      const result = known.get(operation.id)
      const answered = fetched ? fetched.record : recordAfter(operation, result)
      const record = set.keeps(answered) ? answered : null // a pull would not bring it, either
      const isDone = !["open", "rejected", "undone"].includes(result.result)
      if (isDone && !fetched && transitions.isDoubtful(state, record)) {
        inDoubt.push({ set: set.name, key, id: operation.id })
        return state
      }
      const before = fetched ? { ...state, server: undefined } : state
      const outcome = this.#outcome({ transitions, state: before, operation, set, key }, result, record)
      editing.remove(UNSEEN, [set.name, key]) // a pull from the beginning may have passed its place
      this.#total[outcome.counts] += 1
      if (outcome.event) events.push(outcome.event)
      if (outcome.counts !== "done") this.#settled.add(operation.id)
      return outcome.state
    })
    for (const [type, detail] of events) this.#tell(type, detail)
    return inDoubt
  }

  #outcome({ transitions, state, operation, set, key }, result, record) {
    const about = { set: set.name, key, operation: operation.id }
    if (result.result === "open") {
      const next = transitions.conflicted(state, operation, result.conflict)
      const isOpen = next.operations.some(({ seq, state: now }) => seq === operation.seq && now === "open")
      return isOpen ? { state: next, counts: "conflicts", event: ["conflict", about] } : { state: next, counts: "done" }
    }
    if (result.result === "rejected" || result.result === "undone") {
      const error = { status: result.status, ...result.error }
      return { state: transitions.refused(state, operation, error), counts: "rejected", event: ["rejected", { ...about, error }] }
    }
    const detail = { ...about, winner: result.conflict?.resolution, mine: state.record, theirs: record }
    const event = result.result === "kept" ? ["overruled", detail] : undefined
    return { state: transitions.acknowledged(state, operation, record), counts: "done", event }
  }

  /** What was refused because a record was not there that it refers to may be done now. */
  async #wake() {
    const waiting = (await this.#store.operations("dead")).filter(({ error }) => error?.code === "ReferenceMissing")
    for (const { id } of waiting) this.#settled.delete(id)
    await this.#change(waiting, (transitions, state, operation) => transitions.retried(state, operation))
  }

  /** Change the records of some operations by a transition; those that are in the queue no more are left alone. */
  async #change(operations, transition) {
    if (operations.length === 0) return
    const touched = await this.#store.change(async (editing) => {
      await editing.loadOf(operations)
      for (const { set: name, key, id } of operations) {
        const set = this.#store.sets.get(name)
        const state = await editing.state(set, key)
        const operation = state.operations.find((each) => each.id === id)
        if (!operation) continue // it was edited meanwhile, and comes with the next batch
        const next = transition(this.#store.transitions(set), state, operation, set, key, editing)
        if (next !== state) editing.set(set, key, next)
      }
      return editing.touched
    })
    this.#tell("change", touched)
  }
}

/** The server's record after an operation: null where there is none. */
function recordAfter({ action }, result) {
  if (action === "delete" && result.result !== "kept") return null
  return result.record ?? result.conflict?.server ?? null
}

async function fetchRecord(http, set, key) {
  const answer = await http.get(set.name, { $filter: set.condition(key), limit: 1 })
  return answer.records[0] ?? null
}
