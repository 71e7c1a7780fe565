import { DatePipe } from "@angular/common"
import { Component, computed, inject, signal } from "@angular/core"
import { RouterLink } from "@angular/router"

import { Orders } from "./orders"

const WORDS: Record<string, string> = {
  pending: "not sent yet",
  sent: "answer not heard",
  open: "in conflict",
  dead: "refused",
}

@Component({
  selector: "app-order-list",
  imports: [DatePipe, RouterLink],
  template: `
    <div class="bar">
      <input type="search" placeholder="Search customers" aria-label="Search customers" (input)="wanted.set($any($event.target).value)" />
      <button type="button" class="quiet" (click)="orders.sync()">Sync now</button>
      <a class="button" routerLink="/new">New order</a>
    </div>
    <ul class="orders">
      @for (order of found(); track order.localId) {
        <li [attr.data-id]="order.localId">
          <a class="name" [routerLink]="['/edit', order.localId]">{{ order.customerName }}</a>
          <span class="tag" [attr.data-status]="order.status">{{ order.status }}</span>
          <small>
            @if (orders.states()[order.localId]; as state) {
              <em>{{ words[state] }}</em>
            } @else {
              {{ order.lastModified | date: "d MMM, HH:mm" }}
            }
          </small>
          <button type="button" class="quiet" [attr.aria-label]="'Delete the order of ' + order.customerName" (click)="orders.remove(order.localId)">
            Delete
          </button>
        </li>
      } @empty {
        <li class="empty">{{ wanted() ? "No customer of that name" : "No orders yet" }}</li>
      }
    </ul>
  `,
})
export class OrderList {
  readonly orders = inject(Orders)
  readonly words = WORDS
  readonly wanted = signal("")
  readonly found = computed(() => {
    const wanted = this.wanted().trim().toLowerCase()
    return this.orders.all().filter((order) => order.customerName.toLowerCase().includes(wanted))
  })
}
