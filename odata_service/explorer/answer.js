// The answer as it comes over the wire, in the forms that the service has.

import { ask, choice, h, labelled } from "./dom.js";
import { told } from "./notice.js";

const FORMS = [["v4", "V4, JSON", "application/json"], ["v2json", "V2, JSON", "application/json"], ["v2atom", "V2, Atom", "application/atom+xml"],
  ["explain", "How it is answered ($explain)", "application/json"]];

/** `addresses` are those of what is seen: { v4, v2 }. */
export async function showAnswer(services, addresses) {
  const text = h("pre", { tabindex: "0", "aria-label": "Answer" }, "…");
  const forms = FORMS.filter(([name]) => name === "v4" || name === "explain" || (services.v2 && addresses.v2));
  const show = async (name) => {
    const [, , accept] = FORMS.find(([each]) => each === name);
    const explained = `${addresses.v4}${addresses.v4.includes("?") ? "&" : "?"}$explain=true`;
    const [service, address] = { v4: [services.v4, addresses.v4], explain: [services.v4, explained] }[name] ?? [services.v2, addresses.v2];
    try {
      const body = await service.text(address, accept);
      text.replaceChildren(accept.includes("xml") ? indented(body) : JSON.stringify(JSON.parse(body), null, 2));
    } catch (error) {
      text.replaceChildren(told(error));
    }
  };
  const chosen = choice(forms.map(([name, title]) => [name, title]), "v4", show);
  await Promise.all([show("v4"), ask("The answer", [labelled("Form", chosen), text], (close) => [
    h("button", { type: "button", class: "main", onclick: () => close("") }, "Close"),
  ])]);
}

/** XML with a line for each element. */
function indented(xml) {
  let depth = 0;
  return xml.replaceAll(/>\s*</g, ">\n<").split("\n").map((line) => {
    if (line.startsWith("</")) depth -= 1;
    const shown = "  ".repeat(Math.max(depth, 0)) + line;
    if (/^<[^!?/][^>]*[^/]>$/.test(line) || /^<[^!?/]>$/.test(line)) depth += 1;
    return shown;
  }).join("\n");
}
