// The application starts without a network, and what is in the queue is sent when there is one again.

import { serveOffline, syncInBackground } from "/-/client/worker.js"
import { OfflineClient } from "/-/client/offline.js"

serveOffline({ cache: "orders", files: ["./", "./main.js", "./styles.css", "./icon.svg"] })
syncInBackground(new OfflineClient({ name: "orders", url: "/api/sync/", sets: { Orders: { key: "localId", indexes: ["status"] } } }))
