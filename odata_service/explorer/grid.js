// Entities in a table: what they have, and what they are related to, below them.

import { h } from "./dom.js";
import { at, shown } from "./values.js";
import { control } from "./odata.js";

/** One page of a query. `on` has what to do: sort(path), expand(name), edit(entity), download(entity). */
export function grid(query, entities, on) {
  const { columns, set } = query;
  const changes = set.updatable || set.deletable;
  const acts = changes || set.type.media;
  const head = h("tr", {},
    acts && h("th", { scope: "col" }, h("span", { class: "unseen" }, "Actions")),
    columns.map((property) => heading(query, property, on)),
    set.type.navigation.map((way) => h("th", { scope: "col" }, toggle(query, way, on))));
  const width = columns.length + set.type.navigation.length + (acts ? 1 : 0);
  const body = entities.flatMap((entity) => {
    const cells = columns.map((property) => cell(property, at(entity, property.path)));
    const edit = h("button", { type: "button", onclick: () => on.edit(entity), "aria-label": `Edit ${nameOf(set, entity)}` }, "Edit");
    const take = h("button", { type: "button", onclick: () => on.download(entity), "aria-label": `Download ${nameOf(set, entity)}` }, "Download");
    const ways = set.type.navigation.map((way) => h("td", { class: "way" }, brief(query, way, entity)));
    const row = h("tr", {}, acts && h("td", { class: "acts" }, changes && edit, set.type.media && take), cells, ways);
    const below = query.expand.map((name) => related(query, name, entity)).filter(Boolean);
    return below.length ? [row, h("tr", { class: "below" }, h("td", { colspan: width }, below))] : [row];
  });
  if (!body.length) body.push(h("tr", {}, h("td", { colspan: width, class: "nothing" }, "Nothing matches.")));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows of ${set.name}` },
    h("table", {}, h("caption", { class: "unseen" }, set.name), h("thead", {}, head), h("tbody", {}, body)));
}

function heading(query, property, on) {
  if (!property.comparable || query.set.singleton) return h("th", { scope: "col", title: property.description || null }, property.path);
  const place = query.orderby.findIndex(([path]) => path === property.path);
  const down = place >= 0 && query.orderby[place][1];
  const sorted = place < 0 ? "none" : down ? "descending" : "ascending";
  const sign = place < 0 ? "" : down ? " ▼" : " ▲";
  return h("th", { scope: "col", "aria-sort": sorted, title: property.description || null, class: property.isNumber ? "number" : null },
    h("button", { type: "button", class: "plain", onclick: (event) => on.sort(property.path, event.shiftKey) }, property.path + sign));
}

function toggle(query, way, on) {
  const open = query.expand.includes(way.name);
  return h("button", { type: "button", class: "plain", "aria-pressed": String(open), onclick: () => on.expand(way.name) },
    `${open ? "▾" : "▸"} ${way.name}`);
}

function cell(property, value) {
  const text = shown(property, value);
  const kind = property.isNumber ? "number" : value === null ? "null" : null;
  return h("td", { class: kind, title: text.length > 60 ? text : null }, value === null ? h("span", { class: "unseen" }, "null") : text);
}

/** In the cell of a navigation property: how many there are, where that is known. */
function brief(query, way, entity) {
  const value = entity[way.name];
  if (!query.expand.includes(way.name)) return null;
  if (!way.collection) return value === null ? "–" : nameOf({ type: query.set.model.type(way.type) }, value);
  const more = control(entity, "nextLink", way.name) ? "+" : "";
  return `${value.length}${more}`;
}

function related(query, name, entity) {
  const way = query.set.type.navigation.find((each) => each.name === name);
  const value = way && entity[name];
  if (!value || value.length === 0) return null;
  const type = query.set.model.type(way.type);
  const entities = way.collection ? value : [value];
  const columns = type.properties.filter((each) => each.type !== "Stream");
  return h("div", { class: "within", tabindex: "0", role: "region", "aria-label": `${name} of ${nameOf(query.set, entity)}` }, h("table", { class: "inner" }, h("caption", {}, name),
    h("thead", {}, h("tr", {}, columns.map((each) => h("th", { scope: "col" }, each.path)))),
    h("tbody", {}, entities.map((each) => h("tr", {}, columns.map((property) => cell(property, at(each, property.path))))))));
}

/** What people would call an entity: its first text that is no key, else its key. */
export function nameOf(set, entity) {
  const named = set.type.properties.find((each) => each.type === "String" && !set.type.key.includes(each.path) && at(entity, each.path));
  return named ? at(entity, named.path) : set.type.key.map((name) => entity[name]).join(", ");
}
