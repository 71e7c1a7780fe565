import { QueryError } from "./errors.js"

/** A query over the records of a set. */
export class Query {
  hint = null

  constructor(set, options) {
    const asked = Object.keys(options)
    if (asked.length) throw new QueryError(`there is no option ${asked[0]} yet`)
  }

  answer(records) {
    return { value: records }
  }
}
