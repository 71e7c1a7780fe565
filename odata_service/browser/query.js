import { QueryError } from "./errors.js"
import { compile, compileOrder, hintFor } from "./filter.js"
import { comparer, TYPES, STRING } from "./values.js"

const OPTIONS = ["filter", "orderby", "top", "skip", "select", "count"]

/**
 * A query over the records of a set: `{ filter, orderby, top, skip, select, count }`, or the same as the query of an address,
 * `"$filter=…&$orderby=…"`. It has the answer that the server has to it over the same records.
 */
export class Query {
  #matches
  #order
  #options

  constructor(set, given = {}) {
    const options = typeof given === "string" ? optionsIn(given) : given
    const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name))
    if (unknown) throw new QueryError(`there is no option ${unknown}; there are ${OPTIONS.join(", ")}`)
    const { filter, orderby, top, skip = 0, select, count = false } = options
    this.#options = { top: number(top, "top"), skip: number(skip, "skip") ?? 0, count }
    this.#matches = filter ? compile(filter, set.properties) : () => true
    this.#order = [...(orderby ? compileOrder(orderby, set.properties) : []), ...byKey(set)]
    this.select = selected(select, set)
    this.hint = filter && !set.encrypted ? hintFor(filter, set.indexes) : null
  }

  /** `{ value: […] }`, with `count` where it was asked for: of all that match, whatever is skipped. */
  answer(records) {
    const { top, skip, count } = this.#options
    const found = this.#sorted(records.filter(this.#matches))
    const page = found.slice(skip, top === undefined ? undefined : skip + top)
    const value = this.select ? page.map((record) => this.#shown(record)) : page
    return count ? { value, count: found.length } : { value }
  }

  /** What is sorted by is taken out of each record once. */
  #sorted(records) {
    const rows = records.map((record) => ({ record, by: this.#order.map(({ value }) => value(record)) }))
    rows.sort((one, other) => {
      for (const [index, { compare }] of this.#order.entries()) {
        const order = compare(one.by[index], other.by[index])
        if (order !== 0) return order
      }
      return 0
    })
    return rows.map(({ record }) => record)
  }

  #shown(record) {
    return Object.fromEntries(this.select.map((name) => [name, record[name] ?? null]))
  }
}

/** Every order goes to the end by the key, so that pages fit together. */
function byKey(set) {
  return set.key.map((name) => {
    const type = TYPES.get(set.properties.find((each) => each.name === name)?.type) ?? STRING
    return { value: (record) => type.read(record[name]), compare: comparer(type) }
  })
}

function selected(select, set) {
  if (!select) return null
  const names = Array.isArray(select) ? select : select.split(",").map((name) => name.trim())
  if (names.includes("*")) return null
  const unknown = names.find((name) => set.properties.length > 0 && !set.properties.some((each) => each.name === name))
  if (unknown) throw new QueryError(`there is no property ${JSON.stringify(unknown)}`)
  return names
}

function number(given, name) {
  if (given === undefined || given === null) return undefined
  const found = Number(given)
  if (!Number.isInteger(found) || found < 0) throw new QueryError(`${name} is a whole number, not ${given}`)
  return found
}

/** `"$filter=Name eq 'a'&$top=5"` → `{ filter, top }`; percent signs and plus signs as in an address. */
function optionsIn(query) {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => [name.replace(/^\$/, ""), value])
  const options = Object.fromEntries(pairs)
  if (options.count !== undefined) options.count = options.count === "true"
  return options
}
