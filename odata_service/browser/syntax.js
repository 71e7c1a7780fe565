/**
 * The text of an expression → its tree. A node is `{ kind, at, … }`; `at` is where it starts, in characters.
 *
 *     literal   { type, value }            path     { names }                   unary   { operator, operand }
 *     binary    { operator, left, right }  junction { operator, terms }         in      { operand, items }
 *     call      { name, operands }         case     { branches: [[condition, value]] }
 */

import { QueryError } from "./errors.js"
import {
  BINARY, BOOLEAN, DATE, DECIMAL, DOUBLE, DURATION, GUID, INT32, INT64, MOMENT, NULL, SINGLE, STRING, TIME_OF_DAY,
  readDate, readDecimal, readDouble, readDuration, readMoment, readTimeOfDay,
} from "./values.js"

const MOST_NODES = 2_000
const DEEPEST = 100
const NAME = "[\\p{L}\\p{Nl}_][\\p{L}\\p{M}\\p{N}\\p{Pc}]*"
const sticky = (pattern, flags = "") => new RegExp(pattern, `uy${flags}`)

const BLANK = sticky("[ \\t\\r\\n]*")
const WORD = sticky(NAME)
const CALL = sticky(`${NAME}(?:\\.${NAME})*(?=\\s*\\()`)
const NOT = sticky(
  "not(?=\\s*\\(|\\s+(?!(?:eq|ne|lt|le|gt|ge|has|in|add|sub|mul|div|divby|mod|and|or|asc|desc|as)\\s)[^\\s),;:/])", "i",
)
const LITERALS = [
  sticky(`(?:${NAME}(?:\\.${NAME})*)?'[^']*(?:''[^']*)*'`),
  sticky('"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"'),
  sticky("-?\\d{4,}-\\d\\d-\\d\\d(?:T\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?(?:Z|[+ \\-]\\d\\d:\\d\\d)?)?(?![\\w.\\-])", "i"),
  sticky("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\\w\\-])", "i"),
  sticky("\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?(?![\\w.\\-])|(?![\\w.\\-]|:\\d))"),
  sticky("[+\\-]?\\d+(?:\\.\\d+)?(?:e[+\\-]?\\d+)?[lmdf]?(?![\\w.])", "i"),
  sticky("(?:null|NaN|-?INF)(?![\\w(/.])"),
  sticky("(?:true|false)(?![\\w(/.])", "i"),
]
const level = (words) => sticky(`(?:${words})(?!\\w)`, "i")
const [OR, AND, EQUALITY, RELATION, SUM, PRODUCT, IN, HAS] = [
  "or", "and", "eq|ne", "lt|le|gt|ge", "add|sub", "mul|divby|div|mod", "in", "has",
].map(level)
const DIRECTION = level("asc|desc")

/** The tree of a whole expression. */
export function parseExpression(text) {
  const parser = new Parser(text)
  const node = parser.expression()
  parser.demandEnd()
  return node
}

/** The items of `$orderby`: `[{ node, descending }]`. */
export function parseOrderby(text) {
  const parser = new Parser(text)
  const items = []
  do {
    const node = parser.expression()
    items.push({ node, descending: parser.take(DIRECTION)?.toLowerCase() === "desc" })
  } while (parser.takes(","))
  parser.demandEnd()
  return items
}

class Parser {
  #text
  #at = 0
  #nodes = 0
  #depth = 0

  constructor(text) {
    this.#text = text
    this.#skip()
  }

  expression() {
    if ((this.#depth += 1) > DEEPEST) this.#fail(`expressions are nested ${DEEPEST} deep at most`)
    const node = this.#junction(OR, "or", () => this.#junction(AND, "and", () => this.#chain(EQUALITIES)))
    this.#depth -= 1
    return node
  }

  #junction(operator, name, term) {
    const at = this.#at
    const terms = [term()]
    while (this.take(operator)) terms.push(term())
    return terms.length === 1 ? terms[0] : this.#node("junction", at, { operator: name, terms })
  }

  /** Operators of one strength, from left to right; what is stronger stands between them. */
  #chain([operators, ...stronger]) {
    if (!operators) return this.#unary()
    const at = this.#at
    let left = this.#chain(stronger)
    for (let operator = this.take(operators); operator; operator = this.take(operators)) {
      left = this.#node("binary", at, { operator: operator.toLowerCase(), left, right: this.#chain(stronger) })
    }
    return left
  }

  #unary() {
    const at = this.#at
    const literal = this.#literal()
    if (literal) return this.#operand(literal)
    const operator = this.take(NOT) ? "not" : this.takes("-") ? "-" : null
    if (operator === null) return this.#operand(this.#primary())
    if ((this.#depth += 1) > DEEPEST) this.#fail(`expressions are nested ${DEEPEST} deep at most`)
    const node = this.#node("unary", at, { operator, operand: this.#unary() })
    this.#depth -= 1
    return node
  }

  #operand(left) {
    if (this.take(IN)) return this.#node("in", left.at, { operand: left, items: this.#list() })
    if (!this.take(HAS)) return left
    return this.#node("binary", left.at, { operator: "has", left, right: this.#literal() ?? this.#primary() })
  }

  #list() {
    this.#demand("(")
    const items = []
    if (this.takes(")")) return items
    do items.push(this.#literal() ?? this.#fail("'in' needs a list of literals"))
    while (this.takes(","))
    this.#demand(")")
    return items
  }

  #primary() {
    const at = this.#at
    if (this.takes("(")) {
      const node = this.expression()
      this.#demand(")")
      return node
    }
    const name = this.take(CALL)
    if (name?.toLowerCase() === "case") return this.#case(at)
    if (name) return this.#node("call", at, { name, operands: this.#arguments() })
    return this.#path(at)
  }

  #arguments() {
    this.#demand("(")
    const found = []
    if (this.takes(")")) return found
    do found.push(this.expression())
    while (this.takes(","))
    this.#demand(")")
    return found
  }

  #case(at) {
    this.#demand("(")
    const branches = []
    do {
      const condition = this.expression()
      this.#demand(":")
      branches.push([condition, this.expression()])
    } while (this.takes(","))
    this.#demand(")")
    return this.#node("case", at, { branches })
  }

  #path(at) {
    const names = [this.takes("$it") ? "$it" : this.take(WORD)]
    if (names[0] === null) this.#fail("expected a property, a literal or a function")
    while (this.takes("/")) names.push(this.take(WORD) ?? this.#fail("expected the name of a property"))
    return this.#node("path", at, { names })
  }

  #literal() {
    const at = this.#at
    for (const pattern of LITERALS) {
      const text = this.take(pattern)
      if (text !== null) return this.#node("literal", at, readLiteral(text, at))
    }
    return null
  }

  #node(kind, at, facts) {
    if ((this.#nodes += 1) > MOST_NODES) this.#fail(`an expression has ${MOST_NODES} parts at most`)
    return { kind, at, ...facts }
  }

  // --- text ----------------------------------------------------------------------------------------------------------

  /** What the pattern matches here, and the blanks after it; null where it does not. */
  take(pattern) {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null || match[0] === "") return null
    this.#at = pattern.lastIndex
    this.#skip()
    return match[0]
  }

  takes(sign) {
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    this.#skip()
    return true
  }

  demandEnd() {
    if (this.#at < this.#text.length) this.#fail(`did not expect ${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))}`)
  }

  #demand(sign) {
    if (!this.takes(sign)) this.#fail(`expected ${JSON.stringify(sign)}`)
  }

  #skip() {
    BLANK.lastIndex = this.#at
    BLANK.exec(this.#text)
    this.#at = Math.max(this.#at, BLANK.lastIndex)
  }

  #fail(message) {
    throw new QueryError(`${message} (at position ${this.#at})`, { at: this.#at })
  }
}

const EQUALITIES = [EQUALITY, RELATION, SUM, PRODUCT]

// --- literals --------------------------------------------------------------------------------------------------------

/** The type and value of a literal; an integer takes the smallest of Int32, Int64 and Decimal that holds it. */
export function readLiteral(text, at = 0) {
  const found = literalOf(text)
  if (found === null || (found.value === null && found.type !== NULL)) {
    throw new QueryError(`${text.slice(0, 60)} is not a valid literal (at position ${at})`, { at })
  }
  return found
}

const WORDS = new Map([
  ["null", { type: NULL, value: null }],
  ["NaN", { type: DOUBLE, value: NaN }],
  ["INF", { type: DOUBLE, value: Infinity }],
  ["-INF", { type: DOUBLE, value: -Infinity }],
])

function literalOf(text) {
  if (WORDS.has(text)) return WORDS.get(text)
  if (text.endsWith("'")) return quotedLiteral(text)
  if (text.startsWith('"')) return { type: STRING, value: JSON.parse(text) }
  if (/^(true|false)$/i.test(text)) return { type: BOOLEAN, value: text.toLowerCase() === "true" }
  if (/^[0-9a-f]{8}-/i.test(text) && text.length === 36) return { type: GUID, value: text.toLowerCase() }
  if (/^\d\d:/.test(text)) return { type: TIME_OF_DAY, value: readTimeOfDay(text) }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { type: DATE, value: readDate(text) }
  if (/^-?\d{4,}-\d\d-/.test(text)) return { type: MOMENT, value: /(Z|\d\d:\d\d)$/i.test(text) ? readMoment(text) : null }
  return numberLiteral(text)
}

const PREFIXES = {
  duration: (text) => ({ type: DURATION, value: readDuration(text) }),
  binary: (text) => ({ type: BINARY, value: /^[\w-]*={0,2}$/.test(text) ? text.replace(/=+$/, "") : null }),
}

function quotedLiteral(text) {
  const [prefix, ...rest] = text.split("'")
  const inside = rest.slice(0, -1).join("'").replaceAll("''", "'")
  if (prefix === "") return { type: STRING, value: inside }
  return PREFIXES[prefix.toLowerCase()]?.(inside) ?? { type: STRING, value: inside, enumName: prefix }
}

const SMALL = 2n ** 31n
const LARGE = 2n ** 63n

function numberLiteral(text) {
  const [, digits, fraction, exponent, suffix] = /^([+-]?\d+)(\.\d+)?(e[+-]?\d+)?([lmdf]?)$/i.exec(text)
  const plain = text.replace(/[lmdf]$/i, "").replace(/^\+/, "")
  const kind = suffix.toLowerCase()
  if (exponent || kind === "d" || kind === "f") {
    const value = readDouble(plain)
    return { type: kind === "f" ? SINGLE : DOUBLE, value: Number.isFinite(value) ? value : null }
  }
  if (fraction || kind === "m") return { type: DECIMAL, value: readDecimal(plain) }
  const value = BigInt(digits.replace(/^\+/, ""))
  if (value < -LARGE || value >= LARGE) return { type: DECIMAL, value: readDecimal(plain) }
  return { type: kind !== "l" && value >= -SMALL && value < SMALL ? INT32 : INT64, value }
}
