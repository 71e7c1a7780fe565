// The explorer: sets and types, one set's rows, and the addresses of what is seen.

import { h, labelled } from "./dom.js";
import { showAnswer } from "./answer.js";
import { api } from "./api.js";
import { chart, chartBuilder, defaultGroup } from "./chart.js";
import { diagram } from "./diagram.js";
import { filterBuilder } from "./filter.js";
import { edit } from "./form.js";
import { grid, nameOf } from "./grid.js";
import { Model, typesOfV2 } from "./model.js";
import { told } from "./notice.js";
import { control, Service } from "./odata.js";
import { Query } from "./query.js";
import { addressOf, download } from "./streams.js";

const PAGE = 25;
const API = "#/-/operations";
const MOST_COUNTED = 100_000;
const roots = JSON.parse(document.getElementById("roots").textContent);
const place = document.getElementById("explorer");
const services = { v4: roots.v4 && new Service(roots.v4), v2: roots.v2 && new Service(roots.v2) };
const main = h("main", { id: "main", tabindex: "-1" });
const status = h("p", { class: "unseen", role: "status" });
let model = null;
let v2types = new Map();
let panel = ""; // which of the tools is open
let drawn = 0; // the number of the latest drawing; older ones give up

async function start() {
  if (!services.v4) return; // the links above are all there is
  try {
    model = new Model(await services.v4.json("$metadata", { accept: "application/json" }));
    if (services.v2) v2types = typesOfV2(await services.v2.text("$metadata", "application/xml"));
  } catch (error) {
    place.replaceChildren(h("main", { id: "main" }, told(error), error.status === 401 ? signIn() : null));
    return;
  }
  addEventListener("hashchange", draw);
  draw();
}

/** For services that want a token; where they want a password, the browser asks by itself. */
function signIn() {
  const token = h("input", { type: "password", autocomplete: "off" });
  return h("form", { class: "panel", onsubmit: (event) => {
    event.preventDefault();
    for (const service of Object.values(services)) if (service) service.token = token.value.trim();
    start();
  } }, labelled("Bearer token", token, "It is kept until this page is left."), h("button", { class: "main" }, "Sign in"));
}

function queryOfAddress() {
  const [name, state] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const set = model.sets.get(name);
  if (!set) return null;
  try {
    return new Query(set, state ? JSON.parse(state) : {});
  } catch {
    return new Query(set);
  }
}

async function draw() {
  const mine = ++drawn;
  const query = queryOfAddress();
  place.replaceChildren(sets(query), main, status);
  if (!query) {
    main.replaceChildren(...(location.hash === API ? await operations() : [h("h2", {}, "Types"), diagram(model)]));
    return;
  }
  document.title = `${query.set.name} – ${document.querySelector("h1").textContent}`;
  if (!main.querySelector(`[data-set="${CSS.escape(query.set.name)}"]`)) main.replaceChildren(h("p", { class: "faint" }, "…"));
  await show(query, [null], mine);
}

async function operations() {
  try {
    const answer = await services.v4.json(new URL("openapi.json", document.baseURI).href, { accept: "*/*" });
    return [h("h2", {}, "Operations"), api(answer, services)];
  } catch (error) {
    return [h("h2", {}, "Operations"), told(error)];
  }
}

function sets(query) {
  const item = (href, name, current, detail = "") => h("li", {},
    h("a", { href, "aria-current": current ? "page" : null }, name, detail && h("small", {}, ` ${detail}`)));
  const names = [...model.sets.values()].filter((set) => set.readable);
  return h("nav", { id: "sets", "aria-label": "Entity sets" }, h("ul", {},
    item("#/", "Types", !query && location.hash !== API),
    item(API, "Operations", !query && location.hash === API),
    names.map((set) => item(`#/${encodeURIComponent(set.name)}`, set.name, query?.set === set, set.type.name === set.name ? "" : set.type.name))));
}

/** A page of a query; `tokens` are those of the pages up to it. */
async function show(query, tokens, mine) {
  const go = (changed) => {
    if (changed.hash === location.hash) show(changed, [null], ++drawn);
    else location.hash = changed.hash;
  };
  const stay = (changed) => { // what is seen of the same rows
    history.replaceState(null, "", changed.hash);
    place.firstChild.replaceWith(sets(changed));
    show(changed, tokens, ++drawn);
  };
  const token = tokens.at(-1);
  const address = query.v4 + (token ? `${query.v4.includes("?") ? "&" : "?"}$skiptoken=${encodeURIComponent(token)}` : "");
  const again = () => show(query, tokens, ++drawn);
  const tools = toolbar(query, go, stay, again, address);
  let content;
  let found = "";
  try {
    const prefer = `odata.maxpagesize=${PAGE},count=capped=${MOST_COUNTED}`;
    const answer = await services.v4.json(address, { headers: { Prefer: prefer } });
    if (mine !== drawn && mine !== undefined) return;
    if (query.group) {
      content = chart(query, answer.value, main.clientWidth - 32);
      found = `${answer.value.length} groups`;
    } else {
      const entities = query.set.singleton ? [answer].filter(Boolean) : answer.value;
      const on = {
        sort: (path, also) => go(query.with({ orderby: sorted(query.orderby, path, also) })),
        expand: (name) => stay(query.with({ expand: toggled(query.expand, name) })),
        download: (entity) => download(services.v4, `${addressOf(query.set, entity)}/$value`, nameOf(query.set, entity))
          .catch((error) => { main.querySelector(".pager, .scroll").before(told(error)); }),
        edit: async (entity) => { if (await edit(services.v4, query.set, entity, nameOf)) again(); },
      };
      content = [grid(query, entities, on), pager(query, answer, tokens, entities.length)];
      found = counted(answer);
    }
  } catch (error) {
    if (mine !== drawn && mine !== undefined) return;
    if (error.status === undefined) throw error;
    content = told(error);
    status.textContent = error.message;
  }
  main.replaceChildren(
    h("div", { class: "title", "data-set": query.set.name }, h("h2", {}, query.set.name), h("span", { class: "faint" }, found)),
    tools, addresses(query), ...[content].flat().filter(Boolean));
  if (found) status.textContent = `${query.set.name}: ${found}`;
}

function counted(answer) {
  const count = control(answer, "count");
  if (count === undefined) return "";
  return Number(count) >= MOST_COUNTED ? `${MOST_COUNTED.toLocaleString()} rows or more` : `${Number(count).toLocaleString()} rows`;
}

function pager(query, answer, tokens, length) {
  const next = control(answer, "nextLink");
  const following = next && new URL(next, services.v4.root).searchParams.get("$skiptoken");
  if (!next && tokens.length === 1) return null;
  const first = (tokens.length - 1) * PAGE + 1;
  const turn = (name, to, able) => h("button", { type: "button", disabled: !able, onclick: () => show(query, to, ++drawn) }, name);
  return h("div", { class: "pager" },
    turn("First", [null], tokens.length > 1), turn("Previous", tokens.slice(0, -1), tokens.length > 1),
    h("span", {}, length ? `${first.toLocaleString()} – ${(first + length - 1).toLocaleString()}` : ""),
    turn("Next", [...tokens, following], Boolean(next)));
}

function toolbar(query, go, stay, again, address) {
  const open = h("div", { class: "open" });
  const panels = {
    filter: () => filterBuilder(query, go),
    columns: () => columnChooser(query, stay),
    chart: () => chartBuilder(query, go),
  };
  const fill = () => open.replaceChildren(...(panels[panel] ? [panels[panel]()] : []));
  const tool = (name, title) => h("button", { type: "button", "aria-expanded": String(panel === name), onclick: (event) => {
    panel = panel === name ? "" : name;
    for (const each of event.target.parentElement.querySelectorAll("[aria-expanded]")) each.setAttribute("aria-expanded", "false");
    event.target.setAttribute("aria-expanded", String(panel === name));
    fill();
  } }, title);
  const plain = !query.group && !query.set.singleton;
  const conditions = query.where.length + (query.raw ? 1 : 0);
  if (panel === "chart" && !query.group) panel = "";
  if (query.group) panel = "chart";
  fill();
  const search = h("input", { type: "search", "aria-label": `Search ${query.set.name}`, placeholder: "Search", value: query.search });
  return h("div", { class: "tools" }, h("div", { class: "buttons" },
    !query.set.singleton && tool("filter", conditions ? `Filter (${conditions})` : "Filter"),
    !query.group && tool("columns", "Columns"),
    plain && h("button", { type: "button", onclick: () => go(query.with({ group: defaultGroup(query) })) }, "Chart"),
    plain && query.set.insertable && h("button", { type: "button", class: "main", onclick: async () => {
      if (await edit(services.v4, query.set, null, nameOf)) again();
    } }, "New"),
    h("button", { type: "button", onclick: () => showAnswer(services, { v4: address, v2: query.v2(v2types) }) }, "Answer"),
    h("button", { type: "button", onclick: again }, "Reload"),
    !query.group && query.expand.length === 0 && ["csv", "xlsx"].map((form) => h("a", { class: "button", href: exported(query, form), download: "" }, form.toUpperCase())),
    plain && services.v2 && h("a", { class: "button", href: `./-/connect/${query.set.name}.odc`, download: "" }, "Excel"),
    plain && h("a", { class: "button", href: `./-/connect/${query.set.name}.pbids`, download: "" }, "Power BI"),
    plain && query.set.searchable && h("form", { role: "search", onsubmit: (event) => {
      event.preventDefault();
      go(query.with({ search: search.value.trim() }));
    } }, search)), open);
}

function exported(query, form) {
  const address = query.v4.replace(/[?&]\$count=true/, "");
  return `${services.v4.root}${address}${address.includes("?") ? "&" : "?"}$format=${form}`;
}

function columnChooser(query, changed) {
  const all = query.set.type.properties.filter((each) => each.type !== "Stream").map((each) => each.path);
  const shown = new Set(query.select ?? all);
  const box = (path) => {
    const field = h("input", { type: "checkbox", checked: shown.has(path), onchange: () => {
      shown[field.checked ? "add" : "delete"](path);
      if (shown.size === 0) { field.checked = true; shown.add(path); return; }
      changed(query.with({ select: shown.size === all.length ? null : all.filter((each) => shown.has(each)) }));
    } });
    return h("label", { class: "check" }, field, ` ${path}`);
  };
  return h("fieldset", { class: "panel columns" }, h("legend", { class: "unseen" }, "Columns"), all.map(box));
}

/** The addresses of what is seen, ready to be taken away. */
function addresses(query) {
  const line = (title, service, address) => {
    if (!service || !address) return null;
    const full = `${service.root}${address}`;
    const field = h("input", { readonly: true, value: full, "aria-label": `Address in ${title}`, onfocus: (event) => event.target.select() });
    const copy = h("button", { type: "button", "aria-label": `Copy the address in ${title}`, onclick: async () => {
      try {
        await navigator.clipboard.writeText(full);
        status.textContent = "Copied.";
        copy.textContent = "Copied";
      } catch {
        field.select();
      }
    } }, "Copy");
    return h("div", { class: "address" }, h("span", {}, title), field, copy);
  };
  return h("div", { class: "addresses" }, line("V4", services.v4, query.v4), line("V2", services.v2, query.v2(v2types)));
}

function toggled(names, name) { return names.includes(name) ? names.filter((each) => each !== name) : [...names, name]; }

/** Up, down, not at all; with the shift key beside the order that is there. */
function sorted(order, path, also) {
  const before = order.find(([each]) => each === path);
  const others = also ? order.filter(([each]) => each !== path) : [];
  if (!before) return [...others, [path, false]];
  return before[1] ? others : [...others, [path, true]];
}

start();
