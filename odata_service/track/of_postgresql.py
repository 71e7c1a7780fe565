"""PostgreSQL: constraint triggers that wait for COMMIT. There they take the clock, which holds back all others until this
transaction is visible, and stamp the rows that it has touched, as the save hook does.

Functions run with the rights of who has installed them, so that programs need none on the tables of the service, and name
every table with its schema. A deleted row goes through JSON by the names of its columns: a column that comes or goes later
does not break anybody's DELETE.
"""

from __future__ import annotations

from collections.abc import Iterator

from odata_service.track.product import GROUP, Tracker
from odata_service.track.target import Target, literal
from odata_service.tracking.kept import DEFERRED

_SAFE = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_STAMP = "odata_transaction_stamp"  # the function that takes the clock, once in each transaction
_SAID = "current_setting('odata.stamp', true)"


class PostgreSQL(Tracker):
    def foundation(self) -> Iterator[str]:
        yield from super().foundation()
        clock, function = self.names.clock, self.names.own(_STAMP)
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS timestamp {_SAFE} AS $odata$\n"
            f"DECLARE stamp bigint := nullif({_SAID}, '');\n"
            "BEGIN\n"
            "  IF stamp IS NULL THEN\n"
            f"    UPDATE {clock} SET last = greatest(last + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)\n"
            f"      WHERE tracked_group = {GROUP} RETURNING last INTO stamp;\n"
            "    PERFORM set_config('odata.stamp', stamp::text, true);\n"
            "  END IF;\n"
            "  RETURN timestamp '1970-01-01' + stamp * interval '1 millisecond';\n"
            "END $odata$"
        )
        yield f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC"

    def install(self, target: Target) -> Iterator[str]:
        names, table, gone = self.names, self.names.table(target.name), self.names.table(target.gone)
        stamp, deleted, key = names.quote(target.last_updated), names.quote(target.is_deleted), names.list(target.key)
        yield f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
        if target.apart:
            yield from self._stamps(target)
            columns = f"*, {self.since(target)}::timestamp(3) AS {stamp}, true AS {deleted}"
        else:
            since = f"timestamp(3) NOT NULL DEFAULT {self.since(target)}"
            yield f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {stamp} {since}, ADD COLUMN IF NOT EXISTS {deleted} boolean NOT NULL DEFAULT false"
            yield self.index(target.named("by_stamp"), target.name, stamp)
            columns = "*"
        yield f"CREATE TABLE IF NOT EXISTS {gone} AS SELECT {columns} FROM {table} WITH NO DATA"
        yield self.index(target.named("gone_key"), target.gone, key, unique=True)
        yield self.index(target.named("gone_by_stamp"), target.gone, stamp)
        yield from self._functions(target)
        yield from self._triggers(target)
        yield from self.registered(target)

    def _stamps(self, target: Target) -> Iterator[str]:
        names, table, stamps = self.names, self.names.table(target.name), self.names.table(target.stamps)
        stamp, key = names.quote(target.last_updated), names.list(target.key)
        fresh = f"SELECT {key}, {self.since(target)}::timestamp(3) AS {stamp} FROM {table}"
        yield f"CREATE TABLE IF NOT EXISTS {stamps} AS {fresh} WITH NO DATA"
        yield self.index(target.named("stamps_key"), target.stamps, key, unique=True)
        yield self.index(target.named("stamps_by_stamp"), target.stamps, stamp)
        yield f"INSERT INTO {stamps} ({key}, {stamp}) {fresh} ON CONFLICT DO NOTHING"

    def _functions(self, target: Target) -> Iterator[str]:
        names, table, gone, stamps = self.names, *map(self.names.table, (target.name, target.gone, target.stamps))
        stamp, key = names.quote(target.last_updated), names.list(target.key)
        new, old = (names.same(target.key, "k.", of) for of in ("NEW.", "OLD."))
        taken = f"odata_now timestamp(3) := {names.own(_STAMP)}()"
        marks = f"jsonb_build_object({literal(target.last_updated)}, odata_now, {literal(target.is_deleted)}, true)"
        image = f"jsonb_populate_record(NULL::{gone}, to_jsonb({{}}) || {marks}) AS r"
        if target.apart:
            stamped = (
                f"    IF EXISTS (SELECT FROM {table} AS k WHERE {new}) THEN\n"
                f"      INSERT INTO {stamps} ({key}, {stamp}) VALUES ({names.list(target.key, 'NEW.')}, odata_now)\n"
                f"        ON CONFLICT ({key}) DO UPDATE SET {stamp} = excluded.{stamp};\n"
                f"      DELETE FROM {gone} AS k WHERE {new};\n"
                "    END IF;\n"
            )
        else:
            stamped = (
                f"    UPDATE {table} AS k SET {stamp} = odata_now WHERE {new} AND k.{stamp} IS DISTINCT FROM odata_now;\n"
                f"    IF FOUND THEN DELETE FROM {gone} AS k WHERE {new}; END IF;\n"
            )
        forgotten = f"    DELETE FROM {stamps} AS k WHERE {old};\n" if target.apart else ""
        yield (
            f"CREATE OR REPLACE FUNCTION {self._function(target)}() RETURNS trigger {_SAFE} AS $odata$\n"
            f"DECLARE {taken};\n"
            "BEGIN\n"
            f"  IF TG_OP <> 'DELETE' THEN\n{stamped}  END IF;\n"
            f"  IF TG_OP <> 'INSERT' AND NOT EXISTS (SELECT FROM {table} AS k WHERE {old}) THEN\n"
            f"{forgotten}    DELETE FROM {gone} AS k WHERE {old};\n"
            f"    INSERT INTO {gone} SELECT r.* FROM {image.format('OLD')};\n"
            "  END IF;\n"
            "  RETURN NULL;\n"
            "END $odata$"
        )
        forgotten = f"  DELETE FROM {stamps};\n" if target.apart else ""
        yield (
            f"CREATE OR REPLACE FUNCTION {self._function(target, 'emptied')}() RETURNS trigger {_SAFE} AS $odata$\n"
            f"DECLARE {taken};\n"
            "BEGIN\n"
            f"{forgotten}  DELETE FROM {gone} AS k USING {table} AS t WHERE {names.same(target.key, 'k.', 't.')};\n"
            f"  INSERT INTO {gone} SELECT r.* FROM {table} AS t, {image.format('t')};\n"
            "  RETURN NULL;\n"
            "END $odata$"
        )

    def _triggers(self, target: Target) -> Iterator[str]:
        table, stamp = self.names.table(target.name), self.names.quote(target.last_updated)
        yield from self._dropped(target)
        wait = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        call = f"EXECUTE FUNCTION {self._function(target)}()"
        first, again = DEFERRED
        yield f"CREATE CONSTRAINT TRIGGER {first} AFTER INSERT OR DELETE ON {table} {wait} {call}"
        # The stamp itself is an UPDATE, too: the one that gives a row another stamp, this transaction's.
        moment = f"timestamp '1970-01-01' + nullif({_SAID}, '')::bigint * interval '1 millisecond'"
        is_stamp = f"NEW.{stamp} IS DISTINCT FROM OLD.{stamp} AND NEW.{stamp} IS NOT DISTINCT FROM {moment}"
        when = "" if target.apart else f"WHEN (NOT ({is_stamp})) "
        yield f"CREATE CONSTRAINT TRIGGER {again} AFTER UPDATE ON {table} {wait} {when}{call}"
        emptied = f"EXECUTE FUNCTION {self._function(target, 'emptied')}()"
        yield f"CREATE TRIGGER odata_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {emptied}"

    def _dropped(self, target: Target) -> Iterator[str]:
        for name in (*DEFERRED, "odata_emptied"):
            yield f"DROP TRIGGER IF EXISTS {name} ON {self.names.table(target.name)}"

    def remove(self, target: Target) -> Iterator[str]:
        names, table = self.names, self.names.table(target.name)
        yield from self._dropped(target)
        for what in ("stamp", "emptied"):
            yield f"DROP FUNCTION IF EXISTS {self._function(target, what)}()"
        if not target.apart:
            ours = (target.last_updated, target.is_deleted)
            yield f"ALTER TABLE {table} {', '.join(f'DROP COLUMN IF EXISTS {names.quote(each)}' for each in ours)}"
        for each in (target.gone, target.stamps):
            yield f"DROP TABLE IF EXISTS {names.table(each)}"
        yield self.unregistered(target)

    def removed_foundation(self) -> Iterator[str]:
        yield f"DROP FUNCTION IF EXISTS {self.names.own(_STAMP)}()"
        yield from super().removed_foundation()

    def _function(self, target: Target, what: str = "stamp") -> str:
        return self.names.table(target.beside(what))


TRACKER = PostgreSQL
