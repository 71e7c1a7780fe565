import { Component, ElementRef, afterNextRender, inject, input, viewChild } from "@angular/core"

import { Conflict, Order, Orders } from "./orders"

@Component({
  selector: "app-conflict-dialog",
  template: `
    <dialog #dialog (cancel)="$event.preventDefault()">
      <h2>Somebody else has changed this order</h2>
      <div class="sides">
        @for (side of sides(); track side.choice) {
          <section class="card">
            <h3>{{ side.title }}</h3>
            @if (side.order; as order) {
              <p class="name">{{ order.customerName }}</p>
              <span class="tag" [attr.data-status]="order.status">{{ order.status }}</span>
            } @else {
              <p><em>deleted</em></p>
            }
            <button type="button" [class.quiet]="side.choice === 'theirs'" (click)="orders.decide(conflict(), side.choice)">
              Keep {{ side.choice }}
            </button>
          </section>
        }
      </div>
    </dialog>
  `,
})
export class ConflictDialog {
  readonly conflict = input.required<Conflict>()
  readonly orders = inject(Orders)
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>("dialog")

  constructor() {
    afterNextRender(() => this.dialog().nativeElement.showModal())
  }

  sides(): { title: string; choice: "mine" | "theirs"; order: Order | null }[] {
    const { mine, theirs } = this.conflict()
    return [
      { title: "Here", choice: "mine", order: mine },
      { title: "On the server", choice: "theirs", order: theirs },
    ]
  }
}
