// Values as people read them, and the fields in which they write them.

import { choice, h } from "./dom.js";

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 });

/** The value at `ShippingAddress/City`. */
export function at(entity, path) {
  return path.split("/").reduce((value, name) => value?.[name], entity) ?? null;
}

/** The text of a value; null has none. */
export function shown(property, value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  if (property?.type === "Boolean") return value ? "yes" : "no";
  if (property?.type === "DateTimeOffset") return value.replace("T", " ").replace(/\.0+Z$/, "Z");
  if (property?.isNumber && Number.isFinite(Number(value)) && Number.isSafeInteger(Math.trunc(Number(value))))
    return typeof value === "string" ? value : NUMBER.format(value);
  return String(value);
}

/** A field for a value of a property: `read()` gives what is in it, in the form of JSON. */
export function fieldOf(property, value) {
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
  const field = long || property.collection || property.isGeo
    ? h("textarea", { rows: 3, value: text })
    : h("input", { value: text, ...KINDS[property.type], maxlength: property.maxLength });
  return { field, read: () => read(property, field.value) };
}

const KINDS = {
  Byte: { inputmode: "numeric" }, SByte: { inputmode: "numeric" }, Int16: { inputmode: "numeric" },
  Int32: { inputmode: "numeric" }, Int64: { inputmode: "numeric" }, Decimal: { inputmode: "decimal" },
  Single: { inputmode: "decimal" }, Double: { inputmode: "decimal" },
  Date: { placeholder: "2026-12-31" }, TimeOfDay: { placeholder: "23:59:59" },
  DateTimeOffset: { placeholder: "2026-12-31T23:59:59Z" }, Duration: { placeholder: "PT1H30M" },
  Guid: { placeholder: "00000000-0000-0000-0000-000000000000" },
};
const IN_QUOTES = new Set(["Int64", "Decimal"]);

/** What stands in a field; what is no such value goes to the service as it is, which says what is wrong with it. */
function read(property, text) {
  if (text === "" && (property.nullable || property.type !== "String")) return null;
  if (property.collection || property.isGeo) return parsed(text);
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
