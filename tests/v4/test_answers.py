"""What changes are answered with: ``$select`` and ``$expand`` beside them, and options that do not go with a change."""

import pytest

from odata_service import EntitySetRights
from tests.v4.store import CHAIR, ELECTRONICS, KITCHEN, MUG, NOBODY, PEN, PREMIUM

ROOT = "http://services.example/v4/"
SHAPE = "$select=Name&$expand=Category($select=Name)"
SPECIAL = "TechStore.SpecialProduct"


def without_control(entity):
    return {name: value for name, value in entity.items() if "@" not in name}


@pytest.mark.parametrize("method, url, body, status", [
    ("POST", "Products", {**PEN, "Category@odata.bind": KITCHEN}, 201),
    ("PATCH", MUG, {"Name": "Pen"}, 200),
    ("PUT", MUG, {**PEN, "CategoryID": KITCHEN[11:-1]}, 200),
    ("PATCH", f"{KITCHEN}/{MUG}", {"Name": "Pen"}, 200),
    ("PATCH", NOBODY, {**PEN, "CategoryID": KITCHEN[11:-1]}, 201),
    ("POST", f"{KITCHEN}/Products", PEN, 201),
])  # fmt: skip
def test_the_answer_has_the_shape_that_was_asked_for(shop, method, url, body, status):
    answer = shop.send(method, f"{url}?{SHAPE}", body)
    assert answer.status == status, answer.text
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Products(Name,Category(Name))/$entity"
    assert without_control(answer.json) == {"Name": "Pen", "Category": answer.json["Category"]}
    assert without_control(answer.json["Category"]) == {"Name": "Kitchen"}
    assert answer.headers["ETag"] == answer.json["@odata.etag"]


def test_an_update_without_options_has_no_content(shop):
    assert shop.send("PATCH", MUG, {"Name": "Pen"}).status == 204


def test_minimal_wins(shop):
    answer = shop.send("PATCH", f"{MUG}?{SHAPE}", {"Name": "Pen"}, Prefer="return=minimal")
    assert (answer.status, answer.headers["Preference-Applied"]) == (204, "return=minimal")


def test_of_a_singleton(shop):
    answer = shop.send("PATCH", "Company?$select=CEO", {"CEO": "Ada"})
    assert without_control(answer.json) == {"CEO": "Ada"}
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Company(CEO)"


def test_of_a_derived_type(shop):
    body = {"SpecialProperty": "gold", **PEN}
    answer = shop.send("POST", f"Products/{SPECIAL}?$select=SpecialProperty", body)
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Products/{SPECIAL}(SpecialProperty)/$entity"
    assert without_control(answer.json) == {"SpecialProperty": "gold"}


def test_computed(shop):
    answer = shop.send("PATCH", f"{MUG}?$compute=Price mul 2 as Twice&$select=Twice", {"Price": 4})
    assert without_control(answer.json) == {"Twice": 8}


def test_expanded_collections_have_pages(shop):
    shop.service.page_size("Products", 2)
    answer = shop.send(
        "PATCH", f"{ELECTRONICS}?$select=Name&$expand=Products($select=Name;$count=true)", {"Description": "x"}
    )
    assert (len(answer.json["Products"]), answer.json["Products@odata.count"]) == (2, 5)
    rest = list(shop.pages(answer.json["Products@odata.nextLink"]))
    assert [len(page["value"]) for page in rest] == [2, 1]


def test_what_came_inline_is_shown_besides(shop):
    body = {"Name": "Stationery", "Products": [PEN]}
    answer = shop.send("POST", "Categories?$select=Name", body)
    (pen,) = answer.json["Products"]
    assert (answer.json["Name"], pen["Name"], "Description" in answer.json) == ("Stationery", "Pen", False)
    answer = shop.send("POST", "Categories?$expand=Products($select=Price)", {**body, "Name": "Paper"})
    assert [without_control(each) for each in answer.json["Products"]] == [{"Price": 1.5}]


def test_a_deep_update_shows_what_it_was_sent(newest):
    body = {"Products": [{"ID": MUG[9:-1], "Name": "Cup"}]}
    answer = newest.send("PATCH", KITCHEN, body, Prefer="return=representation", OData_Version="4.01")
    assert [each["Name"] for each in answer.json["Products"]] == ["Cup"]


@pytest.mark.parametrize(
    "action, body", [("ApplyDiscount", {"percentage": 50}), (f"{SPECIAL}/ApplyDiscount", {"percentage": 50})]
)
def test_of_what_an_action_returns(shop, action, body):
    answer = shop.send("POST", f"{PREMIUM}/{action}?$select=Price&$expand=Category($select=Name)", body)
    assert without_control(answer.json) == {"Price": 1999.99 / 2, "Category": answer.json["Category"]}
    assert answer.json["@odata.context"] == f"{ROOT}$metadata#Products(Price,Category(Name))/$entity"


@pytest.mark.parametrize("method, url, body", [
    ("POST", "Products", PEN), ("PATCH", MUG, {"Name": "Pen"}), ("PUT", MUG, PEN), ("POST", f"{MUG}/ApplyDiscount", {"percentage": 1}),
])  # fmt: skip
@pytest.mark.parametrize(
    "options", ["$select=Nothing", "$expand=Nothing", "$filter=Name eq 'x'", "$select=Name&$orderby=Name", "$top=1"]
)
def test_a_mistake_in_the_options_changes_nothing(shop, method, url, body, options):
    before = shop.value("Products")
    assert shop.send(method, f"{url}?{options}", body).status == 400
    assert shop.value("Products") == before


@pytest.mark.parametrize("method, url, body", [
    ("PATCH", "Products/$each?$filter=Price gt 5", {"Price": 1}), ("DELETE", "Products/$each?$search=mug", None),
    ("DELETE", f"{MUG}?$filter=Price gt 5000", None), ("DELETE", f"Products/{SPECIAL}?$filter=Price gt 5000", None),
])  # fmt: skip
def test_a_change_is_of_the_entities_of_its_address(shop, method, url, body):
    before = shop.value("Products")
    answer = shop.send(method, url, body)
    assert (answer.status, answer.error[1]) == (400, "OptionNotApplicable")
    assert shop.value("Products") == before


def test_rights_hold_for_what_is_expanded(shop):
    shop.service.rights("Categories", EntitySetRights.READ_MULTIPLE | EntitySetRights.WRITE_APPEND)
    before = shop.value("Products")
    assert shop.send("PATCH", f"{MUG}?{SHAPE}", {"Name": "Pen"}).status == 403
    assert shop.value("Products") == before
    assert shop.send("PATCH", f"{MUG}?$select=Name", {"Name": "Pen"}).json["Name"] == "Pen"


def test_those_who_only_insert_are_shown_what_they_inserted(shop):
    shop.service.rights("Products", EntitySetRights.WRITE_APPEND)
    answer = shop.send("POST", "Categories", {"Name": "Stationery", "Products": [PEN]})
    assert (answer.status, "Products" in answer.json) == (201, False)


def test_deleted_products_are_not_shown_with_their_category(shop):
    assert shop.send("DELETE", MUG).status == 204
    answer = shop.send("PATCH", f"{KITCHEN}?$expand=Products", {"Description": "x"})
    assert answer.json["Products"] == []


class TestCollectionsOfADerivedType:
    def test_delete(self, shop):
        assert shop.send("DELETE", f"Products/{SPECIAL}").status == 204
        assert [shop.get(url).text for url in (f"Products/{SPECIAL}/$count", "Products/$count")] == ["0", "4"]

    def test_delete_of_related_ones(self, shop):
        assert shop.send("DELETE", f"{ELECTRONICS}/Products/{SPECIAL}/$each").status == 204
        assert shop.get(f"{ELECTRONICS}/Products/$count").text == "2"

    def test_patch(self, shop):
        body = {"@context": "#$delta", "value": [
            {"ID": PREMIUM[9:-1], "SpecialProperty": "gold"}, {"SpecialProperty": "new", **PEN},
        ]}  # fmt: skip
        assert (
            shop.send("PATCH", f"Products/{SPECIAL}", body, OData_Version="4.01", Prefer="return=minimal").status == 204
        )
        found = shop.value(f"Products/{SPECIAL}?$filter=SpecialProperty in ('gold','new')&$orderby=Name")
        assert [each["Name"] for each in found] == ["Pen", "Premium Laptop Pro"]

    def test_patch_of_what_is_not_of_the_type(self, shop):
        body = {"@context": "#$delta", "value": [{"ID": CHAIR[9:-1], "SpecialProperty": "gold", **PEN}]}
        answer = shop.send("PATCH", f"Products/{SPECIAL}", body, OData_Version="4.01")
        assert answer.status in (400, 409), answer.text
        assert shop.get(CHAIR).json["Name"] == "Office Chair"

    def test_only_with_the_cast(self, shop):
        answer = shop.send("DELETE", "Products")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST, PATCH")


class TestSchemaVersion:
    def test_metadata_tells_it(self, shop):
        assert (
            '<Annotation Term="Org.OData.Core.V1.SchemaVersion" String="1.0"'
            in shop.get("$metadata", Accept="application/xml").text
        )
        document = shop.get("$metadata?$format=json").json
        assert document["TechStore"]["@Org.OData.Core.V1.SchemaVersion"] == "1.0"

    @pytest.mark.parametrize("url", ["Products", "$metadata", MUG, ""])
    @pytest.mark.parametrize("version, status", [("1.0", 200), ("*", 200), ("2.0", 404), ("", 404)])
    def test_only_that_one_is_there(self, shop, url, version, status):
        assert shop.get(f"{url}?$schemaversion={version}").status == status

    def test_nothing_is_changed_in_another(self, shop):
        answer = shop.send("POST", "Products?$schemaversion=0.9", PEN)
        assert (answer.status, answer.error[1]) == (404, "UnknownSchemaVersion")
        assert shop.get("Products/$count").text == "7"


class TestTypesStay:
    def test_an_entity_is_not_changed_as_what_it_is_not(self, shop):
        answer = shop.send("PATCH", CHAIR, {"@odata.type": f"#{SPECIAL}", "SpecialProperty": "gold"})
        assert (answer.status, answer.error[1]) == (400, "WrongType")

    @pytest.mark.parametrize("method", ["PATCH", "PUT"])
    def test_nor_found_as_that(self, shop, method):
        assert shop.send(method, f"{CHAIR}/{SPECIAL}", {"SpecialProperty": "gold", **PEN}).status == 404

    def test_its_own_type_may_be_said(self, shop):
        assert shop.send("PATCH", PREMIUM, {"@odata.type": f"#{SPECIAL}", "SpecialProperty": "gold"}).status == 204
        assert shop.send("PATCH", PREMIUM, {"@odata.type": "#TechStore.Product", "Name": "Laptop"}).status == 204

    def test_what_is_new_gets_it(self, shop):
        answer = shop.send("PUT", f"{NOBODY}/{SPECIAL}", {"SpecialProperty": "gold", **PEN})
        assert (answer.status, answer.json["SpecialProperty"]) == (201, "gold")
