/**
 * An expression with a meaning: every name is a property of the set, every node has a type, and a value for each record. The
 * rules are the server's (docs/deviations.md), so that a query has the same answer here and there.
 *
 * A typed node is `{ type, value(record) }`; a `constant` knows its value without a record; null stands for OData's null.
 */

import { QueryError } from "./errors.js"
import { FUNCTIONS } from "./functions.js"
import { parseExpression, parseOrderby } from "./syntax.js"
import {
  BINARY, BOOLEAN, DATE, DECIMAL, DOUBLE, DURATION, Decimal, GUID, INT64, MOMENT, NULL, SINGLE, STRING, TIME_OF_DAY, TYPES,
  comparer, dayOf, doubleMod, promote, promoted, readDate, readDecimal, readDuration, readMoment, readTimeOfDay,
} from "./values.js"

const NEVER = { type: BOOLEAN, constant: true, value: () => false }

/** `(record) => boolean` for a `$filter`. `properties` are `[{ name, type }]`, as the server describes a set. */
export function compile(text, properties) {
  const condition = new Binder(properties).condition(parseExpression(text))
  return (record) => condition.value(record) === true
}

/** The items of an `$orderby`: what each sorts by, `value(record)`, and how; null comes before everything. */
export function compileOrder(text, properties) {
  const binder = new Binder(properties)
  return parseOrderby(text).map(({ node, descending }) => binder.order(node, descending))
}

/** An index that narrows a filter down, `{ index, values }`: a text that has to be one of some texts; else null. */
export function hintFor(text, indexes) {
  const tree = parseExpression(text)
  const terms = tree.kind === "junction" && tree.operator === "and" ? tree.terms : [tree]
  return terms.map((term) => wanted(term, indexes)).find(Boolean) ?? null
}

function wanted(term, indexes) {
  const isEqual = term.kind === "binary" && term.operator === "eq"
  const [path, literals] = isEqual ? [term.left, [term.right]] : term.kind === "in" ? [term.operand, term.items] : [null, []]
  if (path?.kind !== "path" || path.names.length !== 1 || !indexes.includes(path.names[0])) return null
  const isText = literals.every(({ kind, type }) => kind === "literal" && type === STRING)
  return isText ? { index: path.names[0], values: [...new Set(literals.map(({ value }) => value))] } : null
}

class Binder {
  #properties

  constructor(properties) {
    this.#properties = new Map(properties.map((each) => [each.name, each]))
  }

  condition(node) {
    const bound = this.#bound(node)
    if (bound.type !== BOOLEAN && bound.type !== NULL) {
      fail(`a filter needs a condition, but this is a value of ${bound.type.name}`, node)
    }
    return bound
  }

  order(node, descending) {
    const { type, value } = this.#bound(node)
    if (type === BINARY) fail("there is no order of values of Edm.Binary", node)
    const compare = comparer(type)
    const nullsFirst = (one, other) =>
      one === null || other === null ? Number(one !== null) - Number(other !== null) : compare(one, other)
    return { value, compare: descending ? (one, other) => -nullsFirst(one, other) : nullsFirst }
  }

  #bound(node) {
    return this[node.kind](node)
  }

  literal({ type, value }) {
    return constant(type, value)
  }

  path(node) {
    const names = node.names[0] === "$it" ? node.names.slice(1) : node.names
    const property = names.length === 1 ? this.#properties.get(names[0]) : undefined
    if (!property) fail(`there is no property ${JSON.stringify(names.join("/"))}`, node)
    const { name, members } = property
    if (members) return { type: INT64, members, value: (record) => memberNumber(members, record[name] ?? null) }
    const type = TYPES.get(property.type)
    if (!type) fail(`values of ${property.type} cannot be compared here`, node)
    return { type, isProperty: true, value: (record) => read(type, record[name]) }
  }

  unary({ operator, operand, at }) {
    const bound = this.#bound(operand)
    if (operator === "not") {
      demandCondition(bound, "not", { at })
      return { type: BOOLEAN, value: (record) => negated(bound.value(record)) }
    }
    if (!bound.type.rank && bound.type !== NULL && bound.type !== DURATION) {
      fail(`'-' needs a number or a duration, not ${bound.type.name}`, { at })
    }
    const type = arithmeticType(bound.type)
    if (isNull(bound)) return constant(type, null)
    const { value } = as(bound, type, { at })
    if (type === DURATION) return { type, value: mapped(value, (one) => -one) }
    return { type, value: mapped(value, (one) => ARITHMETIC[kindOf(type)].sub(ZERO[kindOf(type)], one)) }
  }

  junction({ operator, terms, at }) {
    const bound = terms.map((term) => this.#bound(term))
    for (const term of bound) demandCondition(term, operator, { at })
    const decisive = operator === "or"
    return { type: BOOLEAN, value: (record) => joined(bound, record, decisive) }
  }

  binary(node) {
    const [left, right] = this.#withEnum(this.#bound(node.left), this.#bound(node.right), node)
    if (node.operator === "has") return has(left, right, node)
    return OPERATORS.has(node.operator) ? this.#arithmetic(node, left, right) : comparison(node.operator, left, right, node)
  }

  /** A literal beside a property of an enumeration names members of it. */
  #withEnum(left, right, node) {
    const named = (one, other) => {
      if (!other.members || !one.constant || isNull(one)) return one
      const number = memberNumber(other.members, one.value())
      if (number === null) fail(`there is no member ${JSON.stringify(String(one.value()))}`, node)
      return constant(INT64, number)
    }
    return [named(left, right), named(right, left)]
  }

  #arithmetic(node, left, right) {
    const { operator } = node
    const temporal = momentArithmetic(operator, left, right)
    if (temporal) return temporal
    let common = promoted(left.type, right.type)
    if (common === null || !(common.rank || common === NULL)) mismatch(node, left, right)
    const isWrittenDouble = [left, right].some((side) => side.constant && side.type === DOUBLE)
    if ([left.type, right.type].includes(DECIMAL) && common === DOUBLE && isWrittenDouble) common = DECIMAL
    let type = arithmeticType(common)
    if (operator === "divby" && type === INT64) type = DECIMAL
    if (isNull(left) || isNull(right)) return constant(type, null)
    const calculate = ARITHMETIC[kindOf(type)][operator]
    const [one, other] = [as(left, type, node), as(right, type, node)]
    return { type, value: both(one.value, other.value, calculate) }
  }

  in(node) {
    const operand = this.#bound(node.operand)
    const equals = node.items.map((item) => {
      const [left, right] = this.#withEnum(operand, this.#bound(item), item)
      return comparison("eq", left, right, item)
    })
    return { type: BOOLEAN, value: (record) => equals.some(({ value }) => value(record)) }
  }

  call(node) {
    const known = FUNCTIONS.filter(({ name }) => name.toLowerCase() === node.name.toLowerCase())
    if (known.length === 0) fail(`there is no function ${JSON.stringify(node.name)} here`, node)
    const operands = node.operands.map((operand) => this.#bound(operand))
    const row = known.find(({ takes }) => fits(takes, operands))
    if (!row) {
      const given = operands.map(({ type }) => type.name).join(", ")
      fail(`${node.name} does not take (${given})`, node)
    }
    if (operands.some(isNull)) return constant(row.returns, null)
    const values = operands.map((operand, index) => as(operand, widest(row.takes[index]), node).value)
    return {
      type: row.returns,
      value: (record) => {
        const given = values.map((value) => value(record))
        return given.includes(null) ? null : row.value(...given)
      },
    }
  }

  case(node) {
    const branches = node.branches.map(([condition, value]) => [this.condition(condition), this.#bound(value)])
    const type = branches.reduce((kind, [, { type }]) => promoted(kind, type) ?? fail("the values have no common type", node), NULL)
    const values = branches.map(([condition, value]) => [condition.value, as(value, type, node).value])
    return {
      type,
      value: (record) => values.find(([condition]) => condition(record) === true)?.[1](record) ?? null,
    }
  }
}

// --- comparisons -----------------------------------------------------------------------------------------------------

const ORDERS = { lt: (order) => order < 0, le: (order) => order <= 0, gt: (order) => order > 0, ge: (order) => order >= 0 }

/** Never null: null equals itself and nothing else, and is neither less nor greater than anything. */
function comparison(operator, one, other, node) {
  if (isNotANumber(one) || isNotANumber(other)) return operator === "ne" ? { ...NEVER, value: () => true } : NEVER
  const [left, right] = [matched(one, other, node), matched(other, one, node)]
  const common = promoted(left.type, right.type)
  if (common === null || (ORDERS[operator] && common === BINARY)) mismatch({ ...node, operator }, left, right)
  const [first, second] = [as(left, common, node).value, as(right, common, node).value]
  const compare = comparer(common)
  return { type: BOOLEAN, value: (record) => compared(operator, first(record), second(record), compare) }
}

function compared(operator, one, other, compare) {
  const isOneNull = one === null || other === null
  if (operator === "eq" || operator === "ne") {
    const equal = isOneNull ? one === other : isNaN_(one) || isNaN_(other) ? false : compare(one, other) === 0
    return equal === (operator === "eq")
  }
  return !isOneNull && !isNaN_(one) && !isNaN_(other) && ORDERS[operator](compare(one, other))
}

/** A literal takes the type of what it is compared with; a number keeps its own where that says more. */
function matched(operand, other, node) {
  if (!operand.constant || isNull(operand) || other.constant) return operand
  if (operand.type.rank && other.type.rank) return numberLike(operand, other.type, node)
  const isMomentBesideDay = other.type === DATE && operand.type === MOMENT
  const wanted = isMomentBesideDay ? MOMENT : other.type
  return isConvertible(operand.type, wanted) ? converted(operand, wanted, node) : operand
}

function numberLike(operand, other, node) {
  const isFloating = operand.type === DOUBLE || operand.type === SINGLE
  if (other === DECIMAL && isFloating && Number.isFinite(operand.value())) return converted(operand, DECIMAL, node)
  const wider = promoted(operand.type, other)
  return converted(operand, wider.isInteger ? INT64 : wider, node)
}

// --- conversions of literals -----------------------------------------------------------------------------------------

const FROM_TEXT = new Map([
  [GUID, (text) => (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null)],
  [DATE, readDate], [TIME_OF_DAY, readTimeOfDay], [DURATION, readDuration], [MOMENT, (text) => readMoment(text) ?? midnight(text)],
])
const midnight = (text) => promote(readDate(text), DATE, MOMENT)

function isConvertible(from, to) {
  return (
    from === to || (from.isInteger && to.isInteger) || (from === STRING && FROM_TEXT.has(to)) ||
    (from === DATE && to === MOMENT) || (from === DURATION && to === TIME_OF_DAY) || Boolean(from.rank && to.rank)
  )
}

function converted(operand, wanted, node) {
  if (operand.type === wanted) return operand
  const value = convertedValue(operand.value(), operand.type, wanted)
  if (value === null) fail(`${String(operand.value()).slice(0, 60)} is no ${wanted.name}`, node)
  return constant(wanted, value)
}

function convertedValue(value, from, to) {
  if (from === STRING && FROM_TEXT.has(to)) return FROM_TEXT.get(to)(value)
  if (to.isInteger) return wholeNumber(value, from)
  if (from === DURATION && to === TIME_OF_DAY) return value >= 0n && value < 86_400_000_000n ? value : null
  if (to === DECIMAL && !from.isInteger && from !== DECIMAL) return readDecimal(String(value))
  return promote(value, from, to)
}

function wholeNumber(value, from) {
  if (from.isInteger) return value
  const exact = from === DECIMAL ? value : readDecimal(String(value))
  if (exact === null || exact.compare(exact.floor()) !== 0) return null
  const whole = exact.floor().digits
  return fitsInt64(whole) ? whole : null
}

/** An operand in the type that is calculated in. */
function as(operand, type, node) {
  if (operand.type === type || type === NULL || operand.type === NULL) return operand
  if (isNull(operand)) return constant(type, null)
  if (operand.constant) return converted(operand, type, node)
  return { type, value: (record) => promote(operand.value(record), operand.type, type) }
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

const fitsInt64 = (number) => number >= -(2n ** 63n) && number < 2n ** 63n
const bounded = (calculate) => (one, other) => {
  const result = calculate(one, other)
  return fitsInt64(result) ? result : null
}
const divided = (isZero, calculate) => (one, other) => (isZero(other) ? null : calculate(one, other))
const isZero = { integer: (number) => number === 0n, decimal: (number) => number.isZero, double: (number) => number === 0 }

const OPERATORS = new Set(["add", "sub", "mul", "div", "divby", "mod"])

/** By the type of the result; integers know no `divby`, which is calculated in Decimals. What has no result, or one that there is no room for, is null. */
const ARITHMETIC = {
  integer: {
    add: bounded((one, other) => one + other),
    sub: bounded((one, other) => one - other),
    mul: bounded((one, other) => one * other),
    div: divided(isZero.integer, bounded((one, other) => one / other)),
    mod: divided(isZero.integer, (one, other) => one % other),
  },
  decimal: {
    add: (one, other) => one.add(other),
    sub: (one, other) => one.sub(other),
    mul: (one, other) => one.mul(other),
    div: divided(isZero.decimal, (one, other) => one.div(other)),
    divby: divided(isZero.decimal, (one, other) => one.div(other)),
    mod: divided(isZero.decimal, (one, other) => one.mod(other)),
  },
  double: {
    add: (one, other) => one + other,
    sub: (one, other) => one - other,
    mul: (one, other) => one * other,
    div: divided(isZero.double, (one, other) => one / other),
    divby: divided(isZero.double, (one, other) => one / other),
    mod: divided(isZero.double, doubleMod),
  },
}
const ZERO = { integer: 0n, decimal: new Decimal(0n, 0), double: 0 }
const kindOf = (type) => (type.isInteger ? "integer" : type === DECIMAL ? "decimal" : "double")
const widest = (type) => (type.isInteger ? INT64 : type)
const arithmeticType = (common) => (common === SINGLE ? DOUBLE : widest(common))

/** Moments, days and durations: what can be added to and taken from one another. */
function momentArithmetic(operator, left, right) {
  const of = (type, calculate) => ({ type, value: both(left.value, right.value, calculate) })
  const sum = { add: (one, other) => one + other, sub: (one, other) => one - other }[operator]
  if (sum && right.type === DURATION) {
    if (left.type === MOMENT || left.type === DURATION) return of(left.type, sum)
    if (left.type === DATE) return of(DATE, (day, duration) => dayOf(sum(promote(day, DATE, MOMENT), duration)))
  }
  if (operator === "sub" && left.type.isMoment && right.type.isMoment) {
    return of(DURATION, (one, other) => promote(one, left.type, MOMENT) - promote(other, right.type, MOMENT))
  }
  if (operator === "mul" && left.type === DURATION && right.type.rank) {
    return of(DURATION, (duration, factor) => multiplied(duration, promote(factor, right.type, DECIMAL)))
  }
  if (operator === "mul" && right.type === DURATION && left.type.rank) {
    return of(DURATION, (factor, duration) => multiplied(duration, promote(factor, left.type, DECIMAL)))
  }
  if ((operator === "div" || operator === "divby") && left.type === DURATION && right.type.rank) {
    return of(DURATION, (duration, divisor) => parted(duration, promote(divisor, right.type, DECIMAL)))
  }
  return null
}

const multiplied = (duration, factor) => new Decimal(duration, 0).mul(factor).round().digits
const parted = (duration, divisor) => (divisor.isZero ? null : new Decimal(duration, 0).div(divisor).round().digits)

// --- in the small ----------------------------------------------------------------------------------------------------

const constant = (type, value) => ({ type, constant: true, value: () => value })
const isNull = (node) => node.constant === true && node.value() === null
const isNaN_ = (value) => typeof value === "number" && Number.isNaN(value)
const isNotANumber = (node) => node.constant === true && isNaN_(node.value())
const negated = (found) => (found === null ? null : !found)
const mapped = (value, change) => (record) => {
  const found = value(record)
  return found === null ? null : change(found)
}

function both(left, right, calculate) {
  return (record) => {
    const one = left(record)
    const other = one === null ? null : right(record)
    return other === null ? null : calculate(one, other)
  }
}

/** `and` and `or` of three values; what is decisive decides, be the others null. */
function joined(terms, record, decisive) {
  let isUnknown = false
  for (const { value } of terms) {
    const found = value(record)
    if (found === decisive) return decisive
    isUnknown ||= found === null
  }
  return isUnknown ? null : !decisive
}

function read(type, json) {
  return json === null || json === undefined ? null : type.read(json)
}

/** The number of members by name, `"Red,Blue"`, or of a number that stands for some. */
function memberNumber(members, text) {
  if (text === null) return null
  let total = 0n
  for (const name of String(text).split(",").map((each) => each.trim())) {
    const number = members[name] ?? (/^-?\d+$/.test(name) ? Number(name) : null)
    if (number === null) return null
    total |= BigInt(number)
  }
  return total
}

function has(left, right, node) {
  if (!left.members) fail(`'has' needs an enumeration, not ${left.type.name}`, node)
  return { type: BOOLEAN, value: both(left.value, right.value, (value, flags) => (value & flags) === flags) }
}

function fits(takes, operands) {
  return takes.length === operands.length && takes.every((kind, index) => isTaken(kind, operands[index].type))
}

function isTaken(wanted, given) {
  if (given === wanted || given === NULL) return true
  if (wanted.isInteger || wanted === DECIMAL) return Boolean(given.isInteger)
  return wanted === DOUBLE && given === SINGLE
}

function demandCondition({ type }, operator, node) {
  if (type !== BOOLEAN && type !== NULL) fail(`'${operator}' needs conditions, not a value of ${type.name}`, node)
}

function mismatch(node, left, right) {
  fail(`'${node.operator}' does not go between ${left.type.name} and ${right.type.name}`, node)
}

function fail(message, { at = 0 }) {
  throw new QueryError(`${message} (at position ${at})`, { at })
}
