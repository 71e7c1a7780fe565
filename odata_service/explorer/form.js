// Entities are made, changed and deleted in a dialog.

import { ask, h, labelled } from "./dom.js";
import { control } from "./odata.js";
import { keyOf } from "./query.js";
import { at, fieldOf } from "./values.js";
import { told } from "./notice.js";

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** Resolves with true when something was changed. */
export async function edit(service, set, entity, nameOf) {
  const isNew = entity === null;
  const kept = isNew ? set.notInsertable : set.notUpdatable;
  const properties = set.type.properties.filter((each) => each.editable && !kept.has(each.path) && !kept.has(each.path.split("/")[0]));
  const fields = properties.map((property) => {
    const before = isNew ? property.default ?? null : at(entity, property.path);
    const made = fieldOf(property, before);
    const start = made.read();
    const hint = [property.type, property.nullable ? "may be empty" : isNew && !property.optional ? "needed" : "", property.description].filter(Boolean).join(" · ");
    return { property, changed: () => !same(made.read(), start), read: made.read, element: labelled(property.path, made.field, hint) };
  });
  const address = isNew ? set.name : set.singleton ? set.name : set.name + keyOf(set.type, entity);
  const headers = isNew ? {} : { "If-Match": control(entity, "etag") ?? "*" };
  const problem = h("div", { role: "alert" });

  const act = async (close, work) => {
    problem.replaceChildren();
    try {
      await work();
      close("done");
    } catch (error) {
      problem.replaceChildren(told(error));
      const wrong = fields.find(({ property }) => property.path === error.target);
      (wrong?.element.querySelector("input,select,textarea") ?? problem).focus();
    }
  };
  const save = (close) => act(close, () => {
    const body = nested(fields.filter((each) => each.changed()).map(({ property, read }) => [property.path, read()]));
    return service.send(isNew ? "POST" : "PATCH", address, { body, headers });
  });
  const remove = async (close) => {
    const said = await ask(`Delete ${nameOf(set, entity)}?`, h("p", {}, "It cannot be brought back from here."), (closeInner) => [
      h("button", { type: "button", class: "danger", onclick: () => closeInner("yes") }, "Delete"),
      h("button", { type: "button", onclick: () => closeInner("") }, "Keep"),
    ]);
    if (said === "yes") await act(close, () => service.send("DELETE", address, { headers }));
  };
  const title = isNew ? `New in ${set.name}` : `${nameOf(set, entity)}`;
  const result = await ask(title, [problem, h("div", { class: "fields" }, fields.map((each) => each.element))], (close) => [
    (isNew || set.updatable) && h("button", { type: "submit", class: "main", onclick: (event) => { event.preventDefault(); save(close); } }, "Save"),
    h("button", { type: "button", onclick: () => close("") }, "Cancel"),
    !isNew && set.deletable && !set.singleton && h("button", { type: "button", class: "danger", onclick: () => remove(close) }, "Delete…"),
  ]);
  return result === "done";
}

/** [["Address/City", "Rome"]] → { Address: { City: "Rome" } } */
function nested(pairs) {
  const body = {};
  for (const [path, value] of pairs) {
    const names = path.split("/");
    const last = names.pop();
    const inner = names.reduce((object, name) => (object[name] ??= {}), body);
    inner[last] = value;
  }
  return body;
}
