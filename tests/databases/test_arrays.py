"""Arrays of PostgreSQL: a column says nothing of how many dimensions its values have."""

from __future__ import annotations


from sqlalchemy import create_engine, text

from odata_service import ODataRequest
from odata_service.config import Settings
from odata_service.protocol import V4
from odata_service.reflect.service import reflected

TABLE = """
    CREATE TABLE grid (id int PRIMARY KEY, cells int[], prices numeric(20, 2)[]);
    INSERT INTO grid VALUES (1, '{1,2}', '{1.10}'), (2, '{{1,2},{3,4}}', '{{1.10},{12345678901234567.89}}'), (3, NULL, '{}')
"""


def test_rows_of_their_values(postgresql_database) -> None:
    with postgresql_database() as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(TABLE))
        service = reflected(Settings(database_url=url.render_as_string(hide_password=False))).service

        def ask(query: str) -> bytes:
            answer = service.handle(ODataRequest(V4, "GET", "grids", query))
            assert answer.status == 200, answer.body
            return answer.body

        assert b'"cells":[1,2,3,4],"prices":[1.10,12345678901234567.89]' in ask("$filter=id eq 2")
        assert b'"id":2' in ask("$select=id&$filter=cells/any(c:c eq 4)")
        assert b'"cells":[],"prices":[]' in ask("$filter=id eq 3")
        service.engine.dispose()
        engine.dispose()
