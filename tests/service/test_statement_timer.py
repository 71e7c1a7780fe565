"""A statement may run for so long; the time of a read is not that of what is done on its connection later."""

from __future__ import annotations

import time

from flask import Flask
from sqlalchemy import create_engine

from odata_service import Limits, ODataService
from odata_service.tracking import install_clock
from tests.offline.models import ServerBase, configure

LONG = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n"


def test_the_timer_of_a_read_ends_with_it(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/server.db")
    ServerBase.metadata.create_all(engine)
    install_clock(engine)
    service = ODataService(ServerBase, engine, namespace="Offline", limits=Limits(statement_timeout_ms=100))
    configure(service, 3)
    app = Flask("timer")
    app.register_blueprint(service.blueprint("v4"), url_prefix="/v4")
    assert app.test_client().get("/v4/Orders").status_code == 200
    time.sleep(0.2)
    pooled = service.engine.raw_connection()  # the one that the read has given back
    assert pooled.driver_connection.execute(LONG).fetchone() == (100_000,)
    pooled.close()
    assert (
        app.test_client().post("/v4/Orders", json={"Id": "1", "CustomerName": "Ada", "Status": "new"}).status_code
        == 201
    )
    engine.dispose()
