// What the service says when it refuses.

import { h } from "./dom.js";

export function told(error) {
  const status = error.status ? `${error.status} ` : "";
  return h("div", { class: "error", tabindex: "-1" },
    h("strong", {}, `${status}${error.code ?? ""}`), " ", error.message,
    error.target && !error.message.includes(error.target) ? h("span", { class: "target" }, ` (${error.target})`) : null,
    (error.details ?? []).map((each) => h("p", {}, `${each.target ? `${each.target}: ` : ""}${each.message}`)));
}
