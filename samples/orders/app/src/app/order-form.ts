import { Component, computed, effect, inject, input } from "@angular/core"
import { FormControl, FormGroup, ReactiveFormsModule, Validators } from "@angular/forms"
import { Router, RouterLink } from "@angular/router"

import { Orders, STATUSES } from "./orders"

@Component({
  selector: "app-order-form",
  imports: [ReactiveFormsModule, RouterLink],
  template: `
    <form class="card" [formGroup]="form" (ngSubmit)="save()">
      <h2>{{ localId() ? "Edit order" : "New order" }}</h2>
      <label>
        Customer
        <input formControlName="customerName" autocomplete="off" maxlength="100" />
      </label>
      <label>
        Status
        <select formControlName="status">
          @for (status of statuses(); track status) {
            <option>{{ status }}</option>
          }
        </select>
      </label>
      <div class="bar">
        <a class="button quiet" routerLink="/">Cancel</a>
        <button type="submit" [disabled]="form.invalid">Save</button>
      </div>
    </form>
  `,
})
export class OrderForm {
  readonly localId = input<string>()
  readonly form = new FormGroup({
    customerName: new FormControl("", { nonNullable: true, validators: Validators.required }),
    status: new FormControl(STATUSES[0], { nonNullable: true }),
  })

  private readonly orders = inject(Orders)
  private readonly router = inject(Router)
  private readonly order = computed(() => this.orders.all().find((each) => each.localId === this.localId()))
  readonly statuses = computed(() => [...new Set([...STATUSES, this.order()?.status ?? STATUSES[0]])])

  constructor() {
    effect(() => {
      const order = this.order()
      if (order && this.form.pristine) this.form.reset({ customerName: order.customerName, status: order.status })
    })
  }

  async save(): Promise<void> {
    const localId = this.localId()
    const values = this.form.getRawValue()
    await (localId ? this.orders.update(localId, values) : this.orders.add(values))
    await this.router.navigate(["/"])
  }
}
