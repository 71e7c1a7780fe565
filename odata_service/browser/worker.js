/**
 * For an application's service worker, so that it starts without a network and sends what is left when nobody looks:
 *
 *     import { serveOffline, syncInBackground } from "/-/client/worker.js"
 *     serveOffline({ cache: "notes", files: ["./", "./app.css"], modules: "/-/client/" })
 *     syncInBackground(new OfflineClient({ … }))
 *
 * It is registered with `navigator.serviceWorker.register("./sw.js", { type: "module" })`.
 */

export const MODULES = [
  "checksum.js", "crypto.js", "database.js", "errors.js", "exchange.js", "filter.js", "functions.js", "http.js", "live.js",
  "locks.js", "network.js", "nodes.js", "offline.js", "operators.js", "pull.js", "push.js", "query.js", "record.js",
  "records.js", "sets.js", "store.js", "syntax.js", "values.js", "verify.js", "watch.js", "worker.js",
]

/**
 * Keep the application's files and answer with them, network or not. They are looked for anew whenever a page is opened; when
 * any has changed, all are exchanged at once, because the files of one version fit together. The next start has them.
 */
export function serveOffline({ cache, files, modules = "/-/client/" }) {
  const urls = [...files, ...MODULES.map((name) => modules + name)].map((name) => new URL(name, self.location).href)

  self.addEventListener("install", (event) => event.waitUntil(exchange(cache, urls).then(() => self.skipWaiting())))
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))
  self.addEventListener("fetch", (event) => {
    const { method, url, mode } = event.request
    const [plain] = url.split(/[?#]/)
    if (method !== "GET" || !urls.includes(plain)) return
    event.respondWith(caches.open(cache).then((kept) => kept.match(plain)).then((found) => found ?? fetch(event.request)))
    if (mode === "navigate") event.waitUntil(exchange(cache, urls).catch(() => {})) // there is no network: what is kept will do
  })
}

async function exchange(cache, urls) {
  const answers = await Promise.all(urls.map((url) => fetch(url, { cache: "no-cache" })))
  const failed = answers.find((answer) => !answer.ok)
  if (failed) throw new Error(`${failed.url} is answered with ${failed.status}`)
  const bodies = await Promise.all(answers.map((answer) => answer.clone().arrayBuffer())) // all of them, before any is put
  const kept = await caches.open(cache)
  await Promise.all(answers.map((answer, index) => kept.put(urls[index], new Response(bodies[index], { headers: answer.headers }))))
}

/** Synchronise when the browser finds a network, even if no page is open. The browser tries again when it fails. */
export function syncInBackground(client) {
  self.addEventListener("sync", (event) => {
    if (event.tag === `odata-offline:${client.name}`) event.waitUntil(client.sync({ force: true }))
  })
}
