// The types and their relations, drawn.

import { drawnLink, h } from "./dom.js";

const BOX = { width: 190, line: 17, head: 28, gap: 70, most: 7 };

export function diagram(model) {
  const types = arranged([...model.types.values()]);
  const setOf = new Map([...model.sets.values()].map((set) => [set.type, set]));
  const columns = Math.max(1, Math.min(4, Math.round(Math.sqrt(types.length))));
  const places = new Map();
  const heights = Array(columns).fill(0);
  types.forEach((type, number) => {
    const column = number % columns;
    const height = BOX.head + (Math.min(type.properties.length, BOX.most) + (type.properties.length > BOX.most ? 1 : 0)) * BOX.line + 8;
    places.set(type, { x: column * (BOX.width + BOX.gap) + 10, y: heights[column] + 10, height });
    heights[column] += height + 50;
  });
  const width = columns * (BOX.width + BOX.gap) - BOX.gap + 20;
  const lines = types.flatMap((type) => relations(model, type, places));
  const boxes = types.map((type) => box(type, places.get(type), setOf.get(type)));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Diagram of the entity types" },
    h("svg", { class: "diagram", viewBox: `0 0 ${width} ${Math.max(...heights, 60) + 10}`, width, role: "group" }, lines, boxes));
}

/** Neighbours near each other: from the type with the most relations on, in breadth. */
function arranged(types) {
  const byName = new Map(types.map((type) => [type.fullName, type]));
  const degree = (type) => type.navigation.length;
  const waiting = [...types].sort((left, right) => degree(right) - degree(left));
  const found = new Set();
  for (const start of waiting) {
    const queue = [start];
    while (queue.length) {
      const type = queue.shift();
      if (!type || found.has(type)) continue;
      found.add(type);
      queue.push(...type.navigation.map((way) => byName.get(way.type)), byName.get(type.base));
    }
  }
  return [...found];
}

/** One line for each pair of types, however many ways there are. */
function relations(model, type, places) {
  const from = places.get(type);
  const others = new Map();
  for (const way of type.navigation) others.set(way.type, [...(others.get(way.type) ?? []), way]);
  if (type.base) others.set(type.base, [...(others.get(type.base) ?? []), { name: "is a", base: true }]);
  return [...others].flatMap(([name, ways]) => {
    const target = model.type(name);
    const to = places.get(target);
    const back = target.navigation.some((way) => way.type === type.fullName);
    if (target === type || (back && target.name < type.name)) return [];
    const [x1, y1, x2, y2] = [from.x + BOX.width / 2, from.y + from.height / 2, to.x + BOX.width / 2, to.y + to.height / 2];
    const described = ways.map((way) => `${type.name} ${way.name}${way.collection ? " (many)" : ""}`).join(", ");
    return [h("path", { class: ways[0].base ? "relation base" : "relation", d: `M${x1} ${y1} C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}` },
      h("title", {}, `${described} – ${target.name}`))];
  });
}

function box(type, { x, y, height }, set) {
  const shown = type.properties.slice(0, BOX.most);
  const more = type.properties.length - shown.length;
  const texts = shown.map((each, number) => h("text", { x: x + 10, y: y + BOX.head + 14 + number * BOX.line, class: type.key.includes(each.path) ? "key" : null },
    `${each.path.slice(0, 20)}: ${each.type.split(".").at(-1).slice(0, 14)}`));
  if (more > 0) texts.push(h("text", { x: x + 10, y: y + BOX.head + 14 + shown.length * BOX.line, class: "faint" }, `and ${more} more`));
  const drawn = [
    h("rect", { x, y, width: BOX.width, height, rx: 6, class: "box" }),
    h("rect", { x, y, width: BOX.width, height: BOX.head, rx: 6, class: "head" }),
    h("text", { x: x + 10, y: y + 19, class: "title" }, type.name), ...texts,
  ];
  return set ? drawnLink(`#/${encodeURIComponent(set.name)}`, ...drawn) : h("g", {}, drawn);
}
