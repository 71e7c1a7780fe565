"""``$apply`` (OData Extension for Data Aggregation): what is asked, and the rows that come of it."""

import json
from decimal import Decimal

import pytest

from odata_service import EntitySetRights

pytestmark = pytest.mark.every_database

ROOT = "http://services.example/v4/"


def exact(answer):
    """The rows with numbers as they were written, without control information."""
    assert answer.status == 200, answer.text
    rows = json.loads(answer.body, parse_float=Decimal)["value"]
    return [{name: value for name, value in row.items() if "@" not in name} for row in rows]


def in_any_order(rows):
    return sorted(rows, key=lambda row: json.dumps(row, default=float, sort_keys=True))


LITTLE = Decimal("0.000000000000000001")


@pytest.mark.parametrize("apply, row", [
    ("aggregate(Amount with sum as Total)",                              {"Total": 24 + LITTLE}),
    ("aggregate(Amount with min as Least,Amount with max as Most)",      {"Least": 1, "Most": 8}),
    ("aggregate(Amount with average as Mean)",                           {"Mean": Decimal("3.000000000000000000125")}),
    ("aggregate(Amount with countdistinct as Different,$count as All)",  {"Different": 5, "All": 8}),
    ("aggregate(Product with countdistinct as Products)",                {"Products": 3}),
    ("aggregate(Product/Name with countdistinct as Names)",              {"Names": 3}),
    ("aggregate(Customer/$count as Customers)",                          {"Customers": 3}),
    ("aggregate(Amount mul Product/TaxRate with sum as Tax)",            {"Tax": Decimal("2.08") + LITTLE * Decimal("0.14")}),
    ("aggregate(On with max as Last,Product/Name with min as First)",    {"Last": "2024-11-22", "First": "Coffee"}),
    ("aggregate(ID with sum as Sum,ID with average as Mean)",            {"Sum": 36, "Mean": Decimal("4.5")}),
    ("aggregate(length(Product/Name) with max as Longest)",              {"Longest": 6}),
    ("filter(Amount gt 100)/aggregate(Amount with sum as Total,$count as N)", {"Total": None, "N": 0}),
    ("filter(Amount gt 3)/aggregate(Amount with sum as Total)",          {"Total": 16}),
    ("aggregate(Amount)",                                                {"Amount": 24 + LITTLE}),
    ("aggregate(Amount as Total)",                                       {"Total": 24 + LITTLE}),
    ("aggregate(Product/TaxRate)",                                       {"TaxRate": Decimal("0.1400")}),
    ("compute(Amount mul 2 as Twice)/aggregate(Twice with max as Most)", {"Most": 16}),
    ("orderby(Amount desc)/top(2)/aggregate(Amount with sum as Total)",  {"Total": 12}),
    ("orderby(Amount desc)/skip(7)/aggregate(Amount with sum as Total)", {"Total": 1}),
    ("topcount(2,Amount)/aggregate($count as N)",                        {"N": 2}),
    ("bottomsum(3,Amount)/aggregate($count as N)",                       {"N": 3}),
    ("toppercent(50,Amount)/aggregate(Amount with sum as Total)",        {"Total": 16}),
    ("identity/aggregate($count as N)",                                  {"N": 8}),
    ("groupby((ProductID))/aggregate($count as N)",                      {"N": 3}),
    ("groupby((ProductID),aggregate(Amount with sum as T))/aggregate(T with max as Most,T with average as Mean)",
     {"Most": 12, "Mean": Decimal("8.0000000000000000003333333333")}),
])  # fmt: skip
def test_aggregate(sales, apply, row):
    assert exact(sales.get(f"Sales?$apply={apply}")) == [row]


@pytest.mark.parametrize("url, row", [
    # Each related entity counts once (Aggregation Algorithm).
    ("Sales?$apply=aggregate(Product/TaxRate with sum as Sum,$count as N)",       {"Sum": Decimal("0.26"), "N": 8}),
    ("Sales?$apply=aggregate(Product/TaxRate mul 1 with sum as Sum)",             {"Sum": Decimal("0.80")}),
    ("Sales?$apply=aggregate(Product/Labels/Weight with sum as Sum)",             {"Sum": 7}),
    ("Sales?$apply=filter(Product/Name eq 'Coffee')/aggregate(Product/Labels/Weight with sum as Sum)", {"Sum": 3}),
    ("Sales?$apply=aggregate(Product/Labels/$count as Labels)",                   {"Labels": 3}),
    ("Customers?$apply=aggregate(Sales/Amount with sum as Sum)",                  {"Sum": 22}),
    ("Customers?$apply=aggregate(Sales/$count as N,$count as Customers)",         {"N": 7, "Customers": 4}),
    ("Customers?$apply=aggregate(Sales with countdistinct as N)",                 {"N": 7}),
    ("Customers?$apply=aggregate(Sales/Product/$count as N)",                     {"N": 3}),
    ("Customers?$apply=aggregate(Sales/Product/TaxRate with sum as Sum)",         {"Sum": Decimal("0.26")}),
    ("Customers?$apply=aggregate(Sales/Product/Name with max as Last)",           {"Last": "Sugar"}),
    ("Products?$apply=aggregate(Labels/Weight with average as Mean)",             {"Mean": Decimal("2.3333333333333335")}),
    ("Labels?$apply=aggregate(Products/Sales/Amount with sum as Sum)",            {"Sum": 24 + LITTLE}),
    ("Customers?$apply=aggregate(Sales/Amount)",                                  {"Amount": 22}),
])  # fmt: skip
def test_related_entities_count_once(sales, url, row):
    found = exact(sales.get(url))
    assert [{name: pytest.approx(value) if name == "Mean" else value for name, value in row.items()}] == found


@pytest.mark.parametrize("url, expected", [
    ("Sales?$apply=groupby((ProductID),aggregate(Amount with sum as T))",
     [{"ProductID": "P1", "T": 4}, {"ProductID": "P2", "T": 12}, {"ProductID": "P3", "T": 8 + LITTLE}]),
    ("Sales?$apply=groupby((Product/Colour))", [{"Product": {"Colour": "Brown"}}, {"Product": {"Colour": "White"}}]),
    ("Products?$apply=groupby((Colour),aggregate($count as N))",
     [{"Colour": "Brown", "N": 1}, {"Colour": "White", "N": 2}, {"Colour": None, "N": 1}]),
    ("Sales?$apply=groupby((Customer/Name,Product/Name),aggregate(Amount with max as M))&$filter=Product/Name eq 'Paper'",
     [{"Customer": {"Name": "Joe"}, "Product": {"Name": "Paper"}, "M": 1},
      {"Customer": {"Name": "Sue"}, "Product": {"Name": "Paper"}, "M": 4},
      {"Customer": {"Name": None}, "Product": {"Name": "Paper"}, "M": 2 + LITTLE}]),
    ("Customers?$apply=groupby((Home/Country),aggregate($count as N))",
     [{"Home": {"Country": "Germany"}, "N": 2}, {"Home": {"Country": "Norway"}, "N": 1}, {"Home": {"Country": None}, "N": 1}]),
    ("Customers?$apply=groupby((Home))&$orderby=Home/City desc",
     [{"Home": {"City": "Oslo", "Country": "Norway"}}, {"Home": {"City": "Kiel", "Country": "Germany"}},
      {"Home": {"City": "Bonn", "Country": "Germany"}}, {"Home": None}]),
    ("Sales?$apply=filter(ID ge 7)/groupby((Customer),aggregate(Amount with sum as T))&$orderby=T",
     [{"Customer": {"ID": "C3", "Name": "Sue", "Home": {"City": "Oslo", "Country": "Norway"}}, "T": 1},
      {"Customer": None, "T": 2 + LITTLE}]),
    ("Customers?$apply=groupby((Name),aggregate(Sales/Amount with sum as T,Sales/$count as N,$count as C))&$orderby=Name",
     [{"Name": "Joe", "T": 7, "N": 3, "C": 1}, {"Name": "Luc", "T": None, "N": 0, "C": 1},
      {"Name": "Sue", "T": 15, "N": 4, "C": 2}]),
    ("Sales?$apply=groupby((ProductID),filter(Amount gt 2)/aggregate(Amount with sum as T,$count as N))",
     [{"ProductID": "P1", "T": None, "N": 0}, {"ProductID": "P2", "T": 12, "N": 2}, {"ProductID": "P3", "T": 6 + LITTLE, "N": 2}]),
    ("Sales?$apply=groupby((ProductID),compute(Amount mul 2 as Twice)/filter(Twice ge 8)/aggregate(Twice with min as M))",
     [{"ProductID": "P1", "M": None}, {"ProductID": "P2", "M": 8}, {"ProductID": "P3", "M": 8}]),
    ("Sales?$apply=groupby((ProductID),aggregate(Amount))/filter(Amount gt 5)",
     [{"ProductID": "P2", "Amount": 12}, {"ProductID": "P3", "Amount": 8 + LITTLE}]),
    ("Sales?$apply=groupby((ProductID),aggregate($count as N))/filter(N gt 2)&$select=ProductID", [{"ProductID": "P3"}]),
    ("Sales?$apply=groupby((ProductID),aggregate(Amount))&$orderby=Amount desc&$skip=1&$top=1", [{"ProductID": "P3", "Amount": 8 + LITTLE}]),
    ("Sales?$apply=compute(month(On) as Month)/groupby((Month),aggregate($count as N))/filter(N gt 2)", [{"Month": 1, "N": 3}]),
    ("Sales?$apply=groupby((rollup(Customer/Home/Country,Customer/Name)),aggregate($count as N))/filter(N gt 2)",
     [{"Customer": {"Home": {"Country": "Germany"}, "Name": "Joe"}, "N": 3}, {"Customer": {"Home": {"Country": "Germany"}}, "N": 5}]),
    ("Sales?$apply=concat(groupby((ProductID),aggregate(Amount))/topcount(1,Amount),aggregate(Amount))",
     [{"ProductID": "P2", "Amount": 12}, {"Amount": 24 + LITTLE}]),
    ("Sales?$apply=concat(topcount(1,Amount),aggregate(Amount with sum as Amount))&$select=ID,Amount",
     [{"ID": 4, "Amount": 8}, {"Amount": 24 + LITTLE}]),
])  # fmt: skip
def test_groupby(sales, url, expected):
    found = exact(sales.get(url))
    is_ordered = any(word in url for word in ("orderby", "concat", "rollup"))
    assert found == expected if is_ordered else in_any_order(found) == in_any_order(expected)


class TestRowsThatStayEntities:
    """What only takes some of them leaves entities what they are, and they can be shaped as usual."""

    def test_they_are_what_they_were(self, sales):
        answer = sales.get("Products?$apply=filter(Colour eq 'Brown')")
        assert answer.json == sales.get("Products?$filter=Colour eq 'Brown'").json
        assert answer.json["@context"] == f"{ROOT}$metadata#Products"

    @pytest.mark.parametrize("apply, ids", [
        ("orderby(Amount desc)/top(2)",                      [4, 3]),
        ("orderby(Amount desc,ID desc)/skip(1)/top(2)",      [5, 3]),
        ("topcount(3,Amount)/filter(Customer/Name eq 'Sue')", [4, 5]),
        ("filter(Customer/Name eq 'Sue')/topcount(1,Amount)", [4]),
        ("top(5)/skip(3)",                                   [4, 5]),
        ("search(nothing)",                                  []),
        ("topcount(2,Amount)/bottomcount(1,Amount)",         [3]),
        ("compute(Amount mul 2 as Twice)/filter(Twice gt 8)", [4]),
    ])  # fmt: skip
    def test_which(self, sales, apply, ids):
        assert [row["ID"] for row in sales.value(f"Sales?$apply={apply}")] == ids
        assert sales.get(f"Sales/$count?$apply={apply}").text == str(len(ids))

    def test_options_shape_them(self, sales):
        url = "Sales?$apply=topcount(3,Amount)&$select=Amount&$expand=Product($select=Name)&$filter=ID gt 3&$orderby=ID desc&$count=true"
        answer = sales.get(url)
        assert answer.json["@context"] == f"{ROOT}$metadata#Sales(Amount,Product(Name))"
        assert answer.json["@count"] == 2
        assert [(row["@id"], row["Product"]["Name"]) for row in answer.json["value"]] == [
            (f"{ROOT}Sales(5)", "Paper"), (f"{ROOT}Sales(4)", "Coffee"),
        ]  # fmt: skip

    def test_what_was_computed_is_there_and_can_be_chosen(self, sales):
        (row,) = sales.value("Sales?$apply=compute(Amount mul 2 as Twice)/filter(ID eq 4)&$select=ID,Twice")
        assert (row["ID"], row["Twice"]) == (4, 16)
        assert "Twice" in sales.value("Sales?$apply=compute(Amount mul 2 as Twice)&$top=1")[0]

    def test_pages(self, sales):
        pages = list(
            sales.pages("Sales?$apply=filter(Amount ge 2)/topcount(5,Amount)&$orderby=Amount", Prefer="maxpagesize=2")
        )
        assert [[row["ID"] for row in page["value"]] for page in pages] == [[2, 8], [3, 5], [4]]

    def test_literals_are_those_of_each_request(self, sales):
        urls = [
            f"Sales?$apply=filter(Amount ge {least})/orderby(Amount desc)/top({most})"
            for least, most in ((2, 1), (1, 3), (9, 2))
        ]
        assert [len(sales.value(url)) for url in urls * 2] == [1, 3, 0] * 2


class TestContextsAndTypes:
    @pytest.mark.parametrize("url, context", [
        ("Sales?$apply=aggregate(Amount with sum as Total)",                          "Sales(Total)"),
        ("Sales?$apply=groupby((Customer/Name,Product/Name),aggregate(Amount))",      "Sales(Customer(Name),Product(Name),Amount)"),
        ("Customers?$apply=groupby((Home/Country))",                                  "Customers(Home/Country)"),
        ("Customers?$apply=groupby((Home))",                                          "Customers(Home)"),
        ("Sales?$apply=groupby((Customer/Home/City,Customer/Name))",                  "Sales(Customer(Home/City,Name))"),
        ("Sales?$apply=groupby((Customer),aggregate($count as N))",                   "Sales(Customer,N)"),
        ("Sales?$apply=groupby((Customer/Name),aggregate(Amount))&$select=Amount",    "Sales(Amount)"),
        ("Sales?$apply=concat(aggregate(Amount),groupby((ProductID)))",               "Sales(Amount,ProductID)"),
        ("Sales?$apply=groupby((rollup(Customer/Name,ProductID)))",                   "Sales(Customer(Name),ProductID)"),
    ])  # fmt: skip
    def test_context(self, sales, url, context):
        assert sales.get(url).json["@context"] == f"{ROOT}$metadata#{context}"

    def test_only_what_no_model_says_has_its_type_beside_it(self, sales):
        url = "Sales?$apply=groupby((On),aggregate(Amount with sum as T,$count as N,On with max as M,Note with max as S))&$top=1&$orderby=On"
        (row,) = sales.value(url)
        assert {name: value for name, value in row.items() if "@" in name} == {
            "T@type": "Decimal", "N@type": "Decimal", "M@type": "Date",
        }  # fmt: skip
        (row,) = sales.value(f"{url}&$format=application/json;metadata=full")
        assert (row["On@type"], row["N@type"]) == ("Date", "Decimal")

    def test_a_client_of_the_older_version_is_told_that_rows_have_no_address(self, sales):
        answer = sales.get("Sales?$apply=aggregate($count as N)", OData_MaxVersion="4.0")
        assert answer.json["value"] == [{"@odata.id": None, "N@odata.type": "#Decimal", "N": 8}]

    def test_decimals_for_clients_whose_numbers_are_floats(self, sales):
        answer = sales.get("Sales?$apply=aggregate(Amount)", Accept="application/json;IEEE754Compatible=true")
        assert answer.json["value"][0]["Amount"] == "24.000000000000000001"


def test_count(sales):
    url = "Sales/$count?$apply=groupby((ProductID))"
    assert sales.get(url).text == "3"
    answer = sales.get("Sales?$apply=groupby((ProductID),aggregate(Amount))&$count=true&$top=1")
    assert (answer.json["@count"], len(answer.json["value"])) == (3, 1)


def test_pages(sales):
    url = "Sales?$apply=groupby((ID),aggregate(Amount))&$orderby=ID desc&$top=5"
    pages = list(sales.pages(url, Prefer="maxpagesize=2"))
    assert [[row["ID"] for row in page["value"]] for page in pages] == [[8, 7], [6, 5], [4]]


@pytest.mark.parametrize("status, url", [
    (400, "Sales?$apply=aggregate(Amount with total as T)"),
    (400, "Sales?$apply=aggregate(Amount with sum)"),
    (400, "Sales?$apply=aggregate(Note with sum as T)"),
    (400, "Sales?$apply=aggregate(Note)"),
    (400, "Sales?$apply=aggregate(Amount with sum as ID)"),
    (400, "Sales?$apply=aggregate(Amount with sum as T,Amount with max as T)"),
    (400, "Sales?$apply=aggregate(Product with sum as T)"),
    (400, "Customers?$apply=aggregate(Home with max as T)"),
    (400, "Customers?$apply=aggregate(Sales/Nothing with max as T)"),
    (400, "Customers?$apply=aggregate(Sales/Amount/$count as T)"),
    (400, "Customers?$apply=groupby((Sales/Amount))"),
    (400, "Customers?$apply=groupby((Sales))"),
    (400, "Sales?$apply=groupby((Nothing))"),
    (400, "Sales?$apply=groupby((ProductID))&$orderby=Amount"),
    (400, "Sales?$apply=groupby((ProductID))/filter(Amount gt 1)"),
    (400, "Sales?$apply=groupby((ProductID))&$select=Amount"),
    (400, "Sales?$apply=groupby((ProductID))/search(x)"),
    (400, "Sales(1)?$apply=aggregate($count as N)"),
    (501, "Sales?$apply=aggregate(Amount with Sales.Median as T)"),
    (501, "Sales?$apply=aggregate(Amount with sum from ProductID with max as T)"),
    (501, "Sales?$apply=groupby((ProductID),topcount(1,Amount))"),
    (501, "Sales?$apply=groupby((rollup(Hierarchy)))"),
    (501, "Sales?$apply=groupby((ProductID))&$search=x"),
    (501, "Sales?$apply=groupby((ProductID))&$expand=Product"),
    (501, "Customers?$apply=addnested(Sales,filter(Amount gt 3) as Large)"),
    (501, "Customers?$apply=join(Sales as Sale)"),
])  # fmt: skip
def test_what_is_refused(sales, status, url):
    assert sales.get(url).status == status


@pytest.mark.parametrize("apply", [
    "groupby((Product/Name))", "aggregate(Product/TaxRate with sum as T)", "filter(Product/Name eq 'x')", "orderby(Product/Name)",
    "topcount(1,Product/TaxRate)", "compute(Product/TaxRate as T)", "filter(Product/Name eq 'x')/aggregate($count as N)",
    "groupby((Product))", "groupby((ID),filter(Product/Name eq 'x')/aggregate($count as N))", "aggregate(Product/Labels/$count as N)",
])  # fmt: skip
def test_rights_hold_behind_every_path(sales, apply):
    sales.service.rights("Products", EntitySetRights.READ_MULTIPLE)
    assert sales.get(f"Sales?$apply={apply}").status in (200, 403)
    sales.service.rights("Products", EntitySetRights.WRITE_APPEND)
    assert sales.get(f"Sales?$apply={apply}").status == 403


def test_metadata_tells_the_aggregates_of_the_model(sales):
    xml = sales.get("$metadata", Accept="application/xml").text
    assert '<Annotation Term="Org.OData.Aggregation.V1.CustomAggregate" Qualifier="Amount" String="Edm.Decimal"' in xml
    document = sales.get("$metadata?$format=json").json
    assert document["Sales"]["Product"]["@Org.OData.Aggregation.V1.CustomAggregate#TaxRate"] == "Edm.Decimal"
