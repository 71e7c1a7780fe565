"""Hooks that see entities before they are written: structures, collections, dynamic properties, derived types."""

from tests.types_v4.workshop import Place


def test_dynamic_properties_and_derived_types(tools):
    plain = tools.value("Parts?$orderby=ID")

    @tools.service.on_entry("Parts")
    def red(ctx, entry):
        if "Colour" in entry:
            entry["Colour"] = "red"
        entry.omit("Weight")

    rows = tools.value("Parts?$orderby=ID")
    for row in plain:
        row.pop("Weight", None), row.pop("Weight@odata.type", None)
        row |= {"Colour": "red"} if "Colour" in row else {}
    assert rows == plain
    assert "Colour" not in tools.value("Parts?$select=Name")[0]
    assert rows[1]["@odata.type"] == "#Workshop.Screw" and "@odata.type" not in rows[0]


def test_collections(tools):
    @tools.service.on_entry("Tools")
    def sorted_tags(ctx, entry):
        entry["Tags"] = sorted(entry["Tags"])
        entry["Places"] = [*entry["Places"], Place("New St", "Oslo")]
        entry["Words"] = ["a"]

    row = tools.get("Tools(2)", Accept="application/json;odata.metadata=full").json
    assert (row["Tags"], row["Tags@odata.type"]) == (["new"], "#Collection(String)")
    assert row["Places"][1]["City"] == "Oslo" and row["Words"] == ["a"]
    assert row["Version@odata.type"] == "#Int32"
