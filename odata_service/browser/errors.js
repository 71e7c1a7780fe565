/** What can go wrong, each with facts for a program beside the words for a person. */

export class OfflineError extends Error {
  constructor(message, facts = {}) {
    super(message)
    this.name = new.target.name
    Object.assign(this, facts)
  }
}

/** The server was not heard: no network, a time-out, or an answer such as 503. `retryAt` says when to ask again. */
export class NotReachable extends OfflineError {}

/** The server wants a (new) token. Nothing was lost; the queue waits. */
export class Unauthorized extends OfflineError {}

/** The server has answered, and the answer is no: `status`, `code`, `target`. */
export class Refused extends OfflineError {}

/** The browser has no room. What was to be written is not written, not even a part of it. */
export class QuotaExceeded extends OfflineError {}

/** The store is encrypted and `unlock` was not called yet, or with another passphrase. */
export class Locked extends OfflineError {}

/** The record is there already, or is not there, or has no key. */
export class WrongRecord extends OfflineError {}

/** A query that cannot be understood; `at` is the place in its text. */
export class QueryError extends OfflineError {}
