import { NotReachable, Refused, Unauthorized } from "./errors.js"

const SHORTEST = 1_000
const LONGEST = 5 * 60_000
const ACCEPT = "application/json;IEEE754Compatible=true" // Int64 and Decimal are strings, so that no digit is lost
const LATER = new Set([408, 425, 429])

/**
 * The Sync API over HTTP. An answer is JSON, or a reason why there is none: `NotReachable`, `Unauthorized`, `Refused`.
 * `token` is the application's: `async ({ refused }) => "eyJ…"`; after a 401 it is asked once more.
 */
export class Http {
  #root
  #token
  #timeout
  skew = 0 // milliseconds that the server's clock is ahead of ours

  constructor({ url, token = null, timeout = 60_000 }) {
    this.#root = new URL(url.endsWith("/") ? url : `${url}/`, globalThis.location?.href)
    this.#token = token
    this.#timeout = timeout
  }

  get(path, query = {}) {
    const url = new URL(path, this.#root)
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) url.searchParams.set(name, value)
    }
    return this.#asked(url, { method: "GET" })
  }

  post(path, body) {
    const content = { "Content-Type": "application/json" }
    return this.#asked(new URL(path, this.#root), { method: "POST", body: JSON.stringify(body), headers: content })
  }

  /** Whether the server answers at all, be it with a refusal; a page to log in at, of some network on the way, does not count. */
  async answers(patience) {
    try {
      const signal = AbortSignal.timeout(patience)
      const response = await fetch(this.#root, { headers: { Accept: ACCEPT }, signal, cache: "no-store", redirect: "error" })
      return response.status < 500 && (response.headers.get("Content-Type") ?? "").includes("json")
    } catch {
      return false
    }
  }

  /** The events of a stream, until it ends or is aborted. */
  async *events(path, signal) {
    let response = await this.#listened(path, signal, false)
    if (response.status === 401 && this.#token) response = await this.#listened(path, signal, true)
    if (!response.ok) throw new Refused(`the server answers with ${response.status}`, { status: response.status })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let text = ""; ; ) {
      const { value, done } = await reader.read()
      if (done) return
      const [last, ...whole] = (text + value).replaceAll("\r", "").split("\n\n").reverse()
      for (const event of whole.reverse()) if (/^data:/m.test(event)) yield event
      text = last
    }
  }

  /** The stream ends with the token that it was asked with. */
  async #listened(path, signal, refused) {
    const headers = { Accept: "text/event-stream", ...(await this.#authorization(refused)) }
    return fetch(new URL(path, this.#root), { headers, signal, cache: "no-store", redirect: "error" })
  }

  async #authorization(refused) {
    const token = this.#token && (await this.#token({ refused }))
    return token ? { Authorization: `Bearer ${token}` } : {}
  }

  async #asked(url, request) {
    let response = await this.#sent(url, request, false)
    if (response.status === 401 && this.#token) response = await this.#sent(url, request, true)
    return this.#answer(response)
  }

  async #sent(url, request, refused) {
    const headers = { Accept: ACCEPT, ...request.headers, ...(await this.#authorization(refused)) }
    const asked = Date.now()
    try {
      const signal = AbortSignal.timeout(this.#timeout)
      const response = await fetch(url, { ...request, headers, signal, cache: "no-store", redirect: "error" })
      this.#compareClocks(response, asked)
      return response
    } catch (cause) {
      throw new NotReachable(`the server cannot be reached: ${cause.message}`, { cause })
    }
  }

  /** The header has whole seconds; less than two of them are no difference. */
  #compareClocks(response, asked) {
    const said = Date.parse(response.headers.get("Date") ?? "")
    if (Number.isNaN(said)) return
    const ahead = said + 500 - (asked + Date.now()) / 2
    this.skew = Math.abs(ahead) < 2_000 ? 0 : Math.round(ahead)
  }

  async #answer(response) {
    const { status } = response
    if (status >= 500 || LATER.has(status)) {
      throw new NotReachable(`the server answers with ${status}`, { status, retryAt: retryAt(response.headers) })
    }
    if (status === 401) throw new Unauthorized("a token is needed", { status })
    const body = await response.json().catch((cause) => {
      // A hotel's page to log in at, or an answer that was cut off: nobody knows what the server has done.
      throw new NotReachable("the answer is not that of the server", { status, cause })
    })
    if (!response.ok) {
      throw new Refused(body.error?.message ?? `the server answers with ${status}`, { status, ...body.error })
    }
    return body
  }
}

/** When to come again, by `Retry-After` in either form, and never sooner than in a second or later than in five minutes. */
export function retryAt(headers, now = Date.now()) {
  const said = headers.get("Retry-After")
  if (said === null || said === undefined) return undefined
  const wait = /^\s*\d+\s*$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - now
  return now + Math.min(Math.max(Number.isNaN(wait) ? SHORTEST : wait, SHORTEST), LONGEST)
}
