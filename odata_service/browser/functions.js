/** The functions of the filter language, one row per signature. Where an argument is null, so is the result. */

import {
  BOOLEAN, DATE, DECIMAL, DOUBLE, DURATION, Decimal, INT32, MOMENT, STRING, TIME_OF_DAY,
  calendar, clockOf, dayOf, readMoment, roundAway,
} from "./values.js"

const WHITE = " \\t\\n\\v\\f\\r\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
const TRIMMED = new RegExp(`^[${WHITE}]+|[${WHITE}]+$`, "gu")

const count = (text) => BigInt([...text].length)

function indexOf(text, part) {
  const found = text.indexOf(part)
  return found < 0 ? -1n : count(text.slice(0, found))
}

/** Positions count code points; a negative start counts from the end. */
function substring(text, start, length = undefined) {
  const letters = [...text]
  const from = start < 0n ? Math.max(letters.length + Number(start), 0) : Number(start)
  const taken = length === undefined ? Infinity : Math.max(Number(length), 0)
  return letters.slice(from, from + taken).join("")
}

// Letter by letter, and no text grows: "İ" becomes "i", "ß" stays.
const lower = (letter) => (letter === "İ" ? "i" : letter.toLowerCase())

function upper(letter) {
  const big = letter.toUpperCase()
  return [...big].length === 1 ? big : (TITLES.get(letter) ?? letter)
}

/** Greek letters with an iota below: their capitals are two letters, their title forms one. */
const TITLES = new Map(
  [...span(0x1f80, 8, 8), ...span(0x1f90, 8, 8), ...span(0x1fa0, 8, 8), ...[0x1fb3, 0x1fc3, 0x1ff3].map((code) => [code, code + 9])]
    .map((pair) => pair.map((code) => String.fromCodePoint(code))),
)

function span(first, length, distance) {
  return Array.from({ length }, (_, index) => [first + index, first + index + distance])
}

const eachLetter = (change) => (text) => Array.from(text, change).join("")

const matches = (text, pattern) => new RegExp(pattern, "u").test(text)

const part = (name) => (day) => BigInt(calendar(day)[name])
const clockPart = (size, most) => (clock) => (clock / size) % most
const [hour, minute, second] = [clockPart(3_600_000_000n, 24n), clockPart(60_000_000n, 60n), clockPart(1_000_000n, 60n)]
const fraction = (clock) => new Decimal(clock % 1_000_000n, 6)

const row = (name, takes, returns, value) => ({ name, takes, returns, value })
const textToText = (name, value) => row(name, [STRING], STRING, value)

export const FUNCTIONS = [
  row("length", [STRING], INT32, count),
  row("indexof", [STRING, STRING], INT32, indexOf),
  row("contains", [STRING, STRING], BOOLEAN, (text, part) => text.includes(part)),
  row("startswith", [STRING, STRING], BOOLEAN, (text, start) => text.startsWith(start)),
  row("endswith", [STRING, STRING], BOOLEAN, (text, end) => text.endsWith(end)),
  row("substring", [STRING, INT32], STRING, substring),
  row("substring", [STRING, INT32, INT32], STRING, substring),
  row("matchesPattern", [STRING, STRING], BOOLEAN, matches),
  textToText("tolower", eachLetter(lower)),
  textToText("toupper", eachLetter(upper)),
  textToText("trim", (text) => text.replace(TRIMMED, "")),
  row("concat", [STRING, STRING], STRING, (one, other) => one + other),
  ...["year", "month", "day"].flatMap((name) => [
    row(name, [DATE], INT32, part(name)),
    row(name, [MOMENT], INT32, (moment) => part(name)(dayOf(moment))),
  ]),
  ...Object.entries({ hour, minute, second }).flatMap(([name, value]) => [
    row(name, [MOMENT], INT32, (moment) => value(clockOf(moment))),
    row(name, [TIME_OF_DAY], INT32, value),
    row(name, [DURATION], INT32, value),
  ]),
  row("fractionalseconds", [MOMENT], DECIMAL, (moment) => fraction(clockOf(moment))),
  row("fractionalseconds", [TIME_OF_DAY], DECIMAL, fraction),
  row("date", [MOMENT], DATE, dayOf),
  row("time", [MOMENT], TIME_OF_DAY, clockOf),
  row("totaloffsetminutes", [MOMENT], INT32, () => 0n),
  row("totalseconds", [DURATION], DECIMAL, (duration) => new Decimal(duration, 6)),
  row("now", [], MOMENT, () => BigInt(Date.now()) * 1_000n),
  row("mindatetime", [], MOMENT, () => readMoment("0001-01-01T00:00:00Z")),
  row("maxdatetime", [], MOMENT, () => readMoment("9999-12-31T23:59:59.999999Z")),
  row("round", [DECIMAL], DECIMAL, (number) => number.round()),
  row("round", [DOUBLE], DOUBLE, roundAway),
  row("floor", [DECIMAL], DECIMAL, (number) => number.floor()),
  row("floor", [DOUBLE], DOUBLE, Math.floor),
  row("ceiling", [DECIMAL], DECIMAL, (number) => number.ceiling()),
  row("ceiling", [DOUBLE], DOUBLE, Math.ceil),
]

