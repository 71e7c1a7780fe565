// The filter builder: conditions in a row, and a $filter in words for who wants to write one.

import { choice, h, labelled } from "./dom.js";
import { operatorsOf } from "./query.js";
import { fieldOf } from "./values.js";

const WITHOUT_VALUE = new Set(["null", "notnull"]);

/** Shows what is asked for; `changed` is told of a new query. */
export function filterBuilder(query, changed) {
  const properties = query.set.type.properties.filter((each) => each.comparable);
  const conditions = query.where.map((each) => ({ ...each }));
  const list = h("ol", { class: "conditions" });
  const form = h("form", { class: "panel", "aria-label": "Filter", onsubmit: (event) => { event.preventDefault(); apply(); } });
  let any = query.any;
  const raw = h("textarea", { rows: 2, spellcheck: "false", value: query.raw });

  const draw = () => list.replaceChildren(...conditions.map(row));

  function row(condition, number) {
    const property = query.set.type.property(condition.path);
    const operators = operatorsOf(property);
    if (!operators.some(([name]) => name === condition.operator)) condition.operator = operators[0][0];
    const path = choice(properties.map((each) => [each.path, each.path]), condition.path, (value) => {
      Object.assign(condition, { path: value, value: "" });
      draw();
      list.children[number].querySelector("select").focus();
    });
    path.setAttribute("aria-label", `Property of condition ${number + 1}`);
    const operator = choice(operators, condition.operator, (value) => { condition.operator = value; draw(); });
    operator.setAttribute("aria-label", `Comparison of condition ${number + 1}`);
    const { field } = fieldOf(view(property), condition.value ?? "");
    field.setAttribute("aria-label", `Value of condition ${number + 1}`);
    field.addEventListener("input", () => { condition.value = field.value; });
    if (field.tagName === "SELECT") condition.value = field.value;
    const remove = h("button", { type: "button", "aria-label": `Remove condition ${number + 1}`,
      onclick: () => { conditions.splice(number, 1); draw(); } }, "×");
    return h("li", {}, path, operator, WITHOUT_VALUE.has(condition.operator) ? null : field, remove);
  }

  function add() {
    const first = properties.find((each) => !query.set.type.key.includes(each.path)) ?? properties[0];
    conditions.push({ path: first.path, operator: operatorsOf(first)[0][0], value: "" });
    draw();
    list.lastChild.querySelector("select").focus();
  }

  function apply() { changed(query.with({ where: conditions, any, raw: raw.value.trim() })); }

  const joined = choice([["all", "all of these hold"], ["any", "any of these holds"]], any ? "any" : "all", (value) => { any = value === "any"; });
  draw();
  form.append(
    labelled("Show entities for which", joined), list,
    h("div", { class: "buttons" },
      h("button", { type: "button", onclick: add, disabled: properties.length === 0 }, "Add a condition"),
      h("button", { class: "main" }, "Apply"),
      h("button", { type: "button", onclick: () => changed(query.with({ where: [], raw: "" })) }, "Clear")),
    h("details", { open: Boolean(query.raw) }, h("summary", {}, "In words"), labelled("$filter", raw)),
  );
  return form;
}

/** As a value to compare with: texts on one line, one member of an enumeration. */
function view(property) {
  const { type, isNumber } = property;
  return { type, isNumber, maxLength: 200, members: [], enum: property.enum && { ...property.enum, flags: false } };
}
