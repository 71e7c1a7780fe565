// A number for each value of a property, through $apply: as bars, and as the table that they are.

import { choice, h, labelled } from "./dom.js";
import { at, shown } from "./values.js";

const METHODS = [["count", "number of entities"], ["sum", "sum of"], ["average", "average of"], ["min", "smallest"], ["max", "largest"]];
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });
const BAR = 26;
const WIDEST = 720;

/** What is to be drawn. */
export function chartBuilder(query, changed) {
  const groups = query.set.type.properties.filter((each) => each.comparable);
  const numbers = query.set.type.properties.filter((each) => each.comparable && each.isNumber && !query.set.type.key.includes(each.path));
  const first = defaultGroup(query);
  const group = { ...first, of: numbers[0]?.path, ...query.group };
  const methods = numbers.length ? METHODS : METHODS.slice(0, 1);
  const update = (change) => changed(query.with({ group: { ...group, ...change } }));
  return h("form", { class: "panel row", "aria-label": "Chart", onsubmit: (event) => event.preventDefault() },
    labelled("Show the", choice(methods, group.method, (method) => update({ method }))),
    group.method !== "count" && labelled("of", choice(numbers.map((each) => [each.path, each.path]), group.of, (of) => update({ of }))),
    labelled("for each", choice([...groups.map((each) => each.path), ...namesOfRelated(query)].map((path) => [path, path]), group.by, (by) => update({ by }))),
    h("button", { type: "button", onclick: () => changed(query.with({ group: null })) }, "Back to the rows"));
}

/** `Category/Name`: what single related entities are called. */
function namesOfRelated(query) {
  const single = query.set.type.navigation.filter((way) => !way.collection);
  return single.flatMap((way) => {
    const type = query.set.model.type(way.type);
    const named = type.properties.find((each) => each.type === "String" && !type.key.includes(each.path));
    return named ? [`${way.name}/${named.path}`] : [];
  });
}

export function defaultGroup(query) {
  const keys = new Set(query.set.type.key);
  const first = query.set.type.properties.find((each) => each.comparable && !keys.has(each.path)) ?? query.set.type.properties[0];
  return { by: first.path, method: "count" };
}

/** Rows of $apply as bars, in so many pixels. */
export function chart(query, rows, room) {
  const width = Math.max(280, Math.min(room, WIDEST));
  const label = Math.min(180, width * 0.36);
  const by = query.set.type.property(query.group.by) ?? { path: query.group.by };
  const bars = rows.map((row) => ({ name: shown(by, at(row, by.path)) || "(empty)", value: Number(row.Value), text: NUMBER.format(Number(row.Value)) }));
  const values = bars.map((each) => each.value).filter(Number.isFinite);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const scale = (width - label - 80) / (high - low || 1);
  const zero = label + (0 - low) * scale;
  const drawn = bars.map((bar, number) => {
    const length = Number.isFinite(bar.value) ? bar.value * scale : 0;
    const y = number * BAR;
    return h("g", {},
      h("text", { x: label - 8, y: y + 17, "text-anchor": "end", class: "name" }, clipped(bar.name, label / 8)),
      h("rect", { x: Math.min(zero, zero + length), y: y + 4, width: Math.max(Math.abs(length), 1), height: BAR - 8, rx: 3 }),
      h("text", { x: Math.max(zero, zero + length) + 6, y: y + 17 }, bar.text));
  });
  const name = `${query.group.method} by ${by.path}`;
  const picture = h("svg", { class: "chart", width, viewBox: `0 0 ${width} ${Math.max(BAR, bars.length * BAR)}`, role: "img", "aria-label": name }, drawn);
  const table = h("table", {}, h("caption", { class: "unseen" }, name),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, by.path), h("th", { scope: "col", class: "number" }, "Value"))),
    h("tbody", {}, bars.map((bar) => h("tr", {}, h("td", {}, bar.name), h("td", { class: "number" }, bar.text)))));
  return h("div", {}, picture, h("details", {}, h("summary", {}, "As a table"), table));
}

function clipped(text, most) { return text.length > most ? `${text.slice(0, Math.floor(most) - 1)}…` : text; }
