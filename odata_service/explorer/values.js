// Values as people read them, and the fields in which they write them.

import { choice, h, labelled } from "./dom.js";

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 });

/** The value at `ShippingAddress/City`. */
export function at(entity, path) {
  return path.split("/").reduce((value, name) => value?.[name], entity) ?? null;
}

/** The text of a value; null has none. */
export function shown(property, value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => shown(property?.item, each) || "–").join(", ");
  if (typeof value === "object" && property?.members.length)
    return property.members.map((each) => [each.path, shown(each, at(value, each.path))]).filter(([, text]) => text).map((said) => said.join(" ")).join("; ");
  if (typeof value === "object") return JSON.stringify(value);
  if (property?.type === "Boolean") return value ? "yes" : "no";
  if (property?.type === "DateTimeOffset") return value.replace("T", " ").replace(/\.0+Z$/, "Z");
  if (property?.isNumber && Number.isFinite(Number(value)) && Number.isSafeInteger(Math.trunc(Number(value))))
    return typeof value === "string" ? value : NUMBER.format(value);
  return String(value);
}

/** [["Address/City", "Rome"]] → { Address: { City: "Rome" } }, over what is there already. */
export function nested(pairs, whole = {}) {
  const body = structuredClone(whole);
  for (const [path, value] of pairs) {
    const names = path.split("/");
    const last = names.pop();
    const inner = names.reduce((object, name) => (object[name] ??= {}), body);
    inner[last] = value;
  }
  return body;
}

/** A field for a value of a property: `read()` gives what is in it, in the form of JSON. */
export function fieldOf(property, value) {
  if (property.collection) return listOf(property, value ?? []);
  if (property.members.length) return structureOf(property, value ?? {});
  if (property.enum?.flags) return flagsOf(property, value);
  if (property.enum && !property.enum.flags) {
    const names = [...(property.nullable ? [["", "–"]] : []), ...property.enum.members.map((name) => [name, name])];
    const field = choice(names, value ?? "");
    return { field, read: () => field.value || null };
  }
  if (property.type === "Boolean") {
    const names = [...(property.nullable ? [["", "–"]] : []), ["true", "yes"], ["false", "no"]];
    const field = choice(names, value === null ? "" : String(value));
    return { field, read: () => (field.value === "" ? null : field.value === "true") };
  }
  const text = value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const long = property.type === "String" && !(property.maxLength <= 200);
  const field = long || property.isGeo
    ? h("textarea", { rows: 3, value: text })
    : h("input", { value: text, ...KINDS[property.type], maxlength: property.maxLength });
  return { field, read: () => read(property, field.value) };
}

/** The values of a collection, one below the other. */
function listOf(property, values) {
  const list = h("ol", { class: "values" });
  const made = new Map(); // by row
  const number = () => [...list.children].forEach((row, place) => {
    made.get(row).field.setAttribute("aria-label", `${property.path} ${place + 1}`);
    row.lastChild.setAttribute("aria-label", `Remove ${property.path} ${place + 1}`);
  });
  const add = (value) => {
    const one = fieldOf(property.item, value);
    const remove = h("button", { type: "button", onclick: () => { row.remove(); number(); more.focus(); } }, "Remove");
    const row = h("li", {}, one.field, remove);
    made.set(row, one);
    list.append(row);
    number();
    return one.field;
  };
  const more = h("button", { type: "button", "aria-label": `Add to ${property.path}`, onclick: () => {
    const field = add(null);
    (field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea"))?.focus();
  } }, "Add");
  values.forEach(add);
  return { field: h("div", { role: "group" }, list, more), read: () => [...list.children].map((row) => made.get(row).read()) };
}

/** A structure; what of it has no field stays as it is. */
function structureOf(property, value) {
  const fields = property.members.filter((each) => each.editable).map((member) => {
    const made = fieldOf(member, at(value, member.path));
    return { path: member.path, read: made.read, element: labelled(member.path, made.field) };
  });
  return {
    field: h("div", { role: "group", class: "structure" }, fields.map((each) => each.element)),
    read: () => nested(fields.map(({ path, read }) => [path, read()]), value),
  };
}

/** Names that may hold together; those that stand for several others are not among them. */
function flagsOf({ enum: kind, nullable }, value) {
  const bits = (name) => BigInt(kind.values[name] ?? name);
  const now = String(value ?? "").split(",").filter(Boolean).reduce((all, name) => all | bits(name.trim()), 0n);
  const isOne = (name) => bits(name) > 0n && (bits(name) & (bits(name) - 1n)) === 0n;
  const boxes = kind.members.filter(isOne).map((name) => [name, h("input", { type: "checkbox", checked: (now & bits(name)) !== 0n })]);
  const none = kind.members.find((name) => bits(name) === 0n) ?? "0";
  return {
    field: h("div", { role: "group", class: "columns" }, boxes.map(([name, box]) => h("label", { class: "check" }, box, ` ${name}`))),
    read: () => boxes.filter(([, box]) => box.checked).map(([name]) => name).join(",") || (nullable && value === null ? null : none),
  };
}

const KINDS = {
  Byte: { inputmode: "numeric" }, SByte: { inputmode: "numeric" }, Int16: { inputmode: "numeric" },
  Int32: { inputmode: "numeric" }, Int64: { inputmode: "numeric" }, Decimal: { inputmode: "decimal" },
  Single: { inputmode: "decimal" }, Double: { inputmode: "decimal" },
  Date: { type: "date" }, TimeOfDay: { placeholder: "23:59:59" },
  DateTimeOffset: { placeholder: "2026-12-31T23:59:59Z" }, Duration: { placeholder: "PT1H30M" },
  Guid: { placeholder: "00000000-0000-0000-0000-000000000000" },
};
const IN_QUOTES = new Set(["Int64", "Decimal"]);

/** What stands in a field; what is no such value goes to the service as it is, which says what is wrong with it. */
function read(property, text) {
  if (text === "" && (property.nullable || property.type !== "String")) return null;
  if (property.isGeo) return parsed(text);
  if (property.isNumber && !IN_QUOTES.has(property.type)) return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
