// The page starts without a network, and what is in the queue is sent when there is one again.

import { serveOffline, syncInBackground } from "/-/client/worker.js"
import { OfflineClient } from "/-/client/offline.js"

serveOffline({ cache: "field-notes", files: ["./", "./icon.svg", "./field-notes.webmanifest"] })
syncInBackground(new OfflineClient({ name: "field-notes", url: "/api/sync/", sets: { Notes: { key: "noteId" } } }))
