import type { OfflineClient } from "./offline.js"

/** The names of the client's modules. */
export const MODULES: string[]

/** Keep the application's files, and answer with them whether there is a network or not. */
export function serveOffline(options: { cache: string; files: string[]; modules?: string }): void

/** Synchronise when the browser finds a network, even if no page is open. */
export function syncInBackground(client: OfflineClient): void
