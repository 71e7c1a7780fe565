import { Component, inject } from "@angular/core"
import { RouterLink, RouterLinkActive, RouterOutlet } from "@angular/router"

import { ConflictDialog } from "./conflict-dialog"
import { Orders } from "./orders"

@Component({
  selector: "app-root",
  imports: [RouterLink, RouterLinkActive, RouterOutlet, ConflictDialog],
  template: `
    <header>
      <h1>Orders</h1>
      <nav>
        <a routerLink="/" routerLinkActive="here" [routerLinkActiveOptions]="{ exact: true }">List</a>
        <a routerLink="/log" routerLinkActive="here">Sync log</a>
      </nav>
      @let status = orders.status();
      <p class="network" role="status" [class.offline]="!status.online">
        {{ status.online ? "Online" : "Offline" }}
        @if (status.pending) {
          <b>{{ status.pending }} to send</b>
        } @else if (status.syncing) {
          <b>synchronising</b>
        }
      </p>
    </header>
    <main><router-outlet /></main>
    @if (orders.conflicts()[0]; as conflict) {
      <app-conflict-dialog [conflict]="conflict" />
    }
  `,
})
export class App {
  readonly orders = inject(Orders)
}
