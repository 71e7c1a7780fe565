// What a program may ask, as openapi.json says it.

import { h } from "./dom.js";

const METHODS = ["get", "post", "patch", "put", "delete"];

/** The operations of a document of OpenAPI, by their tags. */
export function api(document, services) {
  const byTag = new Map(document.tags.map((tag) => [tag.name, []]));
  for (const [path, item] of Object.entries(document.paths))
    for (const method of METHODS.filter((each) => item[each])) {
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((each) => resolved(document, each));
      const [tag] = operation.tags ?? ["Services"];
      byTag.set(tag, [...(byTag.get(tag) ?? []), { path, method, operation, parameters }]);
    }
  const groups = [...byTag].filter(([, operations]) => operations.length).map(([tag, operations]) =>
    h("section", {}, h("h3", {}, tag), operations.map((each) => shown(document, each, services))));
  return h("div", { class: "api" },
    h("p", {}, h("a", { href: "./openapi.json", download: "" }, "openapi.json"), ` · OpenAPI ${document.openapi}, ${document.servers[0].url}`), groups);
}

function shown(document, { path, method, operation, parameters }, services) {
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const answers = Object.entries(operation.responses).map(([status, said]) => [status, resolved(document, said)]);
  const plain = method === "get" && !path.includes("{");
  return h("details", {},
    h("summary", {}, h("span", { class: `method ${method}` }, method.toUpperCase()), ` ${path} `, h("small", {}, operation.summary)),
    operation.description && h("p", {}, operation.description),
    parameters.length > 0 && h("table", { class: "inner" }, h("caption", {}, "Parameters"),
      h("tbody", {}, parameters.map((each) => h("tr", {}, h("td", {}, each.name), h("td", {}, `in ${each.in}`), h("td", {}, typeOf(each.schema)), h("td", {}, each.description ?? ""))))),
    body && h("div", {}, h("p", {}, "Body"), h("pre", { tabindex: "0" }, JSON.stringify(example(document, body), null, 2))),
    h("p", {}, "Answers: ", answers.map(([status, said]) => `${status} ${said.description}`).join(", ")),
    plain && services.v4 && h("a", { class: "button", href: `${services.v4.root}${path.slice(1)}`, target: "_blank", rel: "noopener" }, "Open"));
}

function resolved(document, said) {
  return said.$ref ? said.$ref.split("/").slice(1).reduce((part, name) => part[name], document) : said;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.type === "array") return `list of ${schema.items?.enum ? "names" : typeOf(schema.items)}`;
  return [schema.type].flat().filter(Boolean).join(" or ") + (schema.format ? ` (${schema.format})` : "");
}

/** Something that fits a schema: what has to be there, and where nothing has to, all. */
function example(document, schema, depth = 0) {
  const said = resolved(document, schema);
  if (said.anyOf) return depth > 1 ? null : example(document, said.anyOf[0], depth + 1);
  if (said.allOf) return Object.assign({}, ...said.allOf.map((each) => example(document, each, depth)));
  if (said.type === "array") return [];
  if (said.properties) {
    const names = said.required ?? Object.keys(said.properties);
    return Object.fromEntries(names.filter((name) => depth < 1 || said.required).map((name) => [name, example(document, said.properties[name], depth + 1)]));
  }
  if (said.examples) return said.examples[0];
  if (said.enum) return said.enum[0];
  return { string: "…", integer: 0, number: 0, boolean: true }[[said.type].flat()[0]] ?? null;
}
