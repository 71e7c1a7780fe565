/** Applications in the browser that work without a network, against the Sync API of odata-service. */

export type Key = string | number
export type KeyOf = Key | Key[] | Record<string, unknown>

/** What a set is called, and what of it is kept here. */
export interface SetOptions {
  /** The property, or the properties, by which records are known. */
  key: string | string[]
  /** Only these records are pulled, by the server's `$filter`. */
  filter?: string | null
  /** Properties with an index, which makes filters such as `status eq 'open'` fast. */
  indexes?: string[]
  /** Sealed by AES-GCM; `client.unlock` opens it. Keys and the names of sets stay readable. */
  encrypted?: boolean
  /** How many records come at once; 500. */
  pageSize?: number
  /** Let the server say when the set has changed, by one connection for all tabs. */
  watch?: boolean
  /** Types by property, for filters before the server was ever heard of: `{ status: "Edm.String" }`. */
  properties?: Record<string, string>
}

export interface ClientOptions {
  /** Of the database; clients with different names know nothing of each other. */
  name: string
  /** The address of the Sync API, such as `/api/sync/`. */
  url: string
  sets: Record<string, SetOptions>
  /** Asked for a bearer token before each request; once more, with `refused`, after a 401. */
  token?: (asked: { refused: boolean }) => Promise<string | null> | string | null
  /** Milliseconds that a request may take; 60,000. */
  timeout?: number
  /** Milliseconds between two looks for news; 60,000. */
  interval?: number
}

export interface QueryOptions {
  filter?: string
  orderby?: string
  top?: number
  skip?: number
  select?: string | string[]
  count?: boolean
}

export interface Answer<T> {
  value: T[]
  /** Of all that match, where it was asked for. */
  count?: number
}

export type OperationState = "pending" | "sent" | "open" | "dead"

/** What was done to a record and is not taken over by the server yet. */
export interface Operation<T = Record<string, unknown>> {
  id: string
  set: string
  key: Key[]
  action: "add" | "update" | "replace" | "delete"
  state: OperationState
  /** When it was done, by the server's clock as far as that is known. */
  at: string
  /** What was changed. */
  data: Partial<T>
  /** The record that the change started from; null for a new one. */
  base: T | null
  /** The record as it is here; null where it was deleted. */
  mine: T | null
  /** Of one in conflict: the server's record, null where it was deleted, and the columns that both have changed. */
  theirs?: T | null
  columns?: string[]
  /** Of one that was refused. */
  error?: { status: number; code?: string; message?: string; target?: string }
}

export interface Status {
  online: boolean
  syncing: boolean
  pending: number
  conflicts: number
  rejected: number
}

export interface Outcome {
  pushed: number
  conflicts: number
  rejected: number
  pulled: number
  deleted: number
  /** Sets that could not be pulled; the others were. */
  errors: { set: string; error: Error }[]
}

/** What was not as the server has it, by keys. All of that was fetched, and is now. */
export interface Verification {
  set: string
  rows: number
  /** Two devices with the same one have the same. */
  checksum: number
  /** Changed here by nobody. */
  flipped: Key[][]
  /** Other than the server's. */
  outdated: Key[][]
  /** Not there any more. */
  surplus: Key[][]
  isClean: boolean
}

export interface Events {
  change: { set: string; keys: Key[][] }
  conflict: { set: string; key: Key[]; operation: string }
  rejected: { set?: string; key?: Key[]; operation?: string; operations?: string[]; error: Operation["error"] }
  overruled: { set: string; key: Key[]; operation: string; winner: string; mine: unknown; theirs: unknown }
  progress: { phase: "push" | "pull"; set?: string; done: number }
  synced: Outcome
  status: Status
  quota: { error: QuotaExceeded }
  unauthorized: { error: Unauthorized }
}

export class OfflineClient {
  constructor(options: ClientOptions)

  /** Descriptions of the stores, for a library that opens the database itself. */
  static stores(sets: Record<string, SetOptions>): StoreDescription[]

  readonly name: string
  readonly isOnline: boolean

  set<T extends object = Record<string, any>>(name: string): Records<T>
  on<E extends keyof Events>(type: E, listener: (detail: Events[E]) => void): () => void

  start(): Promise<void>
  stop(): Promise<void>
  close(): Promise<void>
  /** Delete the database: log out. What was not sent is lost. */
  forget(): Promise<void>

  sync(options?: { force?: boolean }): Promise<Outcome>
  push(options?: { force?: boolean }): Promise<Pick<Outcome, "pushed" | "conflicts" | "rejected">>
  pull(set: string, options?: { force?: boolean }): Promise<{ written: number; deleted: number }>
  verify(set: string, options?: { force?: boolean }): Promise<Verification>
  reset(set: string): Promise<void>

  status(): Promise<Status>
  queue(): Promise<Operation[]>
  conflicts(): Promise<Operation[]>
  resolve<T extends object>(operation: Operation<T> | string, choice: "mine" | "theirs" | Partial<T> | null): Promise<void>
  retry(operation: Operation | string): Promise<void>
  discard(operation: Operation | string): Promise<void>

  unlock(passphraseOrKey: string | CryptoKey): Promise<void>
  lock(): void
}

export interface Records<T extends object> {
  get(key: KeyOf): Promise<T | null>
  query(query?: QueryOptions | string): Promise<Answer<T>>
  live(query: QueryOptions | string, show: (answer: Answer<T>) => void, failed?: (error: Error) => void): () => void
  count(): Promise<number>
  add(record: Partial<T>): Promise<T>
  addAll(records: Partial<T>[]): Promise<T[]>
  update(key: KeyOf, changes: Partial<T>): Promise<T>
  put(record: T): Promise<T>
  remove(key: KeyOf): Promise<void>
}

export interface StoreDescription {
  name: string
  keyPath: string | string[]
  autoIncrement: boolean
  indexes: { name: string; keyPath: string | string[]; unique: boolean }[]
}

/** `(record) => boolean` for a `$filter`. */
export function compile(filter: string, properties: { name: string; type: string }[]): (record: object) => boolean

export class OfflineError extends Error {}
export class NotReachable extends OfflineError { status?: number; retryAt?: number }
export class Unauthorized extends OfflineError { status: number }
export class Refused extends OfflineError { status: number; code?: string; target?: string }
export class QuotaExceeded extends OfflineError {}
export class Locked extends OfflineError {}
export class WrongRecord extends OfflineError { key?: Key[] }
export class QueryError extends OfflineError { at?: number }
