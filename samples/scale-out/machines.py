"""Servers on this computer that stand for machines: each may be killed, and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SECONDS_TO_START = 90
PATHS = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/sbin"), Path("/usr/local/sbin")]


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*map(str, PATHS), os.environ.get("PATH", "")]))
    if found is None:
        sys.exit(f"{name} is not installed; see README.md for the packages")
    return found


def unprivileged(name: str = "postgres") -> str | None:
    """Whom servers run as where we are root, whom they refuse."""
    return name if os.geteuid() == 0 else None


def await_(what: str, is_there: Callable[[], bool], seconds: float = SECONDS_TO_START) -> None:
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > deadline:
            sys.exit(f"{what} does not come")
        time.sleep(0.1)


@dataclass
class Machine:
    """A program that runs. ``is_up`` says whether it answers."""

    name: str
    command: list[str]
    is_up: Callable[[], bool]
    folder: Path
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        with (self.folder / f"{self.name}.out").open("ab") as out:
            command = ["nice", "-n", "10", *self.command, *more]
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, cwd=self.folder, user=self.user, start_new_session=True,
                env=os.environ | self.environment,
            )  # fmt: skip
            started = self.process
        await_(self.name, lambda: self.is_up() or started.poll() is not None)
        if started.poll() is not None:
            sys.exit(f"{self.name} has ended:\n{(self.folder / f'{self.name}.out').read_text()[-2000:]}")

    def kill(self) -> None:
        """As when the current goes off: all its processes, at once."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self.process is None:
            return
        for pid in tree(self.process.pid) if number == signal.SIGKILL else [self.process.pid]:
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(pid), number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def tree(pid: int) -> list[int]:
    """A process with all that it has started; those of PostgreSQL have groups of their own."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(each for child in below for each in tree(int(child)))]


def says(*command: str, user: str | None = None) -> str | None:
    """What a command prints; ``None`` where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, user=user, cwd="/", timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def own(folder: Path, user: str | None) -> None:
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)


def postgres(folder: Path, name: str, port: int) -> Machine:
    command = [program("postgres"), "-D", f"{folder}/{name}", "-p", str(port), "-k", "", "-h", "127.0.0.1"]
    asked = [program("psql"), "-h", "127.0.0.1", "-p", str(port), "-U", "odata", "-Atc", "SELECT 1", "postgres"]
    return Machine(name, command, lambda: says(*asked) == "1", folder, unprivileged())


def psql(port: int, database: str, sql: str) -> str:
    asked = [program("psql"), "-h", "127.0.0.1", "-p", str(port), "-U", "odata", "-v", "ON_ERROR_STOP=1"]
    said = says(*asked, "-Atc", sql, database)
    assert said is not None, sql
    return said


def primary_and_replica(folder: Path, ports: tuple[int, int]) -> tuple[Machine, Machine]:
    """A primary with the database ``shop``, and a replica that streams from it."""
    cluster = ["-A", "trust", "-U", "odata", "-E", "UTF8", "--locale=C.UTF-8", f"{folder}/primary"]
    assert says(program("initdb"), *cluster, user=unprivileged()) is not None
    primary = postgres(folder, "primary", ports[0])
    primary.start()
    psql(ports[0], "postgres", "CREATE DATABASE shop")
    psql(ports[0], "shop", (HERE / "items.sql").read_text().replace("MOMENT", "timestamp(3)"))
    replica = postgres(folder, "replica", ports[1])
    follow(replica, ports[0])
    return primary, replica


def follow(machine: Machine, primary: int) -> None:
    """Start a server as a replica of the one at a port; what it had is thrown away, as it may have gone another way."""
    data = machine.folder / machine.name
    shutil.rmtree(data, ignore_errors=True)
    copy = [program("pg_basebackup"), "-R", "-c", "fast", "-h", "127.0.0.1", "-p", str(primary), "-U", "odata"]
    assert says(*copy, "-D", str(data), user=unprivileged()) is not None
    machine.start("-c", "hot_standby_feedback=on")


def pgbouncer(folder: Path, port: int, databases: tuple[int, int]) -> Machine:
    settings = folder / "pgbouncer.ini"
    text = (HERE / "pgbouncer.ini").read_text()
    settings.write_text(text.format(folder=folder, port=port, primary=databases[0], replica=databases[1]))
    asked = [program("psql"), "-h", "127.0.0.1", "-p", str(port), "-U", "odata", "-Atc", "SELECT 1", "shop"]
    return Machine(
        "pgbouncer", [program("pgbouncer"), "-q", str(settings)], lambda: says(*asked) == "1", folder, unprivileged()
    )


# After what the next node is asked, by whose its database is.
SHARED, OWN = "error timeout http_502", "error timeout http_502 http_503"


def nginx(folder: Path, port: int, nodes: Iterable[int], writers: Iterable[str] = (), another: str = SHARED) -> Machine:
    """Before the nodes. ``writers`` are what stands behind the ports of those that take changes: nothing, or ``backup``."""
    nodes, writers = list(nodes), list(writers)
    servers = [f"        server 127.0.0.1:{node} max_fails=1 fail_timeout=1s" for node in nodes]
    reads = "".join(f"{each};\n" for each in servers)
    writes = "".join(f"{each} {more};\n" for each, more in zip(servers, writers or [""] * len(nodes), strict=True))
    settings = folder / "nginx.conf"
    text = (HERE / "nginx.conf").read_text()
    settings.write_text(text.format(folder=folder, port=port, reads=reads, writes=writes, another=another))
    command = [program("nginx"), "-p", str(folder), "-e", f"{folder}/nginx.log", "-c", str(settings)]
    return Machine("nginx", command, lambda: answers(f"http://127.0.0.1:{port}/-/live"), folder)


def node(folder: Path, name: str, port: int, database: str, *more: str) -> Machine:
    """A node of the service."""
    flags = ["--config", str(HERE / "node.toml"), "--port", str(port), *more, database]
    command = [sys.executable, "-c", "from odata_service.cli import main; main()", "serve", *flags]
    here = {"PYTHONPATH": str(HERE.parents[1])}
    return Machine(name, command, lambda: answers(f"http://127.0.0.1:{port}/-/ready"), folder, environment=here)


def galera(folder: Path, number: int, ports: list[int], group: list[int]) -> Machine:
    """A member of the cluster; the first of all starts with ``--wsrep-new-cluster``."""
    name, port = f"member{number + 1}", ports[number]
    user = unprivileged("mysql")
    install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}/{name}", "--skip-test-db"]
    assert says(*install, "--auth-root-authentication-method=normal", user=user) is not None
    peers = ",".join(f"127.0.0.1:{each}" for each in group)
    settings = folder / f"{name}.cnf"
    provider = next(Path("/usr/lib").glob("**/libgalera_smm.so"))
    text = (HERE / "galera.cnf").read_text().format(
        folder=folder, data=f"{folder}/{name}", name=name, port=port, provider=provider, peers=peers,
        group=group[number], ist=group[number] + 1, sst=group[number] + 2,
    )  # fmt: skip
    settings.write_text(text)
    asked = [program("mariadb"), "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-N", "-e"]

    def is_synced() -> bool:
        return "Synced" in (says(*asked, "SHOW STATUS LIKE 'wsrep_local_state_comment'") or "")

    return Machine(name, [program("mariadbd"), f"--defaults-file={settings}"], is_synced, folder, user)


def mariadb(port: int, sql: str) -> None:
    asked = [program("mariadb"), "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-e"]
    assert says(*asked, sql) is not None, sql
