import { NotReachable, Refused, Unauthorized } from "./errors.js"
import { UNSEEN } from "./store.js"

const IN_ONE_PUSH = 100
const TOO_MUCH = new Set([413])
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
  #size = IN_ONE_PUSH

  constructor(store, http, tell) {
    this.#store = store
    this.#http = http
    this.#tell = tell
  }

  /** Resolves to what became of the operations: `{ done, conflicts, rejected }`. Safe to repeat. */
  async run() {
    const total = { done: 0, conflicts: 0, rejected: 0 }
    const settled = new Set() // what was refused or is in conflict is not tried again in the same push
    for (;;) {
      const batch = ready(await this.#store.operations(), settled).slice(0, this.#size)
      if (batch.length === 0) return total
      for (const [name, count] of Object.entries(await this.#pushed(batch, settled))) total[name] += count
      this.#tell("progress", { phase: "push", done: total.done })
    }
  }

  async #pushed(batch, settled) {
    const wires = await this.#marked(batch)
    if (wires.length === 0) return {}
    let answer
    try {
      answer = await this.#http.post("", { operations: wires })
    } catch (error) {
      return this.#failed(error, wires, settled)
    }
    this.#size = Math.min(this.#size * 2, IN_ONE_PUSH)
    return this.#heard(answer.results ?? [], settled)
  }

  /** The operations as they are sent, which from now on do not change. */
  #marked(batch) {
    return this.#store.change(async (editing) => {
      const wires = []
      for (const { set: name, key, id } of batch) {
        const set = this.#store.sets.get(name)
        const state = await editing.state(set, key)
        const operation = state.operations.find((each) => each.id === id)
        if (!operation) continue // it was edited meanwhile, and comes with the next batch
        const transitions = this.#store.transitions(set)
        const wire = operation.sent ?? transitions.wire(operation, set.keyMembers(key))
        if (!operation.sent) editing.set(set, key, transitions.sent(state, operation, wire))
        wires.push(wire)
      }
      return wires
    })
  }

  async #failed(error, wires, settled) {
    if (error instanceof Refused) return this.#refusedWhole(error, wires, settled)
    if (error instanceof Unauthorized) await this.#unsent(wires)
    if (error instanceof NotReachable && error.status >= 500 && error.status !== 503) {
      if (wires.length > 1) {
        this.#size = Math.ceil(wires.length / 2) // one of them may be what the server fails at
        return {}
      }
      if (await this.#lostPatience(wires[0])) return this.#settle(wires, error, settled)
    }
    throw error
  }

  /** A push that was refused as a whole has done nothing. Smaller ones find out which operation is to blame. */
  async #refusedWhole(error, wires, settled) {
    await this.#unsent(wires)
    if (error.status === 401 || error.status === 403) throw new Unauthorized(error.message, { status: error.status })
    if (wires.length > 1 && (TOO_MUCH.has(error.status) || error.status === 400 || error.status === 422)) {
      this.#size = Math.ceil(wires.length / 2)
      return {}
    }
    return this.#settle(wires, error, settled)
  }

  #unsent(wires) {
    return this.#change(wires, (transitions, state, operation) => transitions.unsent(state, operation))
  }

  async #settle(wires, error, settled) {
    const { status, code, message, target } = error
    const said = { status, code: code ?? "ServerFails", message, target }
    await this.#change(wires, (transitions, state, operation) => transitions.refused(state, operation, said))
    for (const { id } of wires) settled.add(id)
    this.#tell("rejected", { error: said, operations: wires.map(({ id }) => id) })
    return { rejected: wires.length }
  }

  async #lostPatience({ id }) {
    let attempts = 0
    await this.#change([{ id }], (transitions, state, operation) => {
      attempts = operation.attempts + 1
      return { ...state, operations: state.operations.map((each) => (each.id === id ? { ...each, attempts } : each)) }
    })
    return attempts >= PATIENCE
  }

  async #change(wires, transition) {
    const ids = new Set(wires.map(({ id }) => id))
    const operations = (await this.#store.operations()).filter(({ id }) => ids.has(id))
    const touched = await this.#store.change(async (editing) => {
      for (const { set: name, key, id } of operations) {
        const set = this.#store.sets.get(name)
        const state = await editing.state(set, key)
        const operation = state.operations.find((each) => each.id === id)
        if (operation) editing.set(set, key, transition(this.#store.transitions(set), state, operation))
      }
      return editing.touched
    })
    this.#tell("change", touched)
  }

  /** What came of each operation, written in one transaction. */
  async #heard(results, settled) {
    const operations = new Map((await this.#store.operations()).map((each) => [each.id, each]))
    const known = results.filter(({ id }) => operations.has(id))
    const fetched = await this.#fetchedWhereInDoubt(known, operations)
    const count = { done: 0, conflicts: 0, rejected: 0 }
    const events = []
    const touched = await this.#store.change(async (editing) => {
      for (const result of known) {
        const { set: name, key } = operations.get(result.id)
        const set = this.#store.sets.get(name)
        const state = await editing.state(set, key)
        const operation = state.operations.find((each) => each.id === result.id)
        if (operation) {
          const outcome = this.#outcome(set, key, state, operation, result, fetched)
          editing.set(set, key, outcome.state)
          editing.remove(UNSEEN, [name, key]) // a pull from the beginning may have passed its place
          count[outcome.counts] += 1
          if (outcome.event) events.push(outcome.event)
          if (outcome.counts !== "done") settled.add(outcome.id)
        }
      }
      return editing.touched
    })
    this.#tell("change", touched)
    for (const [type, detail] of events) this.#tell(type, detail)
    if (known.some(({ result }) => result === "added")) await this.#wake(settled)
    return count
  }

  #outcome(set, key, state, operation, result, fetched) {
    const transitions = this.#store.transitions(set)
    const about = { set: set.name, key, operation: operation.id }
    if (result.result === "open") {
      const next = transitions.conflicted(state, operation, result.conflict)
      const now = next.operations.find(({ seq }) => seq === operation.seq)
      if (now.state !== "open") return { state: next, counts: "done" }
      return { state: next, counts: "conflicts", id: operation.id, event: ["conflict", about] }
    }
    if (result.result === "rejected" || result.result === "undone") {
      const error = { status: result.status, ...result.error }
      const next = transitions.refused(state, operation, error)
      return { state: next, counts: "rejected", id: operation.id, event: ["rejected", { ...about, error }] }
    }
    const record = fetched.has(operation.id) ? fetched.get(operation.id) : recordIn(result)
    const known = fetched.has(operation.id) ? { ...state, server: undefined } : state
    const overruled = result.conflict && result.conflict.resolution !== "merge"
    const detail = { ...about, winner: result.conflict?.resolution, mine: state.record, theirs: recordIn(result) }
    const event = overruled && result.result === "kept" ? ["overruled", detail] : undefined
    return { state: transitions.acknowledged(known, operation, record), counts: "done", event }
  }

  /** Where an answer that comes late contradicts a pull, the server is asked how the record is now. */
  async #fetchedWhereInDoubt(results, operations) {
    const fetched = new Map()
    for (const result of results) {
      if (result.result === "open" || result.result === "rejected") continue
      const { set: name, key } = operations.get(result.id)
      const set = this.#store.sets.get(name)
      const [{ state }] = await this.#store.states(set, [key])
      if (this.#store.transitions(set).isDoubtful(state, recordIn(result))) {
        fetched.set(result.id, await fetchRecord(this.#http, set, key))
      }
    }
    return fetched
  }

  /** What was refused because a record was not there that it refers to may be done now. */
  async #wake(settled) {
    const waiting = (await this.#store.operations()).filter(({ error }) => error?.code === "ReferenceMissing")
    if (waiting.length === 0) return
    for (const { id } of waiting) settled.delete(id)
    await this.#change(waiting, (transitions, state, operation) => transitions.retried(state, operation))
  }
}

/** The first operation of each record, in the order of the queue. Records that wait for a decision wait with all they have. */
function ready(operations, settled) {
  const seen = new Set()
  const first = operations.filter(({ set, key }) => {
    const record = JSON.stringify([set, ...key])
    return !seen.has(record) && seen.add(record)
  })
  return first.filter(({ state, id }) => (state === "pending" || state === "sent") && !settled.has(id))
}

/** The server's record after an operation: null where there is none. */
function recordIn(result) {
  return result.record ?? result.conflict?.server ?? null
}

export async function fetchRecord(http, set, key) {
  const filter = set.key.map((name, index) => `${name} eq ${set.literal(name, key[index])}`).join(" and ")
  const answer = await http.get(set.name, { $filter: filter, limit: 1 })
  return answer.records[0] ?? null
}
