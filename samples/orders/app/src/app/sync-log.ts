import { DatePipe } from "@angular/common"
import { Component, resource } from "@angular/core"

interface Entry {
  SyncId: number
  TableName: string
  SyncedAt: string
  SyncedBy: string
  RecordsSynced: number
  Conflicts: number
  Rejects: number
}

@Component({
  selector: "app-sync-log",
  imports: [DatePipe],
  template: `
    @if (entries.error()) {
      <p class="empty">The log is the server's. It is here when there is a network.</p>
    } @else {
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th>When</th>
              <th>Set</th>
              <th>By</th>
              <th class="number">Records</th>
              <th class="number">Conflicts</th>
              <th class="number">Rejects</th>
            </tr>
          </thead>
          <tbody>
            @for (entry of entries.value(); track entry.SyncId) {
              <tr>
                <td>{{ entry.SyncedAt | date: "d MMM, HH:mm:ss" }}</td>
                <td>{{ entry.TableName }}</td>
                <td>{{ entry.SyncedBy }}</td>
                <td class="number" data-unit="records">{{ entry.RecordsSynced }}</td>
                <td class="number" data-unit="conflicts">{{ entry.Conflicts }}</td>
                <td class="number" data-unit="rejects">{{ entry.Rejects }}</td>
              </tr>
            }
          </tbody>
        </table>
      </div>
      <button type="button" class="quiet" (click)="entries.reload()">Look again</button>
    }
  `,
})
export class SyncLog {
  readonly entries = resource({ loader: () => newest(20) })
}

async function newest(count: number): Promise<Entry[]> {
  const answer = await fetch(`/v4/SyncLogs?$orderby=SyncId desc&$top=${count}`, { headers: { Accept: "application/json" } })
  if (!answer.ok) throw new Error(`the log could not be read: ${answer.status}`)
  return ((await answer.json()) as { value: Entry[] }).value
}
