"""``odata-service replica``: a copy without a line of Python, and what its commands say and end with."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest
from click.testing import CliRunner

from odata_service.cli import main
from odata_service.client.replica import Replica
from tests.offline.models import ServerCustomer, ServerOrder


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, ["replica", *arguments])


@pytest.fixture
def made(run, server, address, protocol):
    """``made()`` is the file of a replica; the server has a customer with an order."""
    customer = ServerCustomer(Id="c", Name="Ada")
    order = ServerOrder(Id="1", CustomerId="c", CustomerName="Ada", Status="new", Total=Decimal("1.50"))
    server.writing(lambda session: session.add_all([customer, order]))
    metadata = ["--metadata", f"{address}/v4/$metadata"] if protocol == "tables" else []
    found = run("init", f"{address}/{protocol}/", "here.db", "--protocol", protocol, *metadata)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("here.db: Customers, Orders, Things")
    return "here.db"


def edited(path, model="Orders", id="1", **values):
    with Replica(path) as context, context.session() as session:
        entity = session.get_one(context.shapes[model].mapper.class_, id)
        names = {name.lower(): name for name in context.shapes[model].members}
        for name, value in values.items():
            setattr(entity, names[name.lower()], value)
        session.commit()


def test_there_and_back(run, made, server):
    assert run("pull", made).stdout == "2 new, 0 changed, 0 deleted\n"
    edited(made, Status="paid")
    assert run("status", made).stdout.startswith("Customers: 1 rows, 0 to send\nOrders: 1 rows, 1 to send\n")
    found = run("push", made)
    assert (found.exit_code, found.stdout) == (0, "1 sent, 0 wait\n"), found.output
    assert server.rows()["1"]["Status"] == "paid" and server.rows()["1"]["Total"] == Decimal("1.50")
    assert run("pull", made, "--verify").exit_code == 0


def test_other_programs_read_it(run, made):
    run("pull", made)
    with sqlite3.connect(made) as connection:
        ((id, status),) = connection.execute('SELECT "Id", "Status" FROM "Orders"')
    connection.close()
    assert (id, status) == ("1", "new")


def test_conflicts(run, made, server):
    run("pull", made)
    edited(made, Status="mine")
    server.writing(lambda session: setattr(session.get_one(ServerOrder, "1"), "Status", "theirs"))
    found = run("push", made)
    assert found.exit_code == 3 and "conflict" in found.stdout
    listed = run("conflicts", made)
    assert listed.exit_code == 3 and "mine" in listed.stdout and "theirs" in listed.stdout
    id = listed.stdout.split()[0]
    assert run("conflicts", made, "--resolve", id, "client").stdout == "nothing to decide on\n"
    assert run("push", made).exit_code == 0 and server.rows()["1"]["Status"] == "mine"
    assert run("conflicts", made, "--resolve", "x", "client").exit_code == 1
    assert run("conflicts", made, "--resolve", "x", "nobody").stderr.startswith("odata-service: 'nobody' cannot win")


def test_reset(run, made):
    run("pull", made)
    assert run("pull", made).stdout == "0 new, 0 changed, 0 deleted\n"
    assert run("reset", made, "Orders").stdout == "Orders: fetched anew at the next pull\n"
    assert run("pull", made).stdout == "0 new, 1 changed, 0 deleted\n"
    found = run("reset", made, "Ordres")
    assert (
        found.exit_code == 1
        and found.stderr == "odata-service: here.db has no set Ordres; it has Customers, Orders, Things\n"
    )


def test_a_server_that_does_not_answer(run, made):
    with sqlite3.connect(made) as connection:
        connection.execute("UPDATE \"DatasyncReplica\" SET Value = replace(Value, '127.0.0.1', '127.0.0.2')")
    connection.close()
    found = run("pull", made)
    assert found.exit_code == 4 and "does not answer" in found.stderr


class TestInit:
    @pytest.fixture
    def protocol(self):
        return "v4"

    def test_some_sets(self, run, server, address):
        found = run("init", f"{address}/v4", "here.db", "--set", "Orders")
        assert found.stdout == "here.db: Orders\n"
        found = run("init", f"{address}/v4", "other.db", "--set", "Ordres")
        assert found.stderr.startswith("odata-service: Ordres cannot be kept: there is no such set; Customers")

    @pytest.mark.parametrize("url, says", [
        ("orders", "is no absolute address"),
        ("http://services.example/v4/", "http is only for one's own computer"),
        ("{address}/nothing/", "is no description of a service"),
        ("http://127.0.0.2:1/", "does not answer"),
    ])  # fmt: skip
    def test_no_service(self, run, server, address, url, says):
        found = run("init", url.format(address=address), "here.db")
        assert found.exit_code in (1, 4) and says in found.stderr and found.stderr.count("\n") == 1

    def test_a_file_that_is_there(self, run, made, address):
        assert run("init", f"{address}/v4/", made).stderr == "odata-service: here.db is there already\n"

    def test_a_file_that_is_not(self, run, tmp_path):
        found = run("pull", "nothing.db")
        assert found.exit_code == 1 and found.stderr.startswith("odata-service: nothing.db is not there")
        assert not (tmp_path / "nothing.db").exists()

    def test_a_file_that_cannot_be(self, run, address):
        found = run("init", f"{address}/v4/", "nowhere/here.db")
        assert (found.exit_code, found.stderr) == (1, "odata-service: the file: unable to open database file\n")

    def test_something_else(self, run, tmp_path):
        (tmp_path / "text.db").write_text("no database at all")
        for command in ("pull", "push", "status", "conflicts", "reset"):
            found = run(command, "text.db")
            assert (found.exit_code, found.stderr) == (1, "odata-service: the file: file is not a database\n")

    def test_who_asks_is_not_known(self, run, address, server, monkeypatch):
        seen = []

        def demanding(environ, start):
            seen.append(environ.get("HTTP_AUTHORIZATION"))
            start("401 Unauthorized", [("Content-Length", "0")])
            return [b""]

        monkeypatch.setattr(server.app, "wsgi_app", demanding)
        monkeypatch.setenv("ODATA_REPLICA_AUTHORIZATION", "Bearer old")
        found = run("init", f"{address}/v4/", "here.db")
        assert found.exit_code == 1 and "401; who asks is said in ODATA_REPLICA_AUTHORIZATION" in found.stderr
        assert set(seen) == {"Bearer old"}
