"""MariaDB: no trigger waits for COMMIT, so a transaction takes the clock with its first change of a table that is kept track
of, and keeps it: whoever changes such tables waits for whoever did before, until that transaction has ended.

Foreign keys that cascade pass by the triggers of the rows they change. So triggers of the tables that are referred to do
the same by statements, which do not.
"""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.reflect.facts import TableName
from odata_service.track.product import GROUP, Tracker
from odata_service.track.target import Reference, Target, named

_NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000"
_MOMENT = "CAST('1970-01-01' + INTERVAL last * 1000 MICROSECOND AS DATETIME(3))"
_OWN = ("adding", "added", "changing", "changed", "removed")
_WHEN = {
    "adding": "BEFORE INSERT",
    "added": "AFTER INSERT",
    "changing": "BEFORE UPDATE",
    "changed": "AFTER UPDATE",
    "removed": "AFTER DELETE",
}


class MariaDB(Tracker):
    row_end = ""
    insert = "INSERT IGNORE"

    @property
    def _advance(self) -> str:
        return f"UPDATE {self.names.clock} SET last = GREATEST(last + 1, {_NOW}) WHERE tracked_group = {GROUP};"

    @property
    def _stamp(self) -> str:
        return f"(SELECT {_MOMENT} FROM {self.names.clock} WHERE tracked_group = {GROUP})"

    def script(self, statements: Iterator[str]) -> str:
        """Its own client ends a statement at the first semicolon, unless told otherwise."""
        return "".join(["DELIMITER //\n", *(f"{each}//\n" for each in statements), "DELIMITER ;\n"])

    def problem(self, target: Target) -> str:
        if target.name.schema is not None:
            return "it is in another database than the clock"
        loop = next(
            (each for each in target.references if each.on_delete and _leads_back(each, target.references)), None
        )
        if loop is not None:
            return f"the foreign key {loop.key.name} cascades in a circle, which no trigger of MariaDB can follow"
        moved = next((each for each in target.references if each.on_update and self._is_key(each, target)), None)
        if moved is not None:
            return f"its foreign key {moved.key.name} is part of its key and cascades on update, which no trigger of MariaDB sees"
        return ""

    def _is_key(self, reference: Reference, target: Target) -> bool:
        return reference.child == target.name and bool(set(reference.key.columns) & set(target.key))

    def install(self, target: Target) -> Iterator[str]:
        names, table, gone = self.names, self.names.table(target.name), self.names.table(target.gone)
        stamp, deleted, key = names.quote(target.last_updated), names.quote(target.is_deleted), names.list(target.key)
        if target.apart:
            yield from self._stamps(target)
        else:  # who asks for * or inserts without naming columns does not meet them
            yield (
                f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {stamp} DATETIME(3) NOT NULL DEFAULT {self.since(target)} INVISIBLE, "
                f"ADD COLUMN IF NOT EXISTS {deleted} BOOLEAN NOT NULL DEFAULT FALSE INVISIBLE"
            )
            yield self.index(target.named("by_stamp"), target.name, stamp)
        own = names.list(each.name for each in target.columns)
        yield (
            f"CREATE TABLE IF NOT EXISTS {gone} ({stamp} DATETIME(3) NOT NULL, {deleted} BOOLEAN NOT NULL) "
            f"AS SELECT {own}, TIMESTAMP({self.since(target)}) AS {stamp}, TRUE AS {deleted} FROM {table} LIMIT 0"
        )
        yield self.index(target.named("gone_key"), target.gone, key)
        yield self.index(target.named("gone_by_stamp"), target.gone, stamp)
        yield from self._triggers(target)
        for reference in target.references:
            yield from self._followers(reference)
        if target.apart:
            yield self._filled(target)
        yield from self.registered(target)

    def _stamps(self, target: Target) -> Iterator[str]:
        names, table, stamps = self.names, self.names.table(target.name), self.names.table(target.stamps)
        stamp, key = names.quote(target.last_updated), names.list(target.key)
        yield (
            f"CREATE TABLE IF NOT EXISTS {stamps} ({stamp} DATETIME(3) NOT NULL) "
            f"AS SELECT {key}, TIMESTAMP({self.since(target)}) AS {stamp} FROM {table} LIMIT 0"
        )
        yield self.index(target.named("stamps_key"), target.stamps, key, unique=True)
        yield self.index(target.named("stamps_by_stamp"), target.stamps, stamp)

    def _filled(self, target: Target) -> str:
        names, stamps = self.names, self.names.table(target.stamps)
        columns = f"{names.list(target.key)}, {names.quote(target.last_updated)}"
        rows = f"SELECT {names.list(target.key)}, {self.since(target)} FROM {names.table(target.name)}"
        return f"INSERT IGNORE INTO {stamps} ({columns}) {rows}"

    def _triggers(self, target: Target) -> Iterator[str]:
        names, gone, stamp = self.names, self.names.table(target.gone), self.names.quote(target.last_updated)
        new, old = (names.same(target.key, "", of, "<=>") for of in ("NEW.", "OLD."))
        found = f"DELETE FROM {gone} WHERE {new};"
        buried = f"DELETE FROM {gone} WHERE {old}; {self._grave(target)}"
        moved = (
            f"IF NOT ({names.same(target.key, 'OLD.', 'NEW.', '<=>')}) THEN {self._forgotten(target)}{buried} END IF;"
        )
        marked = f"SET NEW.{stamp} = {self._stamp};"
        bodies = {
            "adding": f"{self._advance} {marked}",
            "added": found,
            "changing": f"{self._advance} {marked}",
            "changed": f"{moved} {found}",
            "removed": f"{self._advance} {self._forgotten(target)}{buried}",
        }
        if target.apart:
            bodies = {
                "added": f"{self._advance} {self._stamped(target)} {found}",
                "changed": f"{self._advance} {moved} {self._stamped(target)} {found}",
                "removed": bodies["removed"],
            }
        for what, body in bodies.items():
            yield self._trigger(target.named(what), _WHEN[what], target.name, body)

    def _trigger(self, name: str, when: str, table: TableName, body: str) -> str:
        own = self.names.own(name)
        return f"CREATE OR REPLACE TRIGGER {own} {when} ON {self.names.table(table)} FOR EACH ROW BEGIN {body} END"

    def _stamped(self, target: Target) -> str:
        names, stamps = self.names, self.names.table(target.stamps)
        columns, values = (
            f"{names.list(target.key)}, {names.quote(target.last_updated)}",
            names.list(target.key, "NEW."),
        )
        return f"REPLACE INTO {stamps} ({columns}) VALUES ({values}, {self._stamp});"

    def _forgotten(self, target: Target) -> str:
        if not target.apart:
            return ""
        return f"DELETE FROM {self.names.table(target.stamps)} WHERE {self.names.same(target.key, '', 'OLD.', '<=>')}; "

    def _grave(self, target: Target) -> str:
        names, columns = self.names, [each.name for each in target.columns]
        named = f"{names.list(columns)}, {names.list((target.last_updated, target.is_deleted))}"
        return f"INSERT INTO {names.table(target.gone)} ({named}) VALUES ({names.list(columns, 'OLD.')}, {self._stamp}, TRUE);"

    def _followers(self, reference: Reference) -> Iterator[str]:
        """What the database does to the rows that refer to one, done by statements."""
        names, key = self.names, reference.key
        child, pairs = names.table(reference.child), list(zip(key.columns, key.target_columns, strict=True))
        of_old, of_new = (
            " AND ".join(f"{names.quote(a)} = {of}.{names.quote(b)}" for a, b in pairs) for of in ("OLD", "NEW")
        )
        removing, moved = _follower_names(reference)
        if reference.on_delete:
            nulls = ", ".join(f"{names.quote(each)} = NULL" for each in key.columns)
            body = f"DELETE FROM {child}" if reference.on_delete == "CASCADE" else f"UPDATE {child} SET {nulls}"
            yield self._trigger(removing, "BEFORE DELETE", key.target, f"{body} WHERE {of_old};")
        if reference.on_update == "CASCADE":
            first = names.quote(key.columns[0])
            changed = " OR ".join(
                f"NOT (OLD.{names.quote(each)} <=> NEW.{names.quote(each)})" for each in key.target_columns
            )
            body = f"IF {changed} THEN UPDATE {child} SET {first} = {first} WHERE {of_new}; END IF;"
            yield self._trigger(moved, "AFTER UPDATE", key.target, body)
        elif reference.on_update:
            changed = " OR ".join(
                f"NOT (OLD.{names.quote(each)} <=> NEW.{names.quote(each)})" for each in key.target_columns
            )
            nulls = ", ".join(f"{names.quote(each)} = NULL" for each in key.columns)
            body = f"IF {changed} THEN UPDATE {child} SET {nulls} WHERE {of_old}; END IF;"
            yield self._trigger(moved, "BEFORE UPDATE", key.target, body)

    def remove(self, target: Target) -> Iterator[str]:
        names = self.names
        for reference in target.references:
            for name in _follower_names(reference):
                yield f"DROP TRIGGER IF EXISTS {names.own(name)}"
        for what in _OWN:
            yield f"DROP TRIGGER IF EXISTS {names.own(target.named(what))}"
        if not target.apart:
            ours = (target.last_updated, target.is_deleted)
            dropped = ", ".join(f"DROP COLUMN IF EXISTS {names.quote(each)}" for each in ours)
            yield f"ALTER TABLE {names.table(target.name)} {dropped}"
        for beside in (target.gone, target.stamps):
            yield f"DROP TABLE IF EXISTS {names.table(beside)}"
        yield self.unregistered(target)


def _leads_back(reference: Reference, references: tuple[Reference, ...]) -> bool:
    """Whether from where a foreign key leads others lead back to where it is from."""
    reached, waiting = set(), [reference.key.target]
    while waiting:
        table = waiting.pop()
        if table not in reached:
            reached.add(table)
            waiting += [each.key.target for each in references if each.child == table and each.on_delete]
    return reference.child in reached


def _follower_names(reference: Reference) -> tuple[str, str]:
    own = f"{reference.child.name}_{'_'.join(reference.key.columns)}"
    return named("removing", own), named("moved", own)


TRACKER = MariaDB
