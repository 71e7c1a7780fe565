"""A blog whose posts stand in feeds as readers of Atom expect them: customizable feeds of every kind."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Double, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from odata_service import EntitySetRights, FeedMapping, ODataService
from odata_service.sample import Rows, Sample

GEO: dict[str, Any] = {"prefix": "geo", "namespace": "http://www.georss.org/georss"}


class Base(DeclarativeBase):
    pass


@dataclass
class Place:
    City: str | None
    Latitude: float | None
    Longitude: float | None


class Post(Base):
    __tablename__ = "post"
    __odata__: ClassVar = {
        "feed": {
            "Title": FeedMapping("SyndicationTitle", keep_in_content=False),
            "Teaser": FeedMapping("SyndicationSummary", content_kind="html"),
            "Writer": FeedMapping("SyndicationAuthorName", keep_in_content=False),
            "WriterAddress": "SyndicationAuthorEmail",
            "Published": FeedMapping("SyndicationPublished", keep_in_content=False),
            "Changed": "SyndicationUpdated",
            "Place/City": FeedMapping("where/@city", **GEO),
            "Place/Latitude": FeedMapping("where/point/lat", keep_in_content=False, **GEO),
            "Place/Longitude": FeedMapping("where/point/long", keep_in_content=False, **GEO),
        }
    }

    PostID: Mapped[int] = mapped_column(primary_key=True)
    Title: Mapped[str] = mapped_column(String(100))
    Teaser: Mapped[str | None] = mapped_column(String(1000))
    Writer: Mapped[str | None] = mapped_column(String(100))
    WriterAddress: Mapped[str | None] = mapped_column(String(100))
    Published: Mapped[datetime.datetime | None]
    Changed: Mapped[datetime.datetime | None]
    Place: Mapped[Place | None] = composite(
        mapped_column("City", String(50), nullable=True),
        mapped_column("Latitude", Double, nullable=True),
        mapped_column("Longitude", Double, nullable=True),
    )

    Comments: Mapped[list[Comment]] = relationship(back_populates="Post", cascade="all")


class Comment(Base):
    __tablename__ = "comment"
    __odata__: ClassVar = {"feed": {"Text": FeedMapping("SyndicationTitle", keep_in_content=False)}}

    CommentID: Mapped[int] = mapped_column(primary_key=True)
    PostID: Mapped[int] = mapped_column(ForeignKey("post.PostID"))
    Text: Mapped[str] = mapped_column(String(100))

    Post = relationship("Post", back_populates="Comments")


def first_rows() -> Rows:
    moment = datetime.datetime(2010, 5, 6, 7, 8, 9)
    return {
        "Post": [
            {"PostID": 1, "Title": "R&D", "Teaser": "<b>New</b>", "Writer": "Ada", "WriterAddress": "ada@example.com",
             "Published": moment, "Changed": moment, "City": "\"London\"", "Latitude": 51.5, "Longitude": -0.125},
            {"PostID": 2, "Title": "", "Teaser": None, "Writer": None, "WriterAddress": None,
             "Published": None, "Changed": None, "City": None, "Latitude": None, "Longitude": None},
        ],
        "Comment": [{"CommentID": 1, "PostID": 1, "Text": "First!"}],
    }  # fmt: skip


def _configure(service: ODataService) -> None:
    service.rights("*", EntitySetRights.ALL)


SAMPLE = Sample(
    name="blog",
    base=Base,
    main=Post,
    namespace="Blog",
    container="BlogEntities",
    roots={"/": "v2"},
    example="Posts",
    first_rows=first_rows,
    generated_rows=lambda numbers: {},
    configure=_configure,
)
