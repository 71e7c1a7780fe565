"""Customizable feeds in ``$metadata``, and what of them is refused; how entries show them stands in
``tests/conversations/v2/atom/customizable_feeds.http``."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service.edm.feed import FeedMapping
from odata_service.edm.from_models import ModelError, model_from
from odata_service.formats.csdl_v2 import write
from tests.service import blog

EDM = "{http://schemas.microsoft.com/ado/2008/09/edm}"
FEED = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}FC_"
GEO = {"NsPrefix": "geo", "NsUri": "http://www.georss.org/georss"}


def test_metadata() -> None:
    document = ElementTree.fromstring(write(model_from(blog.Base, "Blog")))
    post = next(each for each in document.iter(f"{EDM}EntityType") if each.attrib["Name"] == "Post")
    places = {
        each.attrib["Name"]: {name.removeprefix(FEED): value for name, value in each.attrib.items() if FEED in name}
        for each in post.iter(f"{EDM}Property")
    }
    assert places == {
        "PostID": {},
        "Title": {"TargetPath": "SyndicationTitle", "KeepInContent": "false", "ContentKind": "text"},
        "Teaser": {"TargetPath": "SyndicationSummary", "KeepInContent": "true", "ContentKind": "html"},
        "Writer": {"TargetPath": "SyndicationAuthorName", "KeepInContent": "false"},
        "WriterAddress": {"TargetPath": "SyndicationAuthorEmail", "KeepInContent": "true"},
        "Published": {"TargetPath": "SyndicationPublished", "KeepInContent": "false"},
        "Changed": {"TargetPath": "SyndicationUpdated", "KeepInContent": "true"},
        "Place": {
            "SourcePath": "City", "TargetPath": "where/@city", "KeepInContent": "true", **GEO,
            "SourcePath_1": "Latitude", "TargetPath_1": "where/point/lat", "KeepInContent_1": "false",
            "SourcePath_2": "Longitude", "TargetPath_2": "where/point/long", "KeepInContent_2": "false",
            **{f"{name}_{number}": value for name, value in GEO.items() for number in (1, 2)},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    "feed, problem",
    [
        ({"Titel": "SyndicationTitle"}, "it has no such property of a type that V2 knows"),
        ({"Title/Length": "SyndicationTitle"}, "it has no such property of a type that V2 knows"),
        ({"Title": "SyndicationTitel"}, "'SyndicationTitel' is none of Atom's elements"),
        ({"Title": "SyndicationTitle", "Id": "SyndicationTitle"}, "'SyndicationTitle' is taken by 'Title'"),
        ({"Title": "geo/lat"}, "'geo/lat' needs a prefix and a namespace"),
        ({"Title": FeedMapping("a b", prefix="x", namespace="y")}, "'a b' is no path of elements"),
        ({"Title": FeedMapping("", prefix="x", namespace="y")}, "'' is no path of elements"),
        ({"Title": FeedMapping("@lat", prefix="x", namespace="y")}, "'@lat' is no path of elements"),
        ({"Title": FeedMapping("a/@b/c", prefix="x", namespace="y")}, "'a/@b/c' is no path of elements"),
        ({"Title": FeedMapping("a", prefix="x y", namespace="z")}, "'a' needs a prefix and a namespace"),
    ],
)
def test_what_is_refused(feed: dict[str, Any], problem: str) -> None:
    class Base(DeclarativeBase):
        pass

    class Post(Base):
        __tablename__ = "post"
        __odata__ = {"feed": feed}

        Id: Mapped[int] = mapped_column(primary_key=True)
        Title: Mapped[str]

    with pytest.raises(ModelError, match="^Post says where") as refusal:
        model_from(Base, "Blog")
    assert problem in str(refusal.value)


def test_a_derived_type_says_it_of_its_own() -> None:
    class Base(DeclarativeBase):
        pass

    class Post(Base):
        __tablename__ = "post"
        __odata__ = {"feed": {"Title": "SyndicationTitle"}}

        Id: Mapped[int] = mapped_column(primary_key=True)
        Title: Mapped[str]
        Kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "Kind", "polymorphic_identity": "Post"}

    class Review(Post):
        __odata__ = {"feed": {"Stars": "SyndicationSummary"}}
        __mapper_args__ = {"polymorphic_identity": "Review"}

        Stars: Mapped[int | None]

    class Note(Post):
        __odata__ = {"feed": {}}
        __mapper_args__ = {"polymorphic_identity": "Note"}

    assert list(model_from(Base, "Blog").types["Review"].feed) == ["Title", "Stars"]
    Note.__odata__ = {"feed": {"Kind": "SyndicationRights"}}
    with pytest.raises(ModelError, match="that is for Post to say, which declares it"):
        model_from(Base, "Blog")
