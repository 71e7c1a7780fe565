"""Every refusal of a push, for each action: the status of an atomic push of one operation."""

from __future__ import annotations

import pytest

from odata_service import EntitySetRights
from odata_service.config import Settings
from odata_service.web.app import create_app

ACTIONS = ("add", "replace", "delete")
ADA = {"localId": "order-ada", "customerName": "Ada King", "status": "x"}
FOREVER_AGO = {"Repeatability_Request_ID": "1", "Repeatability_First_Sent": "Tue, 15 Nov 1994 08:12:31 GMT"}


@pytest.mark.parametrize("action", ACTIONS)
class TestStatuses:
    def status(self, orders, action, data=ADA, url="Orders", headers=None, **said):
        push = {"operations": [orders.operation(action, data, **said)], "atomic": True}
        answer = orders.send("POST", url, push, **(headers or {}))
        assert "error" in answer.json
        return answer.status

    def test_400(self, orders, action):
        assert self.status(orders, action, at="yesterday") == 400

    def test_401(self, tmp_path, action):
        database = f"sqlite:///{tmp_path}/orders.db"
        app = create_app(Settings(database_url=database, sample="orders", auth_secret="x" * 32))
        push = {"operations": [{"id": "1", "action": action, "data": ADA}]}
        answer = app.test_client().post("/api/sync/Orders", json=push)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"

    def test_403(self, orders, action):
        orders.service.rights("Orders", EntitySetRights.ALL_READ)
        assert self.status(orders, action) == 403

    def test_404(self, orders, action):
        assert self.status(orders, action, url="Peopel") == 404

    def test_409(self, orders, action):
        orders.service.sync("Orders", key="LocalId", conflicts="ask")
        assert self.status(orders, action, version="2001-01-01T00:00:00Z") == 409

    def test_410(self, orders, action):
        orders.service.sync("Orders", key="LocalId", conflicts="ask")
        orders.do("delete", {"localId": "order-ada"})
        if action == "delete":  # what is gone is as the client wants it
            assert orders.do("delete", ADA)["status"] == 200
        else:
            assert self.status(orders, action) == 410

    def test_412(self, orders, action):
        assert self.status(orders, action, headers=FOREVER_AGO) == 412

    def test_413(self, orders, action):
        body = {"operations": [orders.operation(action, ADA)] * 1001}
        assert orders.send("POST", "Orders", body).status == 413

    def test_422(self, orders, action):
        assert self.status(orders, action, {"localId": 7, "customerName": "x", "status": "x"}) == 422
