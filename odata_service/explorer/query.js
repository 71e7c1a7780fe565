// What is seen, as an address of either version.

const V4_LITERALS = {
  String: quoted,
  Duration: (text) => `duration'${text}'`,
  Binary: (text) => `binary'${text}'`,
};
const V2_LITERALS = {
  "Edm.String": quoted,
  "Edm.Guid": (text) => `guid'${text}'`,
  "Edm.DateTime": (text) => `datetime'${text.replace(/Z$/, "")}'`,
  "Edm.DateTimeOffset": (text) => `datetimeoffset'${text}'`,
  "Edm.Time": (text) => `time'${text.replace(/^(\d+):(\d+):?([\d.]*)$/, (_, hours, minutes, seconds) => `PT${hours}H${minutes}M${seconds || 0}S`)}'`,
  "Edm.Int64": (text) => `${text}L`,
  "Edm.Decimal": (text) => `${text}M`,
  "Edm.Single": (text) => `${text}f`,
  "Edm.Binary": (text) => `X'${text}'`,
};
const CALLS = { contains: "contains", startswith: "startswith", endswith: "endswith" };

export const OPERATORS = {
  text: [["contains", "contains"], ["startswith", "starts with"], ["endswith", "ends with"], ["eq", "is"], ["ne", "is not"],
    ["gt", "is after"], ["lt", "is before"], ["null", "is empty"], ["notnull", "is not empty"]],
  ordered: [["eq", "is"], ["ne", "is not"], ["gt", "is more than"], ["ge", "is at least"], ["lt", "is less than"],
    ["le", "is at most"], ["null", "is empty"], ["notnull", "is not empty"]],
  truth: [["eq", "is"], ["ne", "is not"], ["null", "is empty"], ["notnull", "is not empty"]],
};

export function operatorsOf(property) {
  if (property.enum || property.type === "Boolean" || property.type === "Guid") return OPERATORS.truth;
  return property.type === "String" ? OPERATORS.text : OPERATORS.ordered;
}

function quoted(text) { return `'${text.replaceAll("'", "''")}'`; }

/** A value in an address of V4. */
export function literal(property, value) {
  if (value === null) return "null";
  const text = String(value);
  if (property.enum) return `${property.enum.name}${quoted(text)}`;
  return (V4_LITERALS[property.type] ?? String)(text);
}

/** `(5)`, `(Order=5,Line=1)`: the key of an entity in an address. */
export function keyOf(type, entity) {
  const parts = type.key.map((name) => [name, encodeURIComponent(literal(type.property(name), entity[name]))]);
  return `(${parts.length === 1 ? parts[0][1] : parts.map((part) => part.join("=")).join(",")})`;
}

/** The state of the explorer over one set: everything that stands in the address. */
export class Query {
  constructor(set, state = {}) {
    this.set = set;
    this.where = state.where ?? []; // [{ path, operator, value }]
    this.any = Boolean(state.any); // one of the conditions is enough
    this.raw = state.raw ?? ""; // a $filter in words
    this.search = state.search ?? "";
    this.orderby = state.orderby ?? []; // [[path, descending]]
    this.select = state.select ?? null; // paths, or null for all
    this.expand = state.expand ?? []; // names
    this.group = state.group ?? null; // { by, of, method }: as a chart
  }

  get state() {
    const { where, any, raw, search, orderby, select, expand, group } = this;
    return { where, any, raw, search, orderby, select, expand, group };
  }

  /** The same with something else. */
  with(changes) { return new Query(this.set, { ...this.state, ...changes }); }

  /** As it stands behind the `#` of the page's address. */
  get hash() {
    const kept = Object.entries(this.state).filter(([, value]) => (Array.isArray(value) ? value.length : value));
    const state = kept.length ? `/${encodeURIComponent(JSON.stringify(Object.fromEntries(kept)))}` : "";
    return `#/${encodeURIComponent(this.set.name)}${state}`;
  }

  get columns() {
    const all = this.set.type.properties.filter((each) => each.type !== "Stream");
    return this.select ? all.filter((each) => this.select.includes(each.path)) : all;
  }

  filter(condition) {
    const conditions = this.where.filter((each) => this.set.type.property(each.path)).map(condition);
    const joined = conditions.join(this.any ? " or " : " and ");
    if (!this.raw) return joined;
    return joined ? `(${this.raw}) and (${joined})` : this.raw;
  }

  get filterV4() {
    return this.filter(({ path, operator, value }) => {
      if (operator === "null" || operator === "notnull") return `${path} ${operator === "null" ? "eq" : "ne"} null`;
      const text = literal(this.set.type.property(path), value);
      return CALLS[operator] ? `${CALLS[operator]}(${path},${text})` : `${path} ${operator} ${text}`;
    });
  }

  /** Below the root of V4. */
  get v4() {
    const options = [];
    if (this.group) options.push(["$apply", this.apply], ["$orderby", "Value desc"], ["$top", "50"]);
    else {
      if (this.filterV4) options.push(["$filter", this.filterV4]);
      if (this.search) options.push(["$search", quotedPhrase(this.search)]);
      if (this.orderby.length) options.push(["$orderby", this.orderby.map(([path, down]) => path + (down ? " desc" : "")).join(",")]);
      if (this.select) options.push(["$select", [...new Set([...this.set.type.key, ...this.select])].join(",")]);
      if (this.expand.length) options.push(["$expand", this.expand.join(",")]);
      if (!this.set.singleton) options.push(["$count", "true"]);
    }
    return address(this.set.name, options);
  }

  /** Steps of $apply that make a `Value` for each value of a property. */
  get apply() {
    const { by, of, method } = this.group;
    const value = method === "count" ? "$count as Value" : `${of} with ${method} as Value`;
    const steps = [`groupby((${by}),aggregate(${value}))`];
    if (this.filterV4) steps.unshift(`filter(${this.filterV4})`);
    return steps.join("/");
  }

  /** Below the root of V2, whose types these are; null for what V2 cannot say. */
  v2(types) {
    if (this.group || this.search) return null;
    const options = [];
    const filter = this.filter(({ path, operator, value }) => {
      if (operator === "null" || operator === "notnull") return `${path} ${operator === "null" ? "eq" : "ne"} null`;
      const property = this.set.type.property(path);
      const kind = types.get(`${this.set.type.name}.${path}`) ?? `Edm.${property.type}`;
      const known = property.enum && kind !== "Edm.String" ? numberOf(property.enum, value) : String(value);
      const text = (V2_LITERALS[kind] ?? String)(known);
      if (operator === "contains") return `substringof(${text},${path})`;
      return CALLS[operator] ? `${CALLS[operator]}(${path},${text})` : `${path} ${operator} ${text}`;
    });
    if (filter) options.push(["$filter", filter]);
    if (this.orderby.length) options.push(["$orderby", this.orderby.map(([path, down]) => path + (down ? " desc" : "")).join(",")]);
    const selected = this.select && [...new Set([...this.set.type.key, ...this.select.map((path) => path.split("/")[0]), ...this.expand])];
    if (selected) options.push(["$select", selected.join(",")]);
    if (this.expand.length) options.push(["$expand", this.expand.join(",")]);
    if (!this.set.singleton) options.push(["$inlinecount", "allpages"]);
    return address(this.set.name, options);
  }
}

/** V2 has no enumerations: a member is its number. */
function numberOf(kind, names) { return String(names.split(",").reduce((sum, name) => sum + Number(kind.values[name.trim()] ?? 0), 0)); }

function quotedPhrase(text) { return `"${text.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`; }

function address(path, options) {
  const query = options.map(([name, value]) => `${name}=${encoded(value)}`).join("&");
  return query ? `${path}?${query}` : path;
}

/** Readable where it may be: only what would end the option, or is no part of an address, is encoded. */
function encoded(text) {
  return encodeURIComponent(text).replaceAll(/%(20|24|27|28|29|2C|2F|3A|3D|40)/g, (code) => (code === "%20" ? "%20" : decodeURIComponent(code)));
}
