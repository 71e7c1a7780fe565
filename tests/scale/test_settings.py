"""A replica by the settings."""

from __future__ import annotations

import pytest

from odata_service.config import ConfigurationError, Settings
from odata_service.start import published
from tests.conftest import FreshDatabase
from tests.scale.conftest import READER, Client
from tests.standby import Standby


def test_the_settings_say_where_it_is(standby: Standby, postgresql_database: FreshDatabase) -> None:
    with postgresql_database() as url:
        replica = standby.url.set(database=url.database)
        said = {"ODATA_DATABASE_URL": url, "ODATA_REPLICA_URL": replica, "ODATA_SAMPLE": "people"}
        texts = {name: each if isinstance(each, str) else each.render_as_string(False) for name, each in said.items()}
        service = published(Settings.from_environment(texts, replica_seconds=60)).service
        client = Client(service)
        token = client.ask("GET", "People").headers["Consistency-Token"]
        assert client.place == "primary not asked for"
        standby.resume()
        assert client.ask("GET", "People", **{"Consistency-Token": token}).status == 200
        assert client.place == "replica"
        for engine in service.engines:
            engine.dispose()


def test_a_service_starts_without_its_replica(postgresql_database: FreshDatabase) -> None:
    with postgresql_database() as url:
        settings = Settings(
            sample="people", database_url=url.render_as_string(False), replica_url="postgresql://127.0.0.1:1/no"
        )
        service = published(settings).service
        service.rights("*", 3)
        client = Client(service, READER)
        assert (client.ask("GET", "People", Prefer="odata.track-changes").status, client.place) == (200, "primary away")
        service.engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:///other.db", "postgresql://127.0.0.1:1/no"])
def test_what_is_no_replica_of_the_database(tmp_path, url: str) -> None:
    settings = Settings(sample="people", database_url=f"sqlite:///{tmp_path}/people.db", replica_url=url)
    with pytest.raises(ConfigurationError, match="replica_url: replicas are of PostgreSQL"):
        published(settings)


def test_passwords_of_a_replica_are_not_told() -> None:
    with pytest.raises(ConfigurationError) as refused:
        published(Settings(sample="people", database_url="sqlite://", replica_url="nonsense:secret@here"))
    assert "secret" not in str(refused.value)
