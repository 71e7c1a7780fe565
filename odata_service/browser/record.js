/**
 * What becomes of one record when it is edited here, when the server answers, and when news of it arrive: pure functions
 * from one state to the next. A state is
 *
 *     { record, operations, server }
 *
 * `record` is what the application sees, null where there is none. `operations` are what the server has not taken over
 * yet, in their order. `server` is `{ record, doubtful }`, the server's record as it was heard of last; it is kept as long
 * as there are operations.
 *
 * An operation is `{ id, action, data, from, at, state }`: `data` is what was changed, `from` the record that it started from.
 * Its state is
 *
 *     pending   to be sent; further edits become a part of it
 *     sent      sent, and the answer was not heard yet: it may have been done. It does not change any more
 *     open      in conflict; the application decides
 *     dead      refused by the server, with `error`; it waits for an edit, `retry` or `discard`, and holds up nothing else
 */

export const NOTHING = Object.freeze({ record: null, operations: [], server: undefined })

/** Are two JSON values the same? */
export function same(one, other) {
  if (one === other || (one ?? null) === (other ?? null)) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => same(one[name], other[name]))
}

/** The record with everything that the operations do to it. */
export function overlaid(record, operations) {
  return operations.reduce(
    (found, { action, data }) => (action === "delete" ? null : action === "update" && !found ? null : { ...found, ...data }),
    record,
  )
}

/** Two operations as one; null where nothing is left to be done. */
function followed(first, next) {
  if (first === null) return next
  if (next.action === "update") return { ...first, data: { ...first.data, ...next.data }, at: next.at }
  if (next.action === "delete") return first.from ? { ...first, action: "delete", data: {}, at: next.at } : null
  return { ...first, action: first.from ? "replace" : "add", data: next.data, at: next.at }
}

// --- edits -----------------------------------------------------------------------------------------------------------

/** The transitions of a set's records, by what is known of the set. `now()` and `newId()` come from outside. */
export class Transitions {
  #set
  #now
  #newId

  constructor(set, now, newId) {
    this.#set = set
    this.#now = now
    this.#newId = newId
  }

  added(state, record) {
    const last = state.operations.at(-1)
    if (last?.action === "delete" && last.state !== "sent") {
      const data = this.#set.written(record)
      const from = last.from
      return this.#replacing(state, { ...this.#fresh("replace", data, from), seq: last.seq }, { ...from, ...record })
    }
    // What this client has deleted itself it may have back, see `conflicted`.
    const operation = { ...this.#fresh("add", this.#set.written(record), null), restores: last?.action === "delete" }
    return this.#queued(state, operation, record)
  }

  /** `changes` has the columns that are to be other than they are. */
  updated(state, changes) {
    const written = Object.entries(this.#set.written(changes))
    const data = Object.fromEntries(written.filter(([name, value]) => !same(state.record[name], value)))
    const record = { ...state.record, ...data }
    if (Object.keys(data).length === 0) return state
    const last = state.operations.at(-1)
    if (!last || last.state === "sent") return this.#queued(state, this.#fresh("update", data, state.record), record)
    const operation = { ...last, data: { ...last.data, ...data }, at: this.#now() }
    if (last.state === "open") return this.#replacing(state, operation, record)
    return this.#replacing(state, { ...operation, ...this.#anew() }, record)
  }

  removed(state) {
    const last = state.operations.at(-1)
    if (!last || last.state === "sent") return this.#queued(state, this.#fresh("delete", {}, state.record), null)
    if (last.action === "add" && !last.restores) return this.#without(state, last, state.server?.record ?? null)
    const operation = { ...last, action: "delete", data: {}, from: last.from ?? state.server?.record ?? null, at: this.#now() }
    if (last.state === "open") return this.#replacing(state, operation, null)
    return this.#replacing(state, { ...operation, ...this.#anew() }, null)
  }

  // --- what the server says ------------------------------------------------------------------------------------------

  /** News of a pull: the server's record, or null where it is gone. */
  pulled(state, record) {
    if (state.operations.length === 0) return { ...NOTHING, record }
    const doubtful = state.operations.some((each) => each.state === "sent")
    return this.#rebased(state, { record, doubtful })
  }

  /** An operation was done. `record` is the server's afterwards, null where there is none, undefined where we may not see it. */
  acknowledged(state, operation, record) {
    const operations = state.operations.filter((each) => each.id !== operation.id)
    const known = this.#newer(state.server, record)
    if (known === undefined) return operations.length ? { ...state, operations } : { ...NOTHING, record: state.record }
    if (operations.length === 0) return { ...NOTHING, record: known }
    return this.#rebased({ ...state, operations }, { record: known, doubtful: false })
  }

  /** Whether an answer and a pull contradict each other, so that the server has to be asked how the record is. */
  isDoubtful(state, record) {
    return Boolean(state.server?.doubtful) && (state.server.record === null) !== (record === null)
  }

  /** The server wants to know who wins. */
  conflicted(state, operation, conflict) {
    const theirs = conflict.server ?? null
    const version = conflict.version ?? theirs?.[this.#set.stamp] ?? null
    if (operation.restores && theirs === null && version !== null && operation.version !== version) {
      return this.#exchanged(state, { ...operation, ...this.#anew(), version })
    }
    const facts = { state: "open", sent: undefined, conflict: { columns: conflict.columns ?? [], theirs, version } }
    return this.#undone({ ...state, server: { record: theirs, doubtful: false } }, { ...operation, ...facts })
  }

  refused(state, operation, error) {
    return this.#undone(state, { ...operation, state: "dead", sent: undefined, error })
  }

  /** Nothing was done: what was edited after the operation had left is a part of it again. */
  #undone(state, operation) {
    const later = state.operations.filter(({ seq }) => seq !== operation.seq)
    const whole = later.reduce(followed, operation)
    if (whole === null) return { ...NOTHING, record: state.server?.record ?? null }
    return { ...state, operations: [{ ...whole, seq: operation.seq, id: operation.id }] }
  }

  // --- what the application decides ----------------------------------------------------------------------------------

  /** `choice` is "mine", "theirs", or the record as it is to be (null to delete it). */
  resolved(state, operation, choice) {
    const { theirs, version } = operation.conflict
    const wanted = choice === "mine" ? state.record : choice === "theirs" ? theirs : choice
    if (same(wanted, theirs)) return this.#without(state, operation, theirs)
    const record = wanted && { ...theirs, ...wanted }
    return this.#exchanged({ ...state, record }, { ...operation, ...this.#anew(), ...this.#towards(wanted, theirs, version) })
  }

  /** The operation that makes the server's record what it is to be, and knows what it overwrites. */
  #towards(wanted, theirs, version) {
    const told = { from: theirs, version: theirs ? undefined : version, at: this.#now() }
    if (wanted === null) return { ...told, action: "delete", data: {} }
    if (theirs === null) return { ...told, action: "add", data: this.#set.written(wanted) }
    const changed = Object.entries(this.#set.written(wanted)).filter(([name, value]) => !same(theirs[name], value))
    return { ...told, action: "update", data: Object.fromEntries(changed) }
  }

  retried(state, operation) {
    return this.#exchanged(state, { ...operation, ...this.#anew() })
  }

  /** Give an operation up: the record is what the server has. */
  discarded(state, operation) {
    return this.#without(state, operation, state.server?.record ?? null)
  }

  /** The operation is on its way as `wire`; until its answer is heard, it is sent again just so. */
  sent(state, operation, wire) {
    return this.#exchanged(state, { ...operation, state: "sent", sent: wire })
  }

  /** The server has said that it did nothing. */
  unsent(state, operation) {
    return operation.state === "sent" ? this.#exchanged(state, { ...operation, state: "pending", sent: undefined }) : state
  }

  /** What is sent of an operation (docs/sync.md, Push). */
  wire(operation, key) {
    const { id, action, data, from, at } = operation
    const wire = { id, set: this.#set.name, action, data: { ...data, ...key }, at }
    const version = operation.version ?? from?.[this.#set.stamp]
    if (version) wire.version = version
    if (from && action === "update") wire.base = picked(from, Object.keys(data))
    if (from && action !== "update") wire.base = this.#set.written(from)
    return wire
  }

  // --- in the small --------------------------------------------------------------------------------------------------

  #fresh(action, data, from) {
    return { id: this.#newId(), action, data, from, at: this.#now(), state: "pending", attempts: 0 }
  }

  /** What is sent with other content has another id: an id stands for one request. */
  #anew() {
    return { id: this.#newId(), state: "pending", sent: undefined, error: undefined, conflict: undefined }
  }

  #queued(state, operation, record) {
    const server = state.server ?? { record: state.operations.length ? null : state.record, doubtful: false }
    return { record, operations: [...state.operations, operation], server }
  }

  #replacing(state, operation, record) {
    return { ...state, record, operations: [...state.operations.slice(0, -1), operation] }
  }

  #exchanged(state, operation) {
    return { ...state, operations: state.operations.map((each) => (each.seq === operation.seq ? operation : each)) }
  }

  #without(state, operation, record) {
    const operations = state.operations.filter((each) => each.seq !== operation.seq)
    return operations.length ? { ...state, operations, record: overlaid(record, operations) } : { ...NOTHING, record }
  }

  /** Older answers, such as one that was lost and is repeated, do not hide newer news. */
  #newer(server, record) {
    if (record === undefined || !record || !server?.record) return record
    const stamp = (each) => Date.parse(each[this.#set.stamp])
    return stamp(server.record) > stamp(record) ? server.record : record
  }

  /**
   * The operations that are left, on the ground of what the server has now. Where it has in the columns of an operation what
   * the operation started from, the operation starts from the new record; else there is a conflict, which the server tells.
   */
  #rebased(state, server) {
    const operations = state.operations.map((each, index) => (index === 0 ? this.#onGround(each, server.record) : each))
    const record = server.record === null ? state.record : overlaid(server.record, operations)
    return { record, operations, server }
  }

  #onGround(operation, record) {
    if (operation.state === "open") {
      const known = operation.conflict
      const version = record ? record[this.#set.stamp] : known.theirs === null ? known.version : null
      return { ...operation, conflict: { ...known, theirs: record, version } }
    }
    return this.#agrees(operation, record) ? { ...operation, from: { ...operation.from, ...record } } : operation
  }

  #agrees({ action, data, from, state }, record) {
    if (!record || !from || state !== "pending") return false
    const columns = action === "update" ? Object.keys(data) : Object.keys(this.#set.written(from))
    return columns.every((name) => same(from[name], record[name]))
  }
}

function picked(record, names) {
  return Object.fromEntries(names.map((name) => [name, record[name] ?? null]))
}
