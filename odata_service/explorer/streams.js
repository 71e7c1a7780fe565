// Streams: what an entity is the description of, and the files among its properties.

import { h, labelled } from "./dom.js";
import { control } from "./odata.js";
import { keyOf } from "./query.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const LARGEST_PICTURE = 2_000_000; // bytes

/** Where an entity is. */
export function addressOf(set, entity) {
  return set.singleton ? set.name : set.name + keyOf(set.type, entity);
}

/** The streams of a type, by the segment of their addresses; the media stream first. */
export function streamsOf(type) {
  const named = type.properties.filter((each) => each.type === "Stream" && !each.collection);
  return [...(type.media ? [{ name: "Content", segment: "$value", removable: false }] : []),
    ...named.map((each) => ({ name: each.path, segment: each.path, removable: each.nullable, kept: each.computed }))];
}

/** Hands a stream to the browser, to be kept as a file. */
export async function download(service, address, name) {
  const answer = await service.send("GET", address, { accept: "*/*" });
  const url = URL.createObjectURL(await answer.blob());
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A field for a stream: `change` is what is to become of it: a file, "nothing" to remove it, or null to leave it. */
export function streamField(service, stream, address, title) {
  const file = h("input", { type: "file" });
  const now = h("div", { class: "stream", role: "status" });
  const element = labelled(stream.name, file, address ? "a file takes the place of what is there" : "");
  element.classList.add("wide");
  element.insertBefore(now, file);
  let removes = false;
  if (address) describe(service, address, stream.name, title).then((parts) => {
    const remove = h("input", { type: "checkbox", onchange: () => { removes = remove.checked; } });
    now.replaceChildren(...parts, stream.removable && parts.length > 1 ? h("label", { class: "check" }, remove, " Remove it") : "");
  });
  return { segment: stream.segment, element, change: () => file.files[0] ?? (removes ? "nothing" : null) };
}

/** What there is now: its kind and size, a picture of it if it is one, a way to have it. */
async function describe(service, address, name, title) {
  let answer;
  try {
    answer = await service.send("HEAD", address, { accept: "*/*" });
  } catch {
    return ["nothing yet"];
  }
  if (answer.status === 204) return ["nothing yet"];
  const size = Number(answer.headers.get("Content-Length"));
  const type = answer.headers.get("Content-Type") ?? "";
  const take = h("button", { type: "button", onclick: () => download(service, address, title), "aria-label": `Download ${name} of ${title}` }, "Download");
  const parts = [h("span", {}, `${type} · ${sizeText(size)}`), take];
  if (type.startsWith("image/") && size <= LARGEST_PICTURE) parts.unshift(await picture(service, address, `${name} of ${title}`));
  return parts;
}

/** The page's policy lets no other picture in than one that stands in it. */
async function picture(service, address, alt) {
  const octets = await (await service.send("GET", address, { accept: "*/*" })).blob();
  const reader = new FileReader();
  await new Promise((resolve) => { reader.onload = resolve; reader.readAsDataURL(octets); });
  const image = h("img", { src: reader.result, alt });
  image.addEventListener("error", () => image.remove());
  return image;
}

function sizeText(bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return new Intl.NumberFormat(undefined, { style: "unit", unit: UNITS[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: step ? 1 : 0 }).format(bytes / 1000 ** step);
}

/** The ETag with which the next change of an entity is sent. */
export function etagOf(entity) { return control(entity, "etag") ?? "*"; }
