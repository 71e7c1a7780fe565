"""A part of the leak matrix, through roles that a file of settings names: tables that nobody prepared, opened by ``[tables]``. What
a clerk may not see is hidden in one database and not there in the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from odata_service import ODataService, User
from odata_service.reflect.service import reflected
from odata_service.settings_file import gathered
from odata_service.tracking import install_clock, write_sessions
from tests.leaks import bare, roads, whole
from tests.leaks.test_leaks import fill, fill_secrets
from tests.leaks.twins import BOSS, Road, Twins, copy_of, get, told

CARLA = User("Carla", frozenset({"clerk"}), claims={"tenant": "red"})
NAMES = ("Margin", "Hint", "OwnerId", "Owner", "Owned", "Salaries")
SETS = {"orders": "Order", "customer": "Customer", "item": "Item", "tag": "Tag", "salary": "Salary"}
COMMON = """
namespace = "Shop"
secret = "the same"
page_size = 1000
writable = true
rights = {{ clerk = "all", boss = "all" }}
{tables}
"""
HIDING = {
    "orders": 'columns = { Margin = { boss = "all" }, Hint = { boss = "all" }, OwnerId = { boss = "all" }, State = { boss = "all" }, '
    'City = { boss = "all" }, Zip = { boss = "all" }, Photo = { boss = "all" }, Labels = { boss = "all" } }',
    "customer": 'navigation = { Orders_Customer = "Orders", Orders_Owner = "Owned" }',
    "salary": 'rights = { boss = "all" }',
}
ROWS = {
    "customer": 'rows = { clerk = "Tenant eq @user.tenant", boss = "true" }',
    "orders": 'rows = { clerk = "Tenant in @user.tenant", boss = "true" }',
    "item": 'rows = { clerk = "Order/Tenant eq @user.tenant", boss = "true" }',
}


def published(engine: Engine, folder: Path, more: dict[str, str], models: Any) -> ODataService:
    tables = [
        f'[tables.{name}]\nset = "{type_name}s"\ntype = "{type_name}"\n{more.get(name, "")}\n'.replace(
            '"Salarys"', '"Salaries"'
        )
        for name, type_name in SETS.items()
        if name in models.Base.metadata.tables
    ]
    file = folder / f"{abs(hash(str(engine.url)))}.toml"
    file.write_text(COMMON.format(tables="".join(tables)))
    url = engine.url.render_as_string(hide_password=False)
    return reflected(gathered({}, {"database_url": url, "config": str(file)})).service


def filled(engine: Engine, models: Any, fill: Callable[[Any, Any], None]) -> Engine:
    models.Base.metadata.create_all(engine)
    install_clock(engine)
    with write_sessions(engine).begin() as session:
        fill(models, session)
    return engine


@pytest.fixture(scope="module")
def of_models(engines: Callable[[], Engine], tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("settings")
    hiding, lacking = (filled(engines(), models, fill_secrets) for models in (whole, bare))
    return Twins(published(hiding, folder, HIDING, whole), published(lacking, folder, {}, bare))


@pytest.fixture(scope="module")
def of_rows(engines: Callable[[], Engine], tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("settings")
    models: Any = copy_of(bare)

    def service(tenants: tuple[str, ...]) -> ODataService:
        engine = filled(engines(), models, lambda models, session: fill(models, session, tenants))
        return published(engine, folder, ROWS, models)

    return Twins(service(("red", "blue")), service(("red",)))


def compare(twins: Twins, what: str, protocol: str, tried: list[Road]) -> None:
    """For the clerk of the file."""
    different = []
    for road in tried:
        one, other = (told(twins.ask(each, protocol, road, CARLA)) for each in (twins.hiding, twins.lacking))
        assert one[0] < 500 or one[0] == 501, f"{road}: {one}"
        if one != other:
            different.append(f"{road}\n  hiding:  {one}\n  lacking: {other}")
    assert not different, f"{len(different)} of {len(tried)} roads tell of {what}:\n" + "\n".join(different[:8])
    print(f"{len(tried):6} roads: {what}")


@pytest.mark.parametrize("name", NAMES)
def test_members(of_models: Twins, name: str) -> None:
    compare(of_models, f"V4 {name}", "v4", list(roads.of_name_v4(name))[::4])
    compare(of_models, f"V2 {name}", "v2", list(roads.of_name_v2(name))[::4])


def test_sets(of_models: Twins) -> None:
    compare(of_models, "V4 Salaries", "v4", list(roads.of_set("Salaries", "Salary")))
    compare(of_models, "V2 Salaries", "v2", list(roads.of_set_v2("Salaries", "Salary")))
    compare(of_models, "documents", "v4", get("", "$metadata", "$all", "$all/$count", "Orders", "Orders(1)?$expand=*"))


def test_rows(of_rows: Twins) -> None:
    for protocol, urls in (("v4", roads.ROWS_V4), ("v2", roads.ROWS_V2)):
        compare(of_rows, f"{protocol} rows", protocol, get(*urls))
    compare(of_rows, "v4 rows in batches", "v4", list(roads.in_batches(get(*roads.ROWS_V4[::3]))))


def test_there_is_something_to_hide(of_models: Twins, of_rows: Twins) -> None:
    for name in NAMES[:3]:
        for who, status in ((BOSS, 200), (CARLA, 400)):
            assert of_models.ask(of_models.hiding, "v4", Road("GET", f"Orders?$select={name}"), who).status == status
    assert b"Salaries" in of_models.ask(of_models.hiding, "v4", Road("GET", "$metadata"), BOSS).body
    counts = [
        of_rows.ask(of_rows.hiding, "v4", Road("GET", "Orders/$count"), who).body for who in (BOSS, CARLA, User("Eve"))
    ]
    assert [int(found) if found.isdigit() else re.search(rb'"code":"(\w+)"', found)[1] for found in counts] == [
        4,
        2,
        b"ResourceNotFound",
    ]  # type: ignore[index]
    with of_rows.hiding.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM orders WHERE \"Tenant\" = 'blue'")) == 2
