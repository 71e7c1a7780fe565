/**
 * The primitive types of OData in JavaScript, exactly: integers of every size are BigInts, Decimals keep all digits, moments
 * count microseconds. `TYPES` says for each type how a value is read out of a record's JSON.
 */

const MICROS_OF_DAY = 86_400_000_000n

/** A type: numeric ones have a `rank`, and the result of mixing two is the one with the higher rank. */
const type = (name, read, facts = {}) => Object.freeze({ name, read, rank: 0, ...facts })
const integer = (name, rank) => type(name, (json) => BigInt(json), { rank, isInteger: true })

export const BOOLEAN = type("Edm.Boolean", (json) => json)
export const BYTE = integer("Edm.Byte", 1)
export const SBYTE = integer("Edm.SByte", 2)
export const INT16 = integer("Edm.Int16", 3)
export const INT32 = integer("Edm.Int32", 4)
export const INT64 = integer("Edm.Int64", 5)
export const DECIMAL = type("Edm.Decimal", (json) => readDecimal(String(json)), { rank: 6 })
export const SINGLE = type("Edm.Single", (json) => readDouble(json), { rank: 7 })
export const DOUBLE = type("Edm.Double", (json) => readDouble(json), { rank: 8 })
export const STRING = type("Edm.String", (json) => String(json))
export const GUID = type("Edm.Guid", (json) => String(json).toLowerCase())
export const BINARY = type("Edm.Binary", (json) => readBinary(json))
export const DATE = type("Edm.Date", (json) => readDate(json), { isMoment: true })
export const TIME_OF_DAY = type("Edm.TimeOfDay", (json) => readTimeOfDay(json))
export const DURATION = type("Edm.Duration", (json) => readDuration(json))
export const MOMENT = type("Edm.DateTimeOffset", (json) => readMoment(json), { isMoment: true })
export const NULL = type("null", () => null)

export const TYPES = new Map(
  [
    BOOLEAN, BYTE, SBYTE, INT16, INT32, INT64, DECIMAL, SINGLE, DOUBLE, STRING, GUID, BINARY, DATE, TIME_OF_DAY, DURATION, MOMENT,
  ].map((each) => [each.name, each]),
)

/** The type in which two values are compared or combined; null where they do not go together. */
export function promoted(left, right) {
  if (left === right || right === NULL) return left
  if (left === NULL) return right
  if (left.rank && right.rank) return left.rank > right.rank ? left : right
  if (left.isMoment && right.isMoment) return MOMENT
  return (left === TIME_OF_DAY && right === DURATION) || (left === DURATION && right === TIME_OF_DAY) ? TIME_OF_DAY : null
}

/** A value of one type as one of the type that it is promoted to. */
export function promote(value, from, to) {
  if (value === null || from === to) return value
  if (to === DECIMAL) return from.isInteger ? new Decimal(value, 0) : readDecimal(String(value))
  if (to === DOUBLE || to === SINGLE) return Number(from === DECIMAL ? value.toString() : value)
  if (to === MOMENT && from === DATE) return value * MICROS_OF_DAY
  return value
}

// --- Decimals --------------------------------------------------------------------------------------------------------

/** `digits` / 10 ** `scale`. */
export class Decimal {
  constructor(digits, scale) {
    this.digits = digits
    this.scale = scale
  }

  /** The digits of both at one scale. */
  #beside(other) {
    const scale = Math.max(this.scale, other.scale)
    return [this.#at(scale), other.#at(scale), scale]
  }

  #at(scale) {
    return this.digits * 10n ** BigInt(scale - this.scale)
  }

  compare(other) {
    const [one, two] = this.#beside(other)
    return one < two ? -1 : one > two ? 1 : 0
  }

  add(other) {
    const [one, two, scale] = this.#beside(other)
    return new Decimal(one + two, scale)
  }

  sub(other) {
    const [one, two, scale] = this.#beside(other)
    return new Decimal(one - two, scale)
  }

  mul(other) {
    return new Decimal(this.digits * other.digits, this.scale + other.scale)
  }

  /** 28 decimals, the last one rounded half away from zero. */
  div(other) {
    const [one, two] = this.#beside(other)
    return new Decimal(dividedAway(one * 10n ** 28n, two), 28)
  }

  mod(other) {
    const [one, two, scale] = this.#beside(other)
    return new Decimal(one % two, scale)
  }

  round() {
    return new Decimal(dividedAway(this.digits, 10n ** BigInt(this.scale)), 0)
  }

  floor() {
    return new Decimal(dividedDown(this.digits, 10n ** BigInt(this.scale)), 0)
  }

  ceiling() {
    return new Decimal(-dividedDown(-this.digits, 10n ** BigInt(this.scale)), 0)
  }

  get isZero() {
    return this.digits === 0n
  }

  toString() {
    const digits = (this.digits < 0n ? -this.digits : this.digits).toString().padStart(this.scale + 1, "0")
    const whole = digits.slice(0, digits.length - this.scale)
    return `${this.digits < 0n ? "-" : ""}${whole}${this.scale ? `.${digits.slice(-this.scale)}` : ""}`
  }
}

/** `1.50`, `-3`, `1e300`: what JSON, literals and JavaScript's own numbers write. Null for what is no number. */
export function readDecimal(text) {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return null
  const [, sign, whole, fraction = "", exponent = "0"] = match
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n)
  const scale = fraction.length - Number(exponent)
  return scale >= 0 ? new Decimal(digits, scale) : new Decimal(digits * 10n ** BigInt(-scale), 0)
}

const absolute = (number) => (number < 0n ? -number : number)

function dividedAway(one, two) {
  const [above, below] = [absolute(one), absolute(two)]
  const whole = (above * 2n + below) / (below * 2n)
  return one < 0n === two < 0n ? whole : -whole
}

export function dividedDown(one, two) {
  const whole = one / two
  return one % two !== 0n && one < 0n !== two < 0n ? whole - 1n : whole
}

// --- Doubles ---------------------------------------------------------------------------------------------------------

const WORDS = { INF: Infinity, "-INF": -Infinity, NaN }

export function readDouble(json) {
  return WORDS[json] ?? Number(json)
}

/** Of the numbers as they are written: 0.3 mod 0.1 is 0. */
export function doubleMod(one, two) {
  const [left, right] = [readDecimal(String(one)), readDecimal(String(two))]
  return left && right ? Number(left.mod(right).toString()) : null
}

export function roundAway(number) {
  const whole = Math.trunc(number)
  return Math.abs(number - whole) >= 0.5 ? whole + Math.sign(number) : whole
}

// --- moments ---------------------------------------------------------------------------------------------------------

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+\- ]\d\d:\d\d)?$/i
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/
const PERIOD = /^([+-]?)P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?$/i

/** Days since 1970 of a date, or null where there is no such day. */
export function readDate(text) {
  const match = DAY.exec(text)
  return match && daysOf(match[1], match[2], match[3])
}

function daysOf(year, month, day) {
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const isThere = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) > 0
  return isThere ? BigInt(Math.round(date.getTime() / 86_400_000)) : null
}

/** Microseconds since 1970, in UTC; what has no zone is in UTC already. */
export function readMoment(text) {
  const match = INSTANT.exec(text)
  const days = match && daysOf(match[1], match[2], match[3])
  const clock = match && microsOf(match[4], match[5], match[6], match[7])
  if (days === null || clock === null) return null
  return days * MICROS_OF_DAY + clock - offsetOf(match[8])
}

function offsetOf(zone) {
  if (!zone || zone.toUpperCase() === "Z") return 0n
  const minutes = BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(4))
  return (zone[0] === "-" ? -minutes : minutes) * 60_000_000n
}

export function readTimeOfDay(text) {
  const match = CLOCK.exec(text)
  return match && microsOf(match[1], match[2], match[3], match[4])
}

function microsOf(hour, minute, second = "0", fraction = "") {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const seconds = (BigInt(hour) * 60n + BigInt(minute)) * 60n + BigInt(second)
  return seconds * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"))
}

export function readDuration(text) {
  const match = PERIOD.exec(text)
  if (!match || /[PT]$/i.test(text)) return null
  const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = ""] = match
  const whole = ((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)
  const micros = whole * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"))
  return sign === "-" ? -micros : micros
}

export const dayOf = (moment) => dividedDown(moment, MICROS_OF_DAY)
export const clockOf = (moment) => moment - dayOf(moment) * MICROS_OF_DAY

export function calendar(day) {
  const date = new Date(Number(day) * 86_400_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

// --- texts -----------------------------------------------------------------------------------------------------------

const readBinary = (text) => text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")

/** By code points, where JavaScript's own `<` goes by UTF-16 units and puts 😀 before ⟨. */
export function compareTexts(one, two) {
  const length = Math.min(one.length, two.length)
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [one.charCodeAt(index), two.charCodeAt(index)]
    if (left !== right) return moved(left) - moved(right)
  }
  return one.length - two.length
}

/** Surrogates, behind all other units. */
const moved = (unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)

const comparePlain = (one, two) => (one < two ? -1 : one > two ? 1 : 0)

/** How two values of a type are ordered. */
export function comparer(kind) {
  if (kind === DECIMAL) return (one, two) => one.compare(two)
  return kind === STRING ? compareTexts : comparePlain
}
