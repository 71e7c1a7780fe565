"""Open types: properties that only some entities have, and that nobody declared."""

import pytest

from tests.types_v4.workshop import EVERY_TYPE

HEAD, SCREW, HANDLE, EVERY, BARE = (f"Parts({number})" for number in range(1, 6))
# As URLs write them.
LITERALS = {
    "ABoolean": "true",
    "AByte": "255",
    "AnInt16": "-32768",
    "AnInt64": "9223372036854775807",
    "ADecimal": "0.10000000000000000001",
    "ASingle": "0.1",
    "ADouble": "1e-7",
    "Endless": "INF",
    "AString": "'it''s'",
    "AGuid": "01234567-89ab-4def-8123-456789abcdef",
    "ABinary": "binary'AP8='",
    "ADate": "2020-02-29",
    "ATime": "07:59:59.999",
    "ADuration": "duration'-PT23H59M59.999999S'",
    "AMoment": "2021-01-01T00:59:59.5%2B01:00",
}


def ids(tools, query):
    answer = tools.get(f"Parts?$select=ID&{query}")
    assert answer.status == 200, answer.text
    return [part["ID"] for part in answer.json["value"]]


@pytest.mark.parametrize("url, content", [
    (HEAD,                     '"ToolID":1,"Colour":"red","Weight":1.5,"Words":["a","b"]}'),
    (SCREW,                    '"Length":3.0,"Colour":"blue","Hard":true,"Weight@odata.type":"#Int64","Weight":10}'),
    (HANDLE,                   '"Made@odata.type":"#Date","Made":"2020-02-29","Weight":"light"}'),
    (BARE,                     '"ToolID":null}'),
    (EVERY,                    '"ADecimal@odata.type":"#Decimal","ADecimal":0.10000000000000000001'),
    (EVERY,                    '"Endless@odata.type":"#Double","Endless":"INF"'),
    (f"{HEAD}/Colour",         '{"@odata.context":"{root}$metadata#Parts(1)/Colour","value":"red"}'),
    (f"{HEAD}/Words",          '{"@odata.context":"{root}$metadata#Parts(1)/Words","value":["a","b"]}'),
    (f"{HEAD}/Colour/$value",  "red"),
    (f"{HANDLE}/Made/$value",  "2020-02-29"),
    ("Tools(1)/Parts(1)/Colour", '"value":"red"'),
    ("Parts?$select=Colour",   '"@odata.context":"{root}$metadata#Parts(Colour)"'),
    ("Parts(1)?$select=Colour,Name", '"Name":"Head","Colour":"red"}'),
    ("Parts(1)?$select=*",     '"Name":"Head","ToolID":1,"Colour":"red","Weight":1.5'),
    ("Tools(1)?$select=ID&$expand=Parts($select=Weight;$orderby=ID)", '"Weight":1.5},'),
])  # fmt: skip
def test_read(tools, url, content):
    answer = tools.get(url)
    assert answer.status == 200, answer.text
    assert content.replace("{root}", "http://services.example/v4/") in answer.text


def test_what_is_chosen(tools):
    """A dynamic property is shown where it is chosen, and no entity has to have it."""
    chosen = [set(part) - {"@odata.id", "@odata.type"} for part in tools.value("Parts?$select=Colour,Nothing")]
    assert chosen == [{"Colour"}, {"Colour"}, set(), set(), set()]
    assert set(tools.get(f"{HEAD}?$select=Name").json) == {"@odata.context", "@odata.id", "Name"}


@pytest.mark.parametrize("metadata, version, content", [
    ("none", "4.0",  '{"Colour":"blue","Hard":true,"Weight":10}'),
    ("none", "4.01", '{"Colour":"blue","Hard":true,"Weight":10}'),
    ("full", "4.0",  '"Colour":"blue","Hard":true,"Weight@odata.type":"#Int64","Weight":10'),
    ("minimal", "4.01", '"Weight@type":"Int64","Weight":10'),
    ("minimal;IEEE754Compatible=true", "4.01", '"Weight@type":"Int64","Weight":"10"'),
])  # fmt: skip
def test_metadata_levels(tools, metadata, version, content):
    headers = {"Accept": f"application/json;metadata={metadata}", "OData-MaxVersion": version}
    assert content in tools.get(f"{SCREW}?$select=Colour,Weight,Hard", **headers).text


def test_nulls_left_out(tools):
    answer = tools.get(f"{HEAD}?$select=ToolID,Colour", Prefer="omit-values=nulls")
    assert answer.text.endswith('"ToolID":1,"Colour":"red"}')
    assert "Kind" in tools.get(BARE, Prefer="omit-values=nulls").json


@pytest.mark.every_database
@pytest.mark.parametrize("condition, found", [
    ("Colour eq 'red'",                           [1]),
    ("Colour ne 'red'",                           [2, 3, 4, 5]),
    ("Colour eq null",                            [3, 4, 5]),
    ("Colour ne null",                            [1, 2]),
    ("Colour in ('red','green')",                 [1]),
    ("startswith(Colour,'b')",                    [2]),
    ("not startswith(Colour,'b')",                [1]),
    ("length(Colour) eq 3",                       [1]),
    ("concat(Colour,'!') eq 'red!'",              [1]),
    ("Weight eq 1.5",                             [1]),
    ("Weight eq 1.5e0",                           [1]),
    ("Weight gt 1",                               [1, 2]),
    ("Weight gt 9 and Weight lt 11",              [2]),
    ("1 lt Weight",                               [1, 2]),
    ("Weight in (10,11)",                         [2]),
    ("Weight eq 'light'",                         [3]),
    ("Weight add 1 eq 11",                        [2]),
    ("Weight mul 2 eq 3",                         [1]),
    ("-Weight lt -5",                             [2]),
    ("round(Weight) eq 2",                        [1]),
    ("Weight gt ID",                              [1, 2]),
    ("Hard",                                      [2]),
    ("Hard eq true",                              [2]),
    ("not Hard",                                  []),
    ("Hard and Weight gt 5",                      [2]),
    ("Made eq 2020-02-29",                        [3]),
    ("Made lt 2021-01-01",                        [3]),
    ("year(cast(Made,Edm.Date)) eq 2020",         [3]),
    ("cast(Weight,Edm.Int32) eq 10",              [2]),
    ("cast(Weight,Edm.String) eq '1.5'",          [1]),
    ("isof(Hard,Edm.Boolean)",                    [2]),
    ("case(Colour eq 'red':1,true:0) eq 1",       [1]),
    ("Nothing eq null",                           [1, 2, 3, 4, 5]),
    ("Nothing eq 'x'",                            []),
    ("$it/Colour eq 'red'",                       [1]),
    ("Tool/Parts/any(p: p/Weight gt 1)",          [1, 3]),
    ("Tool/Parts/$count($filter=Colour eq 'red') eq 1", [1, 3]),
])  # fmt: skip
def test_filter(tools, condition, found):
    assert ids(tools, f"$filter={condition}") == found


@pytest.mark.every_database
@pytest.mark.parametrize("name", LITERALS)
def test_every_type_is_compared(tools, name, product):
    if product == "mariadb" and "INF" in LITERALS[name]:
        pytest.skip("MariaDB has no infinite numbers")
    assert ids(tools, f"$filter={name} eq {LITERALS[name]}") == [4]
    assert 4 not in ids(tools, f"$filter={name} ne {LITERALS[name]}")


@pytest.mark.every_database
@pytest.mark.parametrize("order, found", [
    ("Weight,ID",          [4, 5, 3, 1, 2]),
    ("Weight desc,ID",     [2, 1, 3, 4, 5]),
    ("Colour,ID desc",     [5, 4, 3, 2, 1]),
    ("Colour desc",        [1, 2, 3, 4, 5]),
    ("cast(Weight,Edm.String)", [4, 5, 1, 2, 3]),
])  # fmt: skip
def test_order(tools, order, found):
    """Nothing, text, numbers by their size."""
    assert ids(tools, f"$orderby={order}") == found
    assert ids(tools, f"$orderby={order}&$top=2&$skip=1") == found[1:3]


def test_pages(tools):
    for order in ("Weight", "Weight desc", "Colour,Name desc"):
        pages = list(tools.pages(f"Parts?$orderby={order}", Prefer="maxpagesize=2"))
        assert [part["ID"] for page in pages for part in page["value"]] == ids(tools, f"$orderby={order}")
        assert len(pages) == 3


def test_computed(tools):
    answer = tools.get("Parts?$compute=cast(Weight,Edm.Double) mul 2 as Twice&$select=Twice&$filter=Twice gt 0")
    assert [part["Twice"] for part in answer.json["value"]] == [3.0, 20.0]


@pytest.mark.parametrize("code, target, url", [
    ("TypeUnknown",     "$filter",  "Parts?$filter=Colour eq Weight"),
    ("TypeUnknown",     "$compute", "Parts?$compute=Weight as W"),
    ("NotAValue",       "$filter",  "Parts?$filter=Colour/Name eq 'x'"),
    ("NotAValue",       "$filter",  "Parts?$filter=Words/any(w: w eq 'a')"),
    ("UnknownProperty", "$filter",  "Parts?$filter=Length gt 5"),
    ("UnknownProperty", "$filter",  "Tools?$filter=Colour eq 'red'"),
    ("UnknownProperty", "$select",  "Tools?$select=Colour"),
    ("UnknownProperty", "$expand",  "Parts?$expand=Colour"),
])  # fmt: skip
def test_refused(tools, code, target, url):
    answer = tools.get(url)
    assert (answer.status, answer.json["error"]["code"], answer.json["error"]["target"]) == (400, code, target)


@pytest.mark.parametrize("status, url", [
    (204, f"{BARE}/Colour"), (204, f"{BARE}/Colour/$value"), (404, "Parts(9)/Colour"), (404, f"{HEAD}/Colour/More"),
    (404, f"{HEAD}/Length"), (404, f"{HEAD}/Colour('red')"), (404, "Tools(1)/Colour"),
])  # fmt: skip
def test_paths(tools, status, url):
    assert tools.get(url).status == status


def test_every_type_survives(tools):
    """What is read can be sent: values and types are the same again."""
    read = tools.get(EVERY, Accept="application/json;IEEE754Compatible=true").json
    sent = {name: value for name, value in read.items() if not name.startswith("@")} | {"ID": 9}
    made = tools.send("POST", "Parts", sent, Accept="application/json;IEEE754Compatible=true")
    assert made.status == 201, made.text
    again = tools.get("Parts(9)", Accept="application/json;IEEE754Compatible=true").json
    assert {**again, "ID": 4, "@odata.context": ""} == {**read, "@odata.context": ""}
    assert set(EVERY_TYPE) <= set(again)


def test_numbers_in_a_batch(tools):
    """They are numbers there, too, and not the texts of them."""
    body = {"ID": 9, "Kind": "part", "Name": "New", "Weight": 1.25, "Sizes": [0.5, 2]}
    answer = tools.send("POST", "$batch", {"requests": [{"id": "1", "method": "post", "url": "Parts", "body": body}]})
    assert answer.json["responses"][0]["status"] == 201, answer.text
    assert tools.get("Parts(9)").text.endswith('"Sizes":[0.5,2.0],"Weight":1.25}')


@pytest.mark.parametrize("sent, shown", [
    ({"New": 5},                                             '"New":5.0}'),
    ({"New": 9007199254740993},                              '"New@odata.type":"#Int64","New":9007199254740993}'),
    ({"New": 5, "New@odata.type": "#Int32"},                 '"New@odata.type":"#Int32","New":5}'),
    ({"New": "5", "New@type": "Int64"},                      '"New@odata.type":"#Int64","New":5}'),
    ({"New": 1.5, "New@odata.type": "Edm.Decimal"},          '"New@odata.type":"#Decimal","New":1.5}'),
    ({"New": "2020-02-29"},                                  '"New":"2020-02-29"}'),
    ({"New": "2020-02-29", "New@odata.type": "#Date"},       '"New@odata.type":"#Date","New":"2020-02-29"}'),
    ({"New": [1, 2], "New@odata.type": "#Collection(Int16)"}, '"New@odata.type":"#Collection(Int16)","New":[1,2]}'),
    ({"New": ["a", None]},                                   '"New":["a",null]}'),
    ({"New": []},                                            '"New":[]}'),
    ({"New": "a", "New@my.annotation": 5},                   '"New":"a"}'),
    ({"Größe": "XL"},                                        '"Gr\\u00f6\\u00dfe":"XL"}'),
    ({"Colour": "a", "colour": "b"},                         '"Colour":"a","colour":"b"}'),
    ({"New": None},                                          '"ToolID":null}'),
])  # fmt: skip
def test_insert(tools, sent, shown):
    made = tools.send("POST", "Parts", {"ID": 9, "Kind": "part", "Name": "New"} | sent)
    assert made.status == 201, made.text
    assert made.text.endswith(shown)
    assert tools.get("Parts(9)").text.endswith(shown)


def test_update(tools):
    """PATCH changes what it names, null takes away; PUT replaces all."""
    assert tools.send("PATCH", HEAD, {"Colour": "green", "Weight": None, "Extra": True}).status == 204
    assert tools.get(HEAD).text.endswith('"ToolID":1,"Colour":"green","Extra":true,"Words":["a","b"]}')
    assert tools.send("PATCH", HEAD, {"Name": "Top"}).status == 204
    assert tools.get(HEAD).json["Colour"] == "green"
    assert tools.send("PUT", HEAD, {"Kind": "part", "Name": "Head", "Shape": "round"}).status == 204
    assert tools.get(HEAD).text.endswith('"ToolID":null,"Shape":"round"}')


def test_change_one(tools):
    assert tools.send("PUT", f"{BARE}/Made", {"@odata.type": "#Date", "value": "2024-02-29"}).status == 204
    assert tools.get(BARE).text.endswith('"Made@odata.type":"#Date","Made":"2024-02-29"}')
    assert tools.send("PATCH", f"{BARE}/Made", {"value": "soon"}).status == 204
    assert tools.get(f"{BARE}/Made").json["value"] == "soon"
    assert tools.send("DELETE", f"{BARE}/Made").status == 204
    assert tools.get(f"{BARE}/Made").status == 204
    assert tools.send("PUT", f"{BARE}/Made", {"value": None}).status == 204


@pytest.mark.parametrize("sent, target", [
    ({"a b": 1},                                         "a b"),
    ({"2nd": 1},                                         "2nd"),
    ({"Length": 5},                                      "Length"),
    ({"Name": 5},                                        "Name"),
    ({"Tool": "x"},                                      "Tool"),
    ({"New": {"a": 1}},                                  "New"),
    ({"New": [1, "a"]},                                  "New"),
    ({"New": "x", "New@odata.type": "#Date"},            "New"),
    ({"New": 300, "New@odata.type": "#Byte"},            "New"),
    ({"New": "x", "New@odata.type": "#Workshop.Place"},  "New"),
    ({"New": ["x"], "New@odata.type": "#Collection(Int16)"}, "New/0"),
    ({"New": "\0"},                                      "New"),
])  # fmt: skip
def test_refused_changes_leave_nothing_behind(tools, sent, target):
    before = tools.get(BARE).json
    for method, url, body in (
        ("PATCH", BARE, sent),
        ("POST", "Parts", {"ID": 9, "Kind": "part", "Name": "New"} | sent),
    ):
        answer = tools.send(method, url, body)
        assert (answer.status, answer.json["error"]["target"]) == (400, target), answer.text
    assert tools.get(BARE).json == before
    assert tools.get("Parts(9)").status == 404


def test_derived_entities_keep_their_own(tools):
    assert tools.send("PATCH", SCREW, {"Length": 5, "Grip": "firm"}).status == 204
    read = tools.get(SCREW).json
    assert (read["Length"], read["Grip"], read["@odata.type"]) == (5.0, "firm", "#Workshop.Screw")


def test_closed_types_stay_closed(tools):
    assert tools.send("PATCH", "Tools(1)", {"Colour": "red"}).json["error"]["code"] == "UnknownProperty"


def test_all_of_many(newest):
    assert newest.send("PATCH", "Parts/$filter(Weight gt 1)/$each", {"Heavy": True}).status == 204
    assert [part.get("Heavy") for part in newest.value("Parts")] == [True, True, None, None, None]


def test_metadata(tools):
    document = tools.get("$metadata", Accept="application/xml").text
    assert '<EntityType Name="Part" OpenType="true">' in document
    assert '<EntityType Name="Screw" BaseType="Workshop.Part">' in document
    assert "More" not in document
    described = tools.get("$metadata", Accept="application/json").json["Workshop"]
    assert (described["Part"]["$OpenType"], described["Screw"].get("$OpenType")) == (True, None)


def test_v2_has_no_such_properties(old):
    assert "Colour" not in old.get(HEAD).d
    assert old.get(f"{HEAD}/Colour").status == 404
    assert old.get("Parts?$filter=Colour eq 'red'").status == 400
    assert old.post("Parts", {"ID": 9, "Kind": "part", "Name": "New"}).status == 201
    assert old.post("Parts", {"ID": 10, "Kind": "part", "Name": "New", "Colour": "red"}).status == 400
    assert old.merge(HEAD, {"Name": "Top"}).status == 204
