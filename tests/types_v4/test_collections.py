"""Collections of values: read, asked in expressions, cut by the options of ``$select``, changed."""

import pytest

HAMMER, SAW, NAIL = "Tools(1)", "Tools(2)", "Tools(3)"


def ids(tools, query):
    answer = tools.get(f"Tools?$select=ID&{query}")
    assert answer.status == 200, answer.text
    return [tool["ID"] for tool in answer.json["value"]]


@pytest.mark.parametrize("url, content", [
    (HAMMER,                    '"Tags":["heavy","red","new"],"Sizes":[3,1,2],"Prices":[9.90,10.00],"Notes":["soft",null]'),
    (HAMMER,                    '"Colours":["Red","Blue"],"Days":["2020-02-29","2019-01-01"]'),
    (HAMMER,                    '{"Street":null,"City":"Berlin","Rating":null}'),
    (HAMMER,                    '"At":"07:59:59.999","Lasted":"-PT23H59M59.999999S","Done":"2020-12-31T23:59:59.500Z",'
                                '"Cost":12345678901234567890.10,"Weight":0.1,"Passed":true,"Colour":"Blue","Data":"AP8="'),
    (NAIL,                      '"Tags":[]'),
    (NAIL,                      '"Notes":[]'),
    (f"{HAMMER}/Tags",          '{"@odata.context":"{root}$metadata#Tools(1)/Tags","value":["heavy","red","new"]}'),
    (f"{SAW}/Places",           '{"@odata.context":"{root}$metadata#Tools(2)/Places",'
                                '"value":[{"Street":"Park","City":"Rome","Rating":1}]}'),
    (f"{NAIL}/Notes",           '"value":[]'),
    (f"{HAMMER}/Tags/$count",   "3"),
    (f"{HAMMER}/Places/$count?$filter=City eq 'Bonn'", "2"),
    (f"{HAMMER}/Maker/Labels",  '"value":["old","local"]'),
    ("Tools?$select=Tags",      '"@odata.context":"{root}$metadata#Tools(Tags)"'),
    ("Tools?$select=Places/City,Name", '"@odata.context":"{root}$metadata#Tools(Name,Places/City)"'),
    ("Tools?$expand=Maker",     '"Maker":{"ID":1,"Name":"Bolt & Sons","Labels":["old","local"]}'),
    (f"{HAMMER}?$select=Places/City", '"Places":[{"City":"Bonn"},{"City":"Berlin"},{"City":"Bonn"}]'),
])  # fmt: skip
def test_read(tools, url, content):
    answer = tools.get(url)
    assert answer.status == 200, answer.text
    assert content.replace("{root}", "http://services.example/v4/") in answer.text


@pytest.mark.parametrize("metadata, version, content", [
    ("full", "4.0",  '"Tags@odata.type":"#Collection(String)","Tags":["new"]'),
    ("full", "4.01", '"Tags@type":"Collection(String)","Tags":["new"]'),
    ("full", "4.0",  '"Colours@odata.type":"#Collection(Workshop.Colour)"'),
    ("full", "4.0",  '"Places@odata.type":"#Collection(Workshop.Place)","Places":[{"@odata.type":"#Workshop.Place","Street":"Park"'),
    ("none", "4.0",  '{"ID":2,"Name":"Saw","Version":1,"MakerID":1,"Tags":["new"]'),
])  # fmt: skip
def test_metadata_levels(tools, metadata, version, content):
    headers = {"Accept": f"application/json;odata.metadata={metadata}", "OData-MaxVersion": version}
    assert content in tools.get(SAW, **headers).text


def test_type_of_the_collection_itself(tools):
    answer = tools.get(f"{SAW}/Tags", Accept="application/json;odata.metadata=full")
    assert '"@odata.type":"#Collection(String)","value":["new"]' in answer.text


@pytest.mark.every_database
@pytest.mark.parametrize("condition, found", [
    ("Tags/any(t: t eq 'red')",                                   [1]),
    ("Tags/any(t: t ne 'new')",                                   [1]),
    ("Tags/all(t: t eq 'new')",                                   [2, 3]),
    ("Tags/any()",                                                [1, 2]),
    ("not Tags/any()",                                            [3]),
    ("'new' in Tags",                                             [1, 2]),
    ("not ('new' in Tags)",                                       [3]),
    ("Tags/any(t: startswith(t,'he') and length(t) eq 5)",        [1]),
    ("Tags/any(t: t eq $it/Name) or Tags/any(t: toupper(t) eq 'RED')", [1]),
    ("Tags/any(t: $it/Tags/any(u: u ne t))",                      [1]),
    ("Tags/$count gt 1",                                          [1]),
    ("Tags/$count eq 0",                                          [3]),
    ("Tags/$count($filter=$this ne 'new') eq 2",                  [1]),
    ("Tags/$count($search=new) eq 1",                             [1, 2]),
    ("Tags/$filter($this eq 'new')/$count eq 1",                  [1, 2]),
    ("Sizes/any(s: s gt 20)",                                     [2]),
    ("Sizes/any(s: s add 1 eq 4)",                                [1]),
    ("Sizes/all(s: s in (1,2,3))",                                [1, 3]),
    ("3 in Sizes",                                                [1]),
    ("Prices/any(p: p eq 9.9)",                                   [1]),
    ("Prices/any(p: p gt 9.95)",                                  [1]),
    ("Prices/any(p: p lt 9)",                                     []),
    ("Notes/any(n: n eq null)",                                   [1]),
    ("Notes/any(n: n ne null)",                                   [1]),
    ("null in Notes",                                             [1]),
    ("Colours/any(c: c eq Workshop.Colour'Blue')",                [1]),
    ("Colours/any(c: c eq 'Green')",                              [2]),
    ("Days/any(d: d lt 2020-01-01)",                              [1]),
    ("Days/any(d: year(d) eq 2020)",                              [1]),
    ("Places/any(p: p/City eq 'Rome')",                           [2]),
    ("Places/any(p: p/City eq 'Bonn' and p/Rating gt 3)",         [1]),
    ("Places/all(p: p/Rating ne null)",                           [2, 3]),
    ("Places/any(p: p/Street eq null)",                           [1]),
    ("Places/any(p: contains(p/City,$it/Name))",                  []),
    ("Places/$count($filter=City eq 'Bonn' and Rating ge 3) eq 2", [1]),
    ("Places/$count($search=main) eq 1",                          [1]),
    ("Maker/Labels/any(l: l eq 'old')",                           [1, 2]),
    ("Maker/Tools/any(t: t/Tags/any(g: g eq 'red'))",             [1, 2]),
    ("Checks/any(c: c/By eq 01234567-89ab-4def-8123-456789abcdef)", [1]),
    ("Checks/any(c: c/On eq 2020-02-29)",                         [1]),
    ("Checks/any(c: c/At eq 07:59:59.999)",                       [1]),
    ("Checks/any(c: c/Lasted eq duration'-PT23H59M59.999999S')",  [1]),
    ("Checks/any(c: c/Lasted lt duration'PT0S')",                 [1]),
    ("Checks/any(c: c/Done eq 2021-01-01T00:59:59.5+01:00)",      [1]),
    ("Checks/any(c: c/Cost eq 12345678901234567890.1)",           [1]),
    ("Checks/any(c: c/Cost eq 12345678901234567890.2)",           []),
    ("Checks/any(c: c/Weight eq 0.1)",                            [1]),
    ("Checks/any(c: c/Passed)",                                   [1]),
    ("Checks/any(c: not c/Passed)",                               []),
    ("Checks/any(c: c/Colour eq 'Blue')",                         [1]),
    ("Checks/any(c: c/Data eq binary'AP8=')",                     [1]),
])  # fmt: skip
def test_filter(tools, condition, found):
    assert ids(tools, f"$filter={condition}") == found


@pytest.mark.every_database
@pytest.mark.parametrize("query, found", [
    ("$orderby=Tags/$count desc",                           [1, 2, 3]),
    ("$orderby=Tags/$count($filter=$this eq 'new'),ID desc", [3, 2, 1]),
    ("$filter=Tags/any(t:t eq @t)&@t='red'",                [1]),
])  # fmt: skip
def test_order_and_aliases(tools, query, found):
    assert ids(tools, query) == found


def test_number_of_values_as_a_computed_property(tools):
    answer = tools.get("Tools?$compute=Tags/$count as Words&$select=Words,ID")
    assert [(tool["ID"], tool["Words"]) for tool in answer.json["value"]] == [(1, 3), (2, 1), (3, 0)]


@pytest.mark.every_database
@pytest.mark.parametrize("options, tags", [
    ("$filter=$this ne 'red'",                      ["heavy", "new"]),
    ("$filter=startswith($this,'n')",               ["new"]),
    ("$filter=length($this) lt length($it/Name)",   ["heavy", "red", "new"]),
    ("$filter=$it/Name eq 'Saw'",                   []),
    ("$filter=$it/Maker/ID eq 1;$orderby=$it/Maker/Name,$this", ["heavy", "new", "red"]),
    ("$filter=$it/Sizes/any(s: s eq length($this))", ["red", "new"]),
    ("$filter=false",                               []),
    ("$orderby=$this",                              ["heavy", "new", "red"]),
    ("$orderby=$this desc",                         ["red", "new", "heavy"]),
    ("$orderby=length($this),$this desc",           ["red", "new", "heavy"]),
    ("$top=2",                                      ["heavy", "red"]),
    ("$skip=1",                                     ["red", "new"]),
    ("$orderby=$this;$skip=1;$top=1",               ["new"]),
    ("$top=0",                                      []),
    ("$search=RED OR new",                          ["red", "new"]),
    ("$search=NOT red;$filter=length($this) eq 3",  ["new"]),
])  # fmt: skip
def test_options_in_select(tools, options, tags):
    assert tools.get(f"{HAMMER}?$select=Tags({options})").json["Tags"] == tags
    assert tools.value(f"Tools?$select=Tags({options})&$filter=ID eq 1")[0]["Tags"] == tags


@pytest.mark.every_database
@pytest.mark.parametrize("options, places", [
    ("$filter=City eq 'Bonn';$select=Street",        [{"Street": "Main St"}, {"Street": "Side St"}]),
    ("$filter=$this/City eq 'Bonn';$select=Rating",  [{"Rating": 3}, {"Rating": 5}]),
    ("$orderby=Rating;$select=Rating",               [{"Rating": None}, {"Rating": 3}, {"Rating": 5}]),
    ("$orderby=Rating desc;$select=Rating;$top=2",   [{"Rating": 5}, {"Rating": 3}]),
    ("$orderby=City,Rating desc;$select=Rating",     [{"Rating": None}, {"Rating": 5}, {"Rating": 3}]),
    ("$filter=Rating eq null;$select=City",          [{"City": "Berlin"}]),
    ("$search=st;$select=Rating",                    [{"Rating": 3}, {"Rating": 5}]),
    ("$select=*;$top=1",                             [{"Street": "Main St", "City": "Bonn", "Rating": 3}]),
])  # fmt: skip
def test_options_about_structures(tools, options, places):
    assert tools.get(f"{HAMMER}?$select=Places({options})").json["Places"] == places


def test_count_in_select_is_of_all_that_match(tools, newest):
    answer = tools.get("Tools?$select=Tags($count=true;$top=1;$filter=length($this) eq 3)")
    assert [(tool["Tags@odata.count"], tool["Tags"]) for tool in answer.json["value"]] == [
        (2, ["red"]), (1, ["new"]), (0, []),
    ]  # fmt: skip
    assert newest.get(f"{HAMMER}?$select=Tags($count=true)").json["Tags@count"] == 3


@pytest.mark.parametrize("url, content", [
    (f"{HAMMER}/Tags?$filter=$it ne 'red'&$orderby=$it desc",              '"value":["new","heavy"]'),
    (f"{HAMMER}/Tags?$filter=$this eq 'red'&$count=true",                  '"@odata.count":1,"value":["red"]'),
    (f"{HAMMER}/Tags?$top=1&$skip=1&$count=true",                          '"@odata.count":3,"value":["red"]'),
    (f"{HAMMER}/Tags?$search=heavy",                                       '"value":["heavy"]'),
    (f"{HAMMER}/Places?$filter=City eq 'Bonn'&$orderby=Rating desc&$select=Rating", '"value":[{"Rating":5},{"Rating":3}]'),
    (f"{HAMMER}/Places?$filter=$it/City eq 'Bonn' and Rating gt 3&$select=City", '"value":[{"City":"Bonn"}]'),
])  # fmt: skip
def test_options_of_the_collection_itself(tools, url, content):
    answer = tools.get(url)
    assert answer.status == 200, answer.text
    assert content in answer.text


def test_in_expanded_entities(tools):
    answer = tools.get("Makers?$expand=Tools($select=Tags($filter=$this eq 'new';$count=true);$orderby=ID)")
    found = answer.json["value"][0]["Tools"]
    assert [(tool["Tags@odata.count"], tool["Tags"]) for tool in found] == [(1, ["new"]), (1, ["new"])]


def test_cached_plans_take_new_literals(tools):
    for _ in range(2):
        assert ids(tools, "$filter=Tags/any(t: t eq 'red')") == [1]
        assert ids(tools, "$filter=Tags/any(t: t eq 'new')") == [1, 2]
        assert tools.get(f"{HAMMER}?$select=Tags($filter=$this eq 'red';$top=1)").json["Tags"] == ["red"]
        assert tools.get(f"{HAMMER}?$select=Tags($filter=$this ne 'red';$top=2)").json["Tags"] == ["heavy", "new"]
        assert tools.get("Tools(2)?$select=Tags($filter=$this ne 'red';$top=1)").json["Tags"] == ["new"]


@pytest.mark.parametrize("status, code, target, url", [
    (400, "CollectionInPath",    "$orderby", "Tools?$orderby=Tags"),
    (400, "CollectionInPath",    "$filter",  "Tools?$filter=Tags eq 'red'"),
    (400, "CollectionInPath",    "$filter",  "Tools?$filter=Tags/Length eq 3"),
    (400, "TypeMismatch",        "$filter",  "Tools?$filter=Tags/any(t: t eq 5)"),
    (400, "TypeMismatch",        "$filter",  "Tools?$filter='x' in Sizes"),
    (400, "NotAValue",           "$filter",  "Tools?$filter=Tags/any(t: t/Name eq 'x')"),
    (400, "UnknownProperty",     "$filter",  "Tools?$filter=Places/any(p: p/Town eq 'Rome')"),
    (400, "NotAValue",           "$filter",  "Tools?$filter=Places/any(p: p eq 'Rome')"),
    (400, "UnknownProperty",     "$filter",  f"{HAMMER}?$select=Tags($filter=Name eq 'x')"),
    (400, "UnknownProperty",     "$filter",  f"{HAMMER}/Places?$filter=Town eq 'x'"),
    (400, "NotAValue",           "$orderby", f"{HAMMER}?$select=Places($orderby=$this)"),
    (400, "UnknownProperty",     "$select",  "Tools?$select=Tags/Name"),
    (400, "UnknownProperty",     "$select",  "Tools?$select=Places/Town"),
    (400, "UnknownProperty",     "$select",  "Tools?$select=Tags($top=1),Tags($top=2)"),
    (400, "OptionNotApplicable", "$expand",  f"{HAMMER}/Tags?$expand=Maker"),
    (400, "OptionNotApplicable", "$compute", f"{HAMMER}/Tags?$compute=1 add 1 as Two"),
    (400, "UnknownProperty",     "$expand",  "Tools?$expand=Tags"),
    (404, "ResourceNotFound",    "path",     f"{HAMMER}/Tags('red')"),
    (404, "ResourceNotFound",    "path",     f"{HAMMER}/Tags/$value"),
    (404, "ResourceNotFound",    "path",     "Tools/Tags"),
    (404, "ResourceNotFound",    None,       "Tools(9)/Tags"),
    (404, "ResourceNotFound",    None,       "Tools(9)/Tags/$count"),
])  # fmt: skip
def test_refused(tools, status, code, target, url):
    answer = tools.get(url)
    assert (answer.status, answer.json["error"]["code"], answer.json["error"].get("target")) == (status, code, target)


def test_insert(tools):
    body = {
        "ID": 9, "Name": "Drill", "Tags": ["loud"], "Tags@odata.type": "#Collection(String)", "Prices": [0.1, 2],
        "Colours": ["Red", "Blue"], "Days": ["2020-02-29"], "Notes": [None, "x"],
        "Places": [{"City": "Oslo"}, {"@odata.type": "#Workshop.Place", "Street": "A", "City": "B", "Rating": 1}],
        "Checks": [tools.get(HAMMER).json["Checks"][0] | {"Cost": "12345678901234567890.10"}], "Log": ["mine"],
    }  # fmt: skip
    made = tools.send("POST", "Tools", body)
    assert made.status == 201, made.text
    again = tools.get("Tools(9)").json
    assert again == made.json | {"@odata.context": again["@odata.context"]}
    assert again["Tags"] == ["loud"] and again["Notes"] == [None, "x"] and again["Colours"] == ["Red", "Blue"]
    assert again["Places"][0] == {"Street": None, "City": "Oslo", "Rating": None}
    assert again["Checks"] == tools.get(HAMMER).json["Checks"]
    assert (again["Sizes"], again["Log"]) == ([10], ["made"]), (
        "a default is taken where nothing is said; Log is computed"
    )


def test_absent_is_empty(tools):
    assert tools.send("POST", "Tools", {"ID": 9, "Name": "Drill"}).json["Tags"] == []


def test_update(tools):
    """PATCH changes what it names, and that as a whole; PUT empties the rest."""
    assert tools.send("PATCH", HAMMER, {"Tags": ["only"]}).status == 204
    assert (tools.get(HAMMER).json["Tags"], tools.get(HAMMER).json["Sizes"]) == (["only"], [3, 1, 2])
    assert tools.send("PUT", HAMMER, {"Name": "Hammer", "Sizes": [7]}).status == 204
    assert (tools.get(HAMMER).json["Tags"], tools.get(HAMMER).json["Sizes"]) == ([], [7])
    assert tools.get(HAMMER).json["Log"] == ["made"]


def test_change_the_collection_itself(tools):
    """Protocol, Update a Collection Property."""
    assert tools.send("POST", f"{HAMMER}/Tags", {"value": "blue"}).status == 204
    assert tools.get(f"{HAMMER}/Tags").json["value"] == ["heavy", "red", "new", "blue"]
    assert tools.send("POST", f"{HAMMER}/Places", {"City": "Wien"}).status == 204
    assert tools.get(f"{HAMMER}/Places").json["value"][-1] == {"Street": None, "City": "Wien", "Rating": None}
    assert tools.send("PUT", f"{HAMMER}/Tags", {"value": ["a", "b"]}).status == 204
    assert tools.get(f"{HAMMER}/Tags").json["value"] == ["a", "b"]
    assert tools.send("DELETE", f"{HAMMER}/Tags").status == 204
    assert tools.get(f"{HAMMER}/Tags").json["value"] == []
    assert tools.send("POST", f"{HAMMER}/Maker/Labels", {"value": "big"}).status == 204
    assert tools.get("Makers(1)/Labels").json["value"] == ["old", "local", "big"]


def test_etag(tools):
    """A collection has the entity's, which every change renews."""
    seen = tools.get(f"{HAMMER}/Tags").headers["ETag"]
    assert tools.get(f"{HAMMER}/Tags", If_None_Match=seen).status == 304
    changed = tools.send("POST", f"{HAMMER}/Tags", {"value": "blue"}, If_Match=seen)
    assert (changed.status, changed.headers["ETag"] != seen) == (204, True)
    for method, body in (("POST", {"value": "x"}), ("PUT", {"value": []}), ("DELETE", None)):
        assert tools.send(method, f"{HAMMER}/Tags", body, If_Match=seen).status == 412
    assert tools.get(f"{HAMMER}/Tags").json["value"][-1] == "blue"


@pytest.mark.parametrize("method, url, body, target", [
    ("PATCH", HAMMER,             {"Tags": ["ok", 5]},                          "Tags/1"),
    ("PATCH", HAMMER,             {"Tags": ["ok", None]},                       "Tags/1"),
    ("PATCH", HAMMER,             {"Tags": ["longer than ten"]},                "Tags/0"),
    ("PATCH", HAMMER,             {"Tags": None},                               "Tags"),
    ("PATCH", HAMMER,             {"Tags": "red"},                              "Tags"),
    ("PATCH", HAMMER,             {"Sizes": [1, 40000]},                        "Sizes/1"),
    ("PATCH", HAMMER,             {"Colours": ["Red", "Pink"]},                 "Colours/1"),
    ("PATCH", HAMMER,             {"Days": ["2020-02-30"]},                     "Days/0"),
    ("PATCH", HAMMER,             {"Places": [{"City": "A"}, {"City": 5}]},     "Places/1/City"),
    ("PATCH", HAMMER,             {"Places": [{"Street": "no city"}]},          "Places/0/City"),
    ("PATCH", HAMMER,             {"Places": [{"City": "A", "Town": "B"}]},     "Places/0/Town"),
    ("PATCH", HAMMER,             {"Places": [None]},                           "Places/0"),
    ("PATCH", HAMMER,             {"Places": ["Bonn"]},                         "Places/0"),
    ("PUT",   f"{HAMMER}/Tags",   {"value": ["ok", 5]},                         "Tags/1"),
    ("PUT",   f"{HAMMER}/Tags",   {"value": None},                              "Tags"),
    ("PUT",   f"{HAMMER}/Tags",   ["a"],                                        "Tags"),
    ("PUT",   f"{HAMMER}/Places", {"value": [{"City": "A", "Town": "B"}]},      "Places/0/Town"),
    ("POST",  f"{HAMMER}/Tags",   {"value": 5},                                 "Tags"),
    ("POST",  f"{HAMMER}/Tags",   {"value": ["a"]},                             "Tags"),
    ("POST",  f"{HAMMER}/Tags",   {},                                           "Tags"),
    ("POST",  f"{HAMMER}/Places", {"City": "A", "Town": "B"},                   "Places/Town"),
    ("POST",  f"{HAMMER}/Places", {"Street": "A"},                              "Places/City"),
    ("POST",  f"{HAMMER}/Log",    {"value": "mine"},                            "Log"),
    ("DELETE", f"{HAMMER}/Log",   None,                                         "Log"),
])  # fmt: skip
def test_refused_changes_leave_nothing_behind(tools, method, url, body, target):
    before = tools.get(HAMMER).json
    answer = tools.send(method, url, body)
    assert (answer.status, answer.json["error"]["target"]) == (400, target)
    assert tools.get(HAMMER).json == before


@pytest.mark.parametrize("method, url, allowed", [
    ("PATCH", f"{HAMMER}/Tags",        "GET, HEAD, POST, PUT, DELETE"),
    ("POST",  f"{HAMMER}/Tags/$count", "GET, HEAD"),
])  # fmt: skip
def test_methods(tools, method, url, allowed):
    answer = tools.send(method, url, {"value": "x"})
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


def test_set_changes(newest):
    changed = newest.send("PATCH", "Tools/$filter(Tags/any(t: t eq 'new'))/$each", {"Tags": ["old"]})
    assert changed.status == 204, changed.text
    assert [tool["Tags"] for tool in newest.value("Tools")] == [["old"], ["old"], []]
    body = {
        "@context": "#$delta",
        "value": [{"@id": "Tools(3)", "Sizes": [5]}, {"ID": 7, "Name": "Axe", "Tags": ["a"]}],
    }
    assert newest.send("PATCH", "Tools", body, OData_Version="4.01").status == 200
    assert (newest.get(NAIL).json["Sizes"], newest.get("Tools(7)").json["Tags"]) == ([5], ["a"])


def test_deep_insert(tools):
    body = {"ID": 2, "Name": "Nut", "Labels": ["new"], "Tools": [{"ID": 8, "Name": "Key", "Places": [{"City": "Ulm"}]}]}
    made = tools.send("POST", "Makers", body)
    assert made.json["Tools"][0]["Places"] == [{"Street": None, "City": "Ulm", "Rating": None}]


def test_v2_has_no_such_properties(old):
    """V2 knows no collections of values; the rest of the entity is there."""
    assert set(old.get(HAMMER).d) == {"__metadata", "ID", "Name", "Version", "MakerID", "Maker", "Parts"}
    assert b"Tags" not in old.get("$metadata", Accept="application/xml").body
    assert old.get(f"{HAMMER}/Tags").status == 404
    assert old.get("Tools?$select=Tags").status == 400
    assert old.post("Tools", {"ID": 9, "Name": "Drill"}).status == 201
    assert old.post("Tools", {"ID": 10, "Name": "Drill", "Tags": {"results": []}}).error == (400, "UnknownProperty")
    assert old.merge(HAMMER, {"Name": "Maul"}, If_Match="*").status == 204
    assert old.put(HAMMER, {"Name": "Maul", "MakerID": 1}, If_Match="*").status == 204
