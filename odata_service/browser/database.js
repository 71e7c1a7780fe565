import { QuotaExceeded } from "./errors.js"

/**
 * IndexedDB with promises. Stores and indexes that are missing are made when the database is opened, so that a new
 * version of an application needs no number for it; other tabs let go of the old version and open the new one.
 *
 * A description of a store: `{ name, keyPath, autoIncrement, indexes: [{ name, keyPath, unique }] }`.
 */
export class Database {
  #opening = null

  constructor(name, stores) {
    this.name = name
    this.stores = stores
  }

  /** Run `work(transaction)` over some stores. Resolves with its value, of a change when everything is on the disk, or rejects
   * and nothing is. `work` awaits nothing but the transaction's own promises. */
  read(stores, work) {
    return this.#run(stores, "readonly", work)
  }

  write(stores, work) {
    return this.#run(stores, "readwrite", work)
  }

  async #run(stores, mode, work) {
    const transaction = (await this.#connection()).transaction(stores, mode, { durability: "strict" })
    const committed = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error)
    })
    committed.catch(() => {}) // it is awaited below
    try {
      const value = await work(new Transaction(transaction))
      commit(transaction)
      if (mode === "readwrite") await committed // what was read is known by now
      return value
    } catch (error) {
      abort(transaction)
      await committed.catch(() => {})
      throw isQuota(transaction.error) || isQuota(error) ? noRoom(error) : error
    }
  }

  async close() {
    const opened = this.#opening
    this.#opening = null
    ;(await opened)?.close()
  }

  async delete() {
    await this.close()
    await asked(indexedDB.deleteDatabase(this.name))
  }

  async #connection() {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null
      throw isQuota(error) ? noRoom(error) : error
    })
    return this.#opening
  }

  async #open() {
    let connection = await opened(this.name, undefined, (made) => this.#complete(made))
    while (this.#missing(connection)) {
      const next = connection.version + 1
      connection.close()
      connection = await opened(this.name, next, (made, upgrade) => this.#complete(made, upgrade)).catch((error) => {
        if (error?.name === "VersionError") return opened(this.name) // another tab was faster
        throw error
      })
    }
    connection.onversionchange = () => this.#letGo(connection)
    connection.onclose = () => this.#letGo(connection)
    return connection
  }

  #letGo(connection) {
    connection.close()
    this.#opening = null
  }

  #missing(connection) {
    const names = connection.objectStoreNames
    if (this.stores.some((store) => !names.contains(store.name))) return true
    const transaction = connection.transaction([...names])
    return this.stores.some(({ name, indexes = [] }) =>
      indexes.some((index) => !transaction.objectStore(name).indexNames.contains(index.name)),
    )
  }

  #complete(connection, upgrade) {
    for (const { name, keyPath, autoIncrement = false, indexes = [] } of this.stores) {
      const store = connection.objectStoreNames.contains(name)
        ? upgrade.objectStore(name)
        : connection.createObjectStore(name, { keyPath, autoIncrement })
      for (const index of indexes) {
        if (!store.indexNames.contains(index.name)) {
          store.createIndex(index.name, index.keyPath, { unique: index.unique ?? false })
        }
      }
    }
  }
}

/** The few things that are done with a store inside of a transaction. */
class Transaction {
  #transaction

  constructor(transaction) {
    this.#transaction = transaction
  }

  get(store, key) {
    return asked(this.#store(store).get(key))
  }

  all(store, range = undefined, index = undefined) {
    return asked(this.#at(store, index).getAll(range))
  }

  keys(store, range = undefined) {
    return asked(this.#store(store).getAllKeys(range))
  }

  count(store, range = undefined, index = undefined) {
    return asked(this.#at(store, index).count(range))
  }

  // Of changes only the end of the transaction tells: to hear of each would take longer than to make them.

  put(store, value) {
    this.#store(store).put(value)
  }

  delete(store, key) {
    this.#store(store).delete(key)
  }

  #at(store, index) {
    return index === undefined ? this.#store(store) : this.#store(store).index(index)
  }

  #store(name) {
    return this.#transaction.objectStore(name)
  }
}

function opened(name, version, complete = () => {}) {
  const request = indexedDB.open(name, version)
  request.onupgradeneeded = () => complete(request.result, request.transaction)
  return asked(request)
}

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** At once, and not when the browser notices that nothing more comes. */
function commit(transaction) {
  try {
    transaction.commit()
  } catch {
    // it was aborted, which is told where it is awaited
  }
}

function abort(transaction) {
  try {
    transaction.abort()
  } catch {
    // it has ended already
  }
}

const isQuota = (error) => error?.name === "QuotaExceededError"
const noRoom = (cause) => new QuotaExceeded("the browser has no room for this", { cause })
