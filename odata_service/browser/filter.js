/**
 * An expression with a meaning: every name is a property of the set, every node has a type, and a value for each record. The
 * rules are the server's (docs/deviations.md), so that a query has the same answer here and there.
 */

import { FUNCTIONS } from "./functions.js"
import { both, constant, fail, isNull, mapped, mismatch } from "./nodes.js"
import { ARITHMETIC, OPERATORS, ZERO, arithmeticType, as, comparison, kindOf, momentArithmetic, widest } from "./operators.js"
import { parseExpression, parseOrderby } from "./syntax.js"
import { BINARY, BOOLEAN, DECIMAL, DOUBLE, DURATION, INT64, NULL, SINGLE, STRING, TYPES, comparer, promoted } from "./values.js"

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

// --- in the small ----------------------------------------------------------------------------------------------------

const negated = (found) => (found === null ? null : !found)

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
    const number = Object.hasOwn(members, name) ? members[name] : /^-?\d+$/.test(name) ? Number(name) : null
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
