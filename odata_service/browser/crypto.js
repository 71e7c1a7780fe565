import { Locked } from "./errors.js"

const ROUNDS = 600_000 // of PBKDF2 with SHA-256 (OWASP, Password Storage)
const CHECK = "offline"
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * AES-GCM for what must not be read by others who get at the disk. The key is made of a passphrase and lives in this tab's
 * memory only; the database has its salt, and one sealed word by which another passphrase is told.
 */
export class Sealer {
  #key = null

  get isLocked() {
    return this.#key === null
  }

  /** `kept` is what `unlock` resolved to the first time. Rejects with `Locked` where the passphrase is another one. */
  async unlock(passphrase, kept = undefined) {
    const salt = kept?.salt ?? crypto.getRandomValues(new Uint8Array(16))
    const material = await crypto.subtle.importKey("raw", encoder.encode(passphrase), "PBKDF2", false, ["deriveKey"])
    const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }
    const key = await crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
    return this.use(key, kept && { ...kept, salt }, salt)
  }

  /** The same with a key that the application has from elsewhere. */
  async use(key, kept = undefined, salt = undefined) {
    if (kept) await opened(key, kept.check, CHECK)
    const check = kept?.check ?? (await sealed(key, CHECK, CHECK))
    this.#key = key
    return { salt, check }
  }

  lock() {
    this.#key = null
  }

  /** `place` says where the value belongs; it cannot be opened in another place. */
  seal(value, place) {
    return sealed(this.#demanded(), value, place)
  }

  open(box, place) {
    return opened(this.#demanded(), box, place)
  }

  #demanded() {
    if (this.#key === null) throw new Locked("the store is encrypted; unlock it first")
    return this.#key
  }
}

async function sealed(key, value, place) {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const how = { name: "AES-GCM", iv, additionalData: encoder.encode(place) }
  return { iv, bytes: await crypto.subtle.encrypt(how, key, encoder.encode(JSON.stringify(value))) }
}

async function opened(key, box, place) {
  const how = { name: "AES-GCM", iv: box.iv, additionalData: encoder.encode(place) }
  const bytes = await crypto.subtle.decrypt(how, key, box.bytes).catch(() => {
    throw new Locked("this is not the passphrase that the store was encrypted with")
  })
  return JSON.parse(decoder.decode(bytes))
}
