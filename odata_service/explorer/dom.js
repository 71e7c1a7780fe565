// Elements from words: h("button", { onclick, "aria-label": "…" }, "Save").

const SVG = "http://www.w3.org/2000/svg";
const OF_SVG = new Set(["svg", "g", "path", "rect", "line", "text", "title"]);

/** An element with attributes, properties that begin with `on`, and children: elements, texts, nothing. */
export function h(name, said = {}, ...children) {
  const element = OF_SVG.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(said)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "selected") element[key] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A link in a drawing, which the keyboard reaches as well. */
export function drawnLink(href, ...children) {
  const link = document.createElementNS(SVG, "a");
  link.setAttribute("href", href);
  link.append(...children);
  return link;
}

let numbers = 0;

/** A field with its label; one that is a group of fields has its label as a name. */
export function labelled(label, field, hint = "") {
  field.id = field.id || `field-${++numbers}`;
  const about = hint && h("small", { id: `${field.id}-hint` }, hint);
  if (about) field.setAttribute("aria-describedby", about.id);
  const isGroup = field.getAttribute("role") === "group";
  const name = isGroup ? h("span", { class: "label", id: `${field.id}-name` }, label) : h("label", { for: field.id }, label);
  if (isGroup) field.setAttribute("aria-labelledby", name.id);
  return h("div", { class: isGroup ? "field wide" : "field" }, name, field, about);
}

/** A choice of values with their names: [["eq", "is"], …]. */
export function choice(options, chosen, onchange) {
  const made = options.map(([value, name]) => h("option", { value, selected: value === chosen }, name));
  return h("select", { onchange: (event) => onchange?.(event.target.value) }, made);
}

/** Shows a dialog until it is closed; resolves with what it was closed with. */
export function ask(title, content, buttons) {
  const name = `dialog-${++numbers}`;
  const dialog = h("dialog", { "aria-labelledby": name });
  const close = (value) => dialog.close(value);
  dialog.append(h("form", { method: "dialog", novalidate: true },
    h("h2", { id: name }, title), content, h("div", { class: "buttons" }, buttons(close))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  }));
}
