// Entities are made, changed and deleted in a dialog.

import { ask, h, labelled } from "./dom.js";
import { Refusal } from "./odata.js";
import { addressOf, etagOf, streamField, streamsOf } from "./streams.js";
import { at, fieldOf, nested } from "./values.js";
import { told } from "./notice.js";

const isMedia = ({ segment }) => segment === "$value";
const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** Resolves with true when something was changed. What is `seen` of an entity may be a part of it, or old. */
export async function edit(service, set, seen, nameOf) {
  const isNew = seen === null;
  const entity = isNew ? null : await service.json(addressOf(set, seen)).catch(() => seen);
  const kept = isNew ? set.notInsertable : set.notUpdatable;
  const properties = set.type.properties.filter((each) => each.editable && !kept.has(each.path) && !kept.has(each.path.split("/")[0])
    && (isNew || each.path.split("/")[0] in entity));
  const fields = properties.map((property) => {
    const before = isNew ? property.default ?? null : at(entity, property.path);
    const made = fieldOf(property, before);
    const start = made.read();
    const kind = property.type.split(".").at(-1);
    const hint = [property.collection ? `list of ${kind}` : kind, property.nullable && !property.collection ? "may be empty" : isNew && !property.optional ? "needed" : "", property.description].filter(Boolean).join(" · ");
    return { property, changed: () => !same(made.read(), start), read: made.read, element: labelled(property.path, made.field, hint) };
  });
  const title = isNew ? `New in ${set.name}` : `${nameOf(set, entity)}`;
  const streams = (isNew || set.updatable ? streamsOf(set.type) : []).filter((each) => !each.kept && !kept.has(each.name)).map((each) =>
    streamField(service, each, isNew ? "" : `${addressOf(set, entity)}/${each.segment}`, title));
  const problem = h("div", { role: "alert" });
  let there = entity; // as soon as it is made, also where something that comes after that is refused
  let etag = isNew ? "*" : etagOf(entity);

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
  const send = async (method, address, body) => {
    const answer = await service.send(method, address, { body, headers: { "If-Match": etag } });
    etag = answer.headers.get("ETag") ?? "*";
  };
  const make = async (body, headers) => {
    const answer = await service.send("POST", set.name, { body, headers });
    there = await answer.json();
    etag = etagOf(there);
  };
  const save = (close) => act(close, async () => {
    const content = streams.find(isMedia)?.change();
    const isMade = there === null;
    if (isMade && set.type.media) {
      if (!content) throw new Refusal(0, { message: "a file is needed: it is what the rest is about" });
      await make(content, { Slug: encodeURIComponent(content.name) });
    }
    const changed = fields.filter((each) => each.changed()).map(({ property, read }) => [property.path, read()]);
    if (there === null) await make(nested(changed), {});
    else if (changed.length) await send("PATCH", addressOf(set, there), nested(changed));
    for (const { segment, change } of streams.filter((each) => !(isMade && isMedia(each)))) {
      const wanted = change();
      if (wanted === "nothing") await send("DELETE", `${addressOf(set, there)}/${segment}`);
      else if (wanted) await send("PUT", `${addressOf(set, there)}/${segment}`, wanted);
    }
  });
  const remove = async (close) => {
    const said = await ask(`Delete ${nameOf(set, entity)}?`, h("p", {}, "It cannot be brought back from here."), (closeInner) => [
      h("button", { type: "button", class: "danger", onclick: () => closeInner("yes") }, "Delete"),
      h("button", { type: "button", onclick: () => closeInner("") }, "Keep"),
    ]);
    if (said === "yes") await act(close, () => send("DELETE", addressOf(set, entity)));
  };
  const result = await ask(title, [problem, h("div", { class: "fields" }, [streams.filter(isMedia), fields, streams.filter((each) => !isMedia(each))].flat().map((each) => each.element))], (close) => [
    (isNew || set.updatable) && h("button", { type: "submit", class: "main", onclick: (event) => { event.preventDefault(); save(close); } }, "Save"),
    h("button", { type: "button", onclick: () => close("") }, "Cancel"),
    !isNew && set.deletable && !set.singleton && h("button", { type: "button", class: "danger", onclick: () => remove(close) }, "Delete…"),
  ]);
  return result === "done" || there !== entity;
}
