/** What the operators of the filter language do to typed nodes: comparisons, conversions of literals, arithmetic. */

import { both, constant, fail, isNull, mismatch } from "./nodes.js"
import {
  BINARY, BOOLEAN, DATE, DECIMAL, DOUBLE, DURATION, Decimal, GUID, INT64, MOMENT, NULL, SINGLE, STRING, TIME_OF_DAY,
  comparer, dayOf, doubleMod, promote, promoted, readDate, readDecimal, readDuration, readMoment, readTimeOfDay,
} from "./values.js"

const NEVER = { type: BOOLEAN, constant: true, value: () => false }
const isNaN_ = (value) => typeof value === "number" && Number.isNaN(value)
const isNotANumber = (node) => node.constant === true && isNaN_(node.value())

// --- comparisons -----------------------------------------------------------------------------------------------------

const ORDERS = { lt: (order) => order < 0, le: (order) => order <= 0, gt: (order) => order > 0, ge: (order) => order >= 0 }

/** Never null: null equals itself and nothing else, and is neither less nor greater than anything. */
export function comparison(operator, one, other, node) {
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
export function as(operand, type, node) {
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

export const OPERATORS = new Set(["add", "sub", "mul", "div", "divby", "mod"])

/** By the type of the result; integers know no `divby`, which is calculated in Decimals. What has no result, or one that there is no room for, is null. */
export const ARITHMETIC = {
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
export const ZERO = { integer: 0n, decimal: new Decimal(0n, 0), double: 0 }
export const kindOf = (type) => (type.isInteger ? "integer" : type === DECIMAL ? "decimal" : "double")
export const widest = (type) => (type.isInteger ? INT64 : type)
export const arithmeticType = (common) => (common === SINGLE ? DOUBLE : widest(common))

/** Moments, days and durations: what can be added to and taken from one another. */
export function momentArithmetic(operator, left, right) {
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
