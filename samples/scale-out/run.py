"""Two nodes over PostgreSQL with a replica, or three over a Galera cluster, under load, while some of it is killed.

    python samples/scale-out/run.py postgresql --seconds 150
    python samples/scale-out/run.py failover --seconds 90
    python samples/scale-out/run.py galera --seconds 150 [--all-write]

Everything listens on 127.0.0.1, and is gone in the end. Exit status 0: nothing was lost, and nothing wrong.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from load import Load
from machines import (
    HERE, OWN, Machine, follow, galera, mariadb, nginx, node, own, pgbouncer, primary_and_replica, psql, unprivileged,
)  # fmt: skip

FIRST_PORT = 18_100
SECONDS_TO_NOTICE = 2  # that the primary is gone


@dataclass
class Stage:
    """A folder for all, which is gone in the end as all machines are."""

    folder: Path
    load: Load
    leaves: ExitStack
    machines: list[Machine] = field(default_factory=list)

    def up(self, *machines: Machine) -> None:
        for machine in machines:
            self.leaves.callback(machine.stop)
            machine.start()
            print(f"{time.strftime('%X')} {machine.name} is up", flush=True)

    def killed(self, machine: Machine, pause: float) -> None:
        """And started again after a while."""
        print(f"{time.strftime('%X')} {machine.name} is killed", flush=True)
        machine.kill()
        time.sleep(pause)
        machine.start()
        print(f"{time.strftime('%X')} {machine.name} is up again", flush=True)


def with_postgresql(stage: Stage, seconds: float) -> None:
    folder, port = stage.folder, FIRST_PORT
    primary, replica = primary_and_replica(folder, (port + 1, port + 2))
    stage.leaves.callback(primary.stop)
    stage.leaves.callback(replica.stop)
    pooler = pgbouncer(folder, port + 3, (port + 1, port + 2))
    stage.up(pooler)
    at = f"postgresql://odata@127.0.0.1:{port + 3}"
    where = ["--set", f"replica_url={at}/shop_replica"]
    nodes = [node(folder, f"node{number}", port + 10 + number, f"{at}/shop", *where) for number in (1, 2)]
    first, second = nodes
    proxy = nginx(folder, port, (port + 11, port + 12))
    stage.up(first, proxy)
    stage.load.run(seconds / 5)
    stage.load.figures("one node")
    stage.up(second)
    time.sleep(2)  # until nginx asks the second, too
    stage.load.run(seconds / 5)
    stage.load.figures("two nodes")

    def accidents() -> None:
        time.sleep(3)
        stage.killed(second, 5)
        time.sleep(3)
        stage.killed(replica, 5)
        time.sleep(3)
        stage.killed(first, 3)
        time.sleep(3)
        stage.killed(pooler, 2)
        time.sleep(3)

    stage.load.run(seconds * 3 / 5, accidents)
    stage.load.figures("two nodes, of which each is killed, as are the replica and the pooler")
    places = sum((where_reads_went(port + 10 + number) for number in (1, 2)), Counter[str]())
    print(f"  reads since the last start of each node: {dict(places)}")


def with_failover(stage: Stage, seconds: float) -> None:
    """The primary is lost, its standby takes its place, and the other comes back as the standby of that; then the other way round."""
    folder, port = stage.folder, FIRST_PORT
    ports = port + 1, port + 2
    pair = primary_and_replica(folder, ports)
    for each in pair:
        stage.leaves.callback(each.stop)
    wait_for_standbys(ports[0])
    url = f"postgresql://odata@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/shop"
    nodes = [node(folder, f"node{number}", port + 10 + number, url, "--set", f"replica_url={url}") for number in (1, 2)]
    stage.up(*nodes, nginx(folder, port, (port + 11, port + 12)))
    stage.load.run(seconds / 3)
    stage.load.figures("two nodes, each of which knows both servers")

    def accidents() -> None:
        for lost, heir in ((0, 1), (1, 0)):
            time.sleep(seconds / 9)
            print(f"{time.strftime('%X')} {pair[lost].name} is killed", flush=True)
            killed = time.monotonic()
            pair[lost].kill()
            time.sleep(SECONDS_TO_NOTICE)
            psql(ports[heir], "postgres", "SELECT pg_promote()")
            promoted = time.monotonic()
            first = stage.load.acknowledged_after(promoted)
            print(
                f"  promoted after {promoted - killed:.1f} s; a change was acknowledged {first - promoted:.1f} s later",
                flush=True,
            )
            time.sleep(seconds / 9)
            follow(pair[lost], ports[heir])
            wait_for_standbys(ports[heir])
            print(f"{time.strftime('%X')} {pair[lost].name} follows {pair[heir].name}", flush=True)

    stage.load.run(seconds * 2 / 3, accidents)
    stage.load.figures("the same, while the primary is killed and replaced, twice")


def wait_for_standbys(port: int) -> None:
    """From now on a change is acknowledged when a standby has it, too."""
    psql(port, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
    psql(port, "postgres", "SELECT pg_reload_conf()")


def with_galera(stage: Stage, seconds: float, *, all_write: bool) -> None:
    folder, port = stage.folder, FIRST_PORT + 100
    ports, group = [port + number for number in (1, 2, 3)], [port + 10 * number for number in (2, 3, 4)]
    members = [galera(folder, number, ports, group) for number in range(3)]
    stage.leaves.callback(members[0].stop)
    members[0].start("--wsrep-new-cluster")
    sql = (HERE / "items.sql").read_text().replace("MOMENT", "datetime(3)")
    mariadb(ports[0], f"CREATE DATABASE shop; USE shop; {sql}")
    stage.up(*members[1:])
    nodes = [
        node(folder, f"node{number + 1}", port + 11 + number, f"mariadb://root@127.0.0.1:{ports[number]}/shop")
        for number in range(3)
    ]
    stage.up(*nodes)
    proxy = nginx(
        folder, FIRST_PORT, [port + 11, port + 12, port + 13], [] if all_write else ["", "backup", "backup"], OWN
    )
    stage.up(proxy)
    stage.load.run(seconds / 4)
    stage.load.figures("three nodes, all of which write" if all_write else "three nodes, one of which writes")

    def accidents() -> None:
        time.sleep(5)
        stage.killed(members[0], 10)
        time.sleep(5)
        stage.killed(members[2], 5)
        time.sleep(5)
        stage.killed(nodes[1], 3)
        time.sleep(5)

    stage.load.run(seconds * 3 / 4, accidents)
    stage.load.figures("the same, while two members and a node are killed")


def where_reads_went(port: int) -> Counter[str]:
    found: Counter[str] = Counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("odata_reads_total{"):
                labels, _, value = line.removeprefix("odata_reads_total{").rpartition("} ")
                found[labels.replace('"', "")] += int(float(value))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", choices=["postgresql", "failover", "galera"])
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--clients", type=int, default=3, help="of each kind")
    parser.add_argument("--all-write", action="store_true", help="Galera: changes go to all nodes, not to one")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs")
    said = parser.parse_args()
    scenes: dict[str, Callable[[Stage], None]] = {
        "postgresql": lambda stage: with_postgresql(stage, said.seconds),
        "failover": lambda stage: with_failover(stage, said.seconds),
        "galera": lambda stage: with_galera(stage, said.seconds, all_write=said.all_write),
    }
    folder = Path(tempfile.mkdtemp(prefix="odata-scale-out-"))
    own(folder, unprivileged("mysql" if said.database == "galera" else "postgres"))
    folder.chmod(0o755)
    load = Load(f"http://127.0.0.1:{FIRST_PORT}", said.clients)
    try:
        with ExitStack() as leaves:
            scenes[said.database](Stage(folder, load, leaves))
            lost = load.lost()
    finally:
        if said.keep:
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return int(any(lost.values()) or bool(load.tally.wrong))


if __name__ == "__main__":
    raise SystemExit(main())
