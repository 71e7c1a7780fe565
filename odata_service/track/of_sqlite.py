"""SQLite: one transaction writes at a time, so that what a trigger stamps is in the order of commits as long as the clock
moves on in the database.

A trigger cannot tell one transaction from the next, so that each row has a stamp of its own. The key is compared by ``IS``:
SQLite lets most keys be null. Nothing here is an ``OR REPLACE``, which would give way to what the program's statement says.
"""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.track.product import GROUP, Tracker
from odata_service.track.target import Target

_NOW = "CAST(strftime('%s', 'now') AS INTEGER) * 1000 + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER)"
_MOMENT = "strftime('%Y-%m-%d %H:%M:%S', last / 1000, 'unixepoch') || printf('.%03d000', last % 1000)"
_EVENTS = {"added": "INSERT", "changed": "UPDATE", "removed": "DELETE"}


class SQLite(Tracker):
    @property
    def _advance(self) -> str:
        return f"UPDATE {self.names.clock} SET last = max(last + 1, {_NOW}) WHERE tracked_group = {GROUP};"

    @property
    def _stamp(self) -> str:
        return f"(SELECT {_MOMENT} FROM {self.names.clock} WHERE tracked_group = {GROUP})"

    def since(self, target: Target) -> str:
        return f"'{target.since.isoformat(' ', 'microseconds')}'"  # as SQLAlchemy writes moments

    def problem(self, target: Target) -> str:
        return "" if target.name.schema is None else "it is in an attached database, where the clock is not"

    def install(self, target: Target) -> Iterator[str]:
        names, table, gone = self.names, self.names.table(target.name), self.names.table(target.gone)
        stamp, deleted, key = names.quote(target.last_updated), names.quote(target.is_deleted), names.list(target.key)
        there = target.facts.column_names
        if target.apart:
            yield from self._stamps(target)
        elif target.last_updated not in there:
            yield f"ALTER TABLE {table} ADD COLUMN {stamp} DATETIME NOT NULL DEFAULT {self.since(target)}"
            yield f"ALTER TABLE {table} ADD COLUMN {deleted} BOOLEAN NOT NULL DEFAULT 0"
        if not target.apart:
            yield self.index(target.named("by_stamp"), target.name, stamp)
        own = ", ".join(f"{names.quote(each.name)} {each.declared}".strip() for each in target.columns)
        yield f"CREATE TABLE IF NOT EXISTS {gone} ({own}, {stamp} DATETIME NOT NULL, {deleted} BOOLEAN NOT NULL)"
        yield self.index(target.named("gone_key"), target.gone, key)
        yield self.index(target.named("gone_by_stamp"), target.gone, stamp)
        yield from self._triggers(target)
        yield from self.registered(target)

    def _stamps(self, target: Target) -> Iterator[str]:
        names, table, stamps = self.names, self.names.table(target.name), self.names.table(target.stamps)
        stamp, key = names.quote(target.last_updated), names.list(target.key)
        own = ", ".join(f"{names.quote(each)} {target.facts.column(each).declared}".strip() for each in target.key)
        yield f"CREATE TABLE IF NOT EXISTS {stamps} ({own}, {stamp} DATETIME NOT NULL)"
        yield self.index(target.named("stamps_key"), target.stamps, key)
        yield self.index(target.named("stamps_by_stamp"), target.stamps, stamp)
        known = f"SELECT 1 FROM {stamps} AS s WHERE {names.same(target.key, 's.', 't.', 'IS')}"
        yield f"INSERT INTO {stamps} ({key}, {stamp}) SELECT {key}, {self.since(target)} FROM {table} AS t WHERE NOT EXISTS ({known})"

    def _triggers(self, target: Target) -> Iterator[str]:
        names, table, gone = self.names, self.names.table(target.name), self.names.table(target.gone)
        stamp, new, old = (
            names.quote(target.last_updated),
            *(names.same(target.key, "", of, "IS") for of in ("NEW.", "OLD.")),
        )
        buried = f"DELETE FROM {gone} WHERE {old}; {self._grave(target)}"
        found = f"DELETE FROM {gone} WHERE {new};"
        other_key = f"NOT ({names.same(target.key, 'OLD.', 'NEW.', 'IS')})"
        moved = f"DELETE FROM {gone} WHERE {old} AND {other_key}; {self._grave(target, f' WHERE {other_key}')}"
        when = "" if target.apart else f"WHEN NOT (NEW.{stamp} IS NOT OLD.{stamp} AND NEW.{stamp} IS {self._stamp}) "
        bodies = {
            "added": f"{self._stamped(target)} {found}",
            "changed": f"{self._forgotten(target, other_key)}{self._stamped(target)} {moved} {found}",
            "removed": f"{self._forgotten(target)}{buried}",
        }
        for what, event in _EVENTS.items():
            condition = when if event == "UPDATE" else ""
            yield f"DROP TRIGGER IF EXISTS {names.own(target.named(what))}"
            yield (
                f"CREATE TRIGGER {names.own(target.named(what))} AFTER {event} ON {table} FOR EACH ROW {condition}"
                f"BEGIN {self._advance} {bodies[what]} END"
            )

    def _stamped(self, target: Target) -> str:
        names, stamp = self.names, self.names.quote(target.last_updated)
        new = names.same(target.key, "", "NEW.", "IS")
        if not target.apart:
            return f"UPDATE {names.table(target.name)} SET {stamp} = {self._stamp} WHERE {new};"
        stamps, values = names.table(target.stamps), names.list(target.key, "NEW.")
        columns = f"{names.list(target.key)}, {stamp}"
        return f"DELETE FROM {stamps} WHERE {new}; INSERT INTO {stamps} ({columns}) VALUES ({values}, {self._stamp});"

    def _forgotten(self, target: Target, condition: str = "") -> str:
        """The stamp of a row that is not there any more, where it stands by itself."""
        if not target.apart:
            return ""
        old = self.names.same(target.key, "", "OLD.", "IS")
        more = f" AND {condition}" if condition else ""
        return f"DELETE FROM {self.names.table(target.stamps)} WHERE {old}{more}; "

    def _grave(self, target: Target, where: str = "") -> str:
        names, columns = self.names, [each.name for each in target.columns]
        named = f"{names.list(columns)}, {names.list((target.last_updated, target.is_deleted))}"
        return f"INSERT INTO {names.table(target.gone)} ({named}) SELECT {names.list(columns, 'OLD.')}, {self._stamp}, 1{where};"

    def remove(self, target: Target) -> Iterator[str]:
        names = self.names
        for what in _EVENTS:
            yield f"DROP TRIGGER IF EXISTS {names.own(target.named(what))}"
        if not target.apart:
            yield f"DROP INDEX IF EXISTS {names.own(target.named('by_stamp'))}"
            for each in (target.last_updated, target.is_deleted):
                if each in target.facts.column_names:
                    yield f"ALTER TABLE {names.table(target.name)} DROP COLUMN {names.quote(each)}"
        for beside in (target.gone, target.stamps):
            yield f"DROP TABLE IF EXISTS {names.table(beside)}"
        yield self.unregistered(target)


TRACKER = SQLite
