"""Hooks that see entities before they are written: structures and customizable feeds of V2."""

import re
from xml.sax.saxutils import escape

from tests.delta.client import ClientV4


def test_structures(client_of):
    shop = client_of("techstore")
    first = shop.get("Products?$top=1&$select=ID").entities[0]["__metadata"]["uri"]
    expected = shop.get(f"{first}/ShippingAddress").d["ShippingAddress"]

    @shop.service.on_entry("Products")
    def somewhere(ctx, entry):
        address = entry["ShippingAddress"]
        entry["ShippingAddress"] = {**address, "City": "Nowhere"}
        entry.omit("Dimensions")

    row = shop.get(first).d
    assert row["ShippingAddress"] == {**expected, "City": "Nowhere"} and "Dimensions" not in row
    row = ClientV4(shop.service).value("Products?$top=1")[0]
    assert row["ShippingAddress"]["City"] == "Nowhere" and "Dimensions" not in row
    text = shop.get(first, Accept="application/atom+xml").text
    assert re.search(r'<d:ShippingAddress m:type="\w+\.Address">.*<d:City>Nowhere</d:City>', text)
    assert "Dimensions" not in text


def test_customizable_feeds(client_of):
    blog = client_of("blog")
    title, city = escape(blog.get("Posts(1)").d["Title"]), blog.get("Posts(1)").d["Place"]["City"]
    assert title in blog.get("Posts(1)", Accept="application/atom+xml").text

    @blog.service.on_entry("Posts")
    def masked(ctx, entry):
        entry["Title"] = "XXX"
        entry.omit("Place")

    text = blog.get("Posts(1)", Accept="application/atom+xml").text
    assert title not in text and "<d:Title>XXX</d:Title>" in text
    assert city.strip('"') not in text and "geo:where" not in text


def test_empty_texts_of_customizable_feeds(client_of):
    """An entry goes back as it was read: an empty text is no null, and neither is nothing."""
    blog = client_of("blog")
    atom = {"Accept": "application/atom+xml", "Content-Type": "application/atom+xml"}
    for title, writer in (("", None), ("x", ""), ("", "")):
        assert blog.merge("Posts(1)", {"Title": title, "Writer": writer}).status == 204
        entry = blog.get("Posts(1)", Accept="application/atom+xml")
        assert blog.merge("Posts(1)", {"Title": "other", "Writer": "other"}).status == 204
        assert blog.send("PUT", "Posts(1)", entry.body, atom).status == 204
        post = blog.get("Posts(1)").d
        assert (post["Title"], post["Writer"]) == (title, writer)
