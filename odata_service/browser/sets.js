import { WrongRecord } from "./errors.js"
import { compile } from "./filter.js"

/** What a set is, by what the application says of it and what the server has described. */
export class EntitySet {
  description = null

  constructor(name, { key, filter = null, indexes = [], encrypted = false, pageSize = 500, properties = {}, watch = false } = {}) {
    this.name = name
    this.filter = filter
    this.indexes = indexes
    this.encrypted = encrypted
    this.pageSize = pageSize
    this.watch = watch
    this.expected = Object.entries(properties).map(([each, type]) => ({ name: each, type }))
    if (!key) throw new WrongRecord(`say by which property records of ${name} are known: { key: "id" }`)
    this.key = [key].flat()
  }

  get stamp() {
    return this.description?.stamp ?? "lastModified"
  }

  get properties() {
    return this.description?.properties ?? this.expected
  }

  /** Whether a record is one of those that are kept here, as far as that can be told without the server. */
  keeps(record) {
    if (record === null || !this.filter) return true
    try {
      return compile(this.filter, this.properties)(record)
    } catch {
      return true // a filter that only the server understands
    }
  }

  keyOf(record) {
    const key = this.key.map((name) => record[name])
    if (key.some((part) => part === undefined || part === null)) {
      throw new WrongRecord(`a record of ${this.name} is known by ${this.key.join(" and ")}`, { set: this.name })
    }
    return key
  }

  keyMembers(key) {
    return Object.fromEntries(this.key.map((name, index) => [name, key[index]]))
  }

  /** A key as an array, from whatever an application gives: a value, an array, or an object. */
  keyFrom(given) {
    if (Array.isArray(given)) return given
    return typeof given === "object" && given !== null ? this.keyOf(given) : [given]
  }

  /** The filter that only the record with this key passes. */
  condition(key) {
    return this.key.map((name, index) => `${name} eq ${this.#literal(name, key[index])}`).join(" and ")
  }

  #literal(name, value) {
    const type = this.properties.find((each) => each.name === name)?.type ?? "Edm.String"
    return type === "Edm.String" ? `'${String(value).replaceAll("'", "''")}'` : String(value)
  }

  /** The columns that are the client's to write. */
  written(record) {
    const readOnly = new Set(this.properties.filter((each) => each.readOnly).map((each) => each.name))
    readOnly.add(this.stamp)
    const entries = Object.entries(record).filter(([name, value]) => !readOnly.has(name) && value !== undefined)
    return Object.fromEntries(entries)
  }
}
