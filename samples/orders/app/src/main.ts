import { provideZonelessChangeDetection } from "@angular/core"
import { bootstrapApplication } from "@angular/platform-browser"
import { provideRouter, withComponentInputBinding, withHashLocation } from "@angular/router"
import { provideIndexedDb } from "ngx-indexed-db"

import { App } from "./app/app"
import { OrderForm } from "./app/order-form"
import { OrderList } from "./app/order-list"
import { SyncLog } from "./app/sync-log"
import { database } from "./app/orders"

bootstrapApplication(App, {
  providers: [
    provideZonelessChangeDetection(),
    provideIndexedDb(database),
    provideRouter(
      [
        { path: "", component: OrderList },
        { path: "new", component: OrderForm },
        { path: "edit/:localId", component: OrderForm },
        { path: "log", component: SyncLog },
      ],
      withHashLocation(),
      withComponentInputBinding(),
    ),
  ],
})
navigator.serviceWorker?.register("sw.js", { type: "module" })
