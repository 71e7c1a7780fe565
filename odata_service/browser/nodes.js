/**
 * Typed nodes of expressions: `{ type, value(record) }`, where `value` is null for OData's null. A `constant` knows its value
 * without a record.
 */

import { QueryError } from "./errors.js"

export const constant = (type, value) => ({ type, constant: true, value: () => value })
export const isNull = (node) => node.constant === true && node.value() === null

export const mapped = (value, change) => (record) => {
  const found = value(record)
  return found === null ? null : change(found)
}

export function both(left, right, calculate) {
  return (record) => {
    const one = left(record)
    const other = one === null ? null : right(record)
    return other === null ? null : calculate(one, other)
  }
}

export function mismatch(node, left, right) {
  fail(`'${node.operator}' does not go between ${left.type.name} and ${right.type.name}`, node)
}

export function fail(message, { at = 0 }) {
  throw new QueryError(`${message} (at position ${at})`, { at })
}
