import { Injectable, inject, signal } from "@angular/core"
import { DBConfig, NgxIndexedDBService } from "ngx-indexed-db"
import { Events, OfflineClient, Operation, OperationState, Status } from "odata-service-offline"
import { firstValueFrom } from "rxjs"

/** As the Sync API has it; id and lastModified are the server's. */
export interface Order {
  localId: string
  customerName: string
  status: string
  id?: number
  lastModified?: string
}

/** Two versions of an order, of which one has to give way. */
export interface Conflict {
  localId: string
  mine: Order | null
  theirs: Order | null
  /** Of a conflict that the server leaves to the client; without it, the server has decided for its own. */
  operation?: Operation<Order>
}

export const STATUSES = ["Pending", "Shipped", "Completed", "Cancelled"]

const sets = { Orders: { key: "localId", indexes: ["status"] } }

/** The stores of the offline client, made by ngx-indexed-db; both work on the same database. */
export const database: DBConfig = {
  name: "orders",
  version: 1,
  objectStoresMeta: OfflineClient.stores(sets).map(({ name, keyPath, autoIncrement, indexes }) => ({
    store: name,
    storeConfig: { keyPath: keyPath as string, autoIncrement: autoIncrement ?? false },
    storeSchema: (indexes ?? []).map((index) => ({
      name: index.name,
      keypath: index.keyPath as string,
      options: { unique: index.unique ?? false },
    })),
  })),
}

/** The orders on this device. Reading is ngx-indexed-db's; changes go through the client, which queues them. */
@Injectable({ providedIn: "root" })
export class Orders {
  readonly all = signal<Order[]>([])
  readonly states = signal<Record<string, OperationState>>({})
  readonly status = signal<Status>({ online: navigator.onLine, syncing: false, pending: 0, conflicts: 0, rejected: 0 })
  readonly conflicts = signal<Conflict[]>([])
  readonly syncedAt = signal<Date | null>(null)

  private readonly stores = inject(NgxIndexedDBService)
  private readonly client = new OfflineClient({ name: "orders", url: "/api/sync/", sets })
  private readonly orders = this.client.set<Order>("Orders")

  constructor() {
    this.client.on("change", () => this.show())
    this.client.on("status", (status) => {
      this.status.set(status)
      this.show()
    })
    this.client.on("conflict", () => this.ask())
    this.client.on("overruled", (overruled) => this.tell(overruled))
    this.client.on("synced", () => this.syncedAt.set(new Date()))
    this.begin()
  }

  add(order: Pick<Order, "customerName" | "status">): Promise<Order> {
    return this.orders.add(order)
  }

  update(localId: string, changes: Partial<Order>): Promise<Order> {
    return this.orders.update(localId, changes)
  }

  remove(localId: string): Promise<void> {
    return this.orders.remove(localId)
  }

  async sync(): Promise<void> {
    await this.client.sync({ force: true }).catch(() => null) // without a network it is done later
  }

  /** One of both sides is what the order is from now on. */
  async decide(conflict: Conflict, side: "mine" | "theirs"): Promise<void> {
    if (conflict.operation) await this.client.resolve(conflict.operation, side)
    else if (side === "mine") await this.again(conflict)
    this.conflicts.update((all) => all.filter((each) => each !== conflict))
  }

  private async again({ localId, mine }: Conflict): Promise<void> {
    if (mine === null) return this.orders.remove(localId)
    await this.orders.put({ localId, customerName: mine.customerName, status: mine.status })
  }

  private async begin(): Promise<void> {
    await this.show()
    await this.ask()
    await this.client.start()
  }

  private async show(): Promise<void> {
    const orders = await firstValueFrom(this.stores.getAll<Order>("Orders"))
    const newest = (order: Order) => order.lastModified ?? "~" // what the server has not seen yet comes first
    this.all.set(orders.sort((a, b) => newest(b).localeCompare(newest(a)) || a.localId.localeCompare(b.localId)))
    this.states.set(Object.fromEntries((await this.client.queue()).map(({ key, state }) => [String(key[0]), state])))
  }

  private async ask(): Promise<void> {
    const open = (await this.client.conflicts()) as unknown as Operation<Order>[]
    const asked = open.map((each) => ({
      localId: String(each.key[0]),
      mine: each.mine,
      theirs: each.theirs ?? null,
      operation: each,
    }))
    this.conflicts.update((all) => [...all.filter((each) => !each.operation), ...asked])
  }

  private tell({ key, mine, theirs }: Events["overruled"]): void {
    const conflict = { localId: String(key[0]), mine: mine as Order | null, theirs: theirs as Order | null }
    this.conflicts.update((all) => [...all, conflict])
  }
}
