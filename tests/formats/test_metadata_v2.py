"""``$metadata`` and the service document."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pyodata.v2.model import Config, MetadataBuilder, PolicyFatal
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service.edm.from_models import model_from
from odata_service.formats import csdl_v2, service_v2
from tests.service import market

from .library import MODEL, ROOT

EDM = "{http://schemas.microsoft.com/ado/2008/09/edm}"
SCHEMA = ElementTree.fromstring(csdl_v2.write(MODEL)).find(f".//{EDM}Schema")


def texts(path: str) -> list[str]:
    """Elements as text, to be read: ``End Type=Library.Book Role=Book Multiplicity=*``."""
    assert SCHEMA is not None
    return [
        " ".join([element.tag.rpartition("}")[2], *(f"{name}={value}" for name, value in element.items())])
        for element in SCHEMA.findall("/".join(EDM + step if step[0].isalpha() else step for step in path.split("/")))
    ]


def test_envelope() -> None:
    assert csdl_v2.write(MODEL).startswith(
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
        b'<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" '
        b'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" Version="1.0">'
        b'<edmx:DataServices m:DataServiceVersion="2.0">'
        b'<Schema Namespace="Library" xmlns="http://schemas.microsoft.com/ado/2008/09/edm"><EntityType Name="Author">'
    )
    assert csdl_v2.write(MODEL) == csdl_v2.write(MODEL)


def test_properties() -> None:
    assert texts("EntityType[@Name='Book']/Property") == [
        "Property Name=BookId Type=Edm.Int32 Nullable=false",
        "Property Name=Title Type=Edm.String Nullable=false MaxLength=100 FixedLength=false Unicode=true",
        "Property Name=Price Type=Edm.Decimal Nullable=true Precision=8 Scale=2",
        "Property Name=Version Type=Edm.Int64 Nullable=false ConcurrencyMode=Fixed",
        "Property Name=AuthorId Type=Edm.Guid Nullable=false",
        "Property Name=EditorId Type=Edm.Guid Nullable=true",
    ]
    assert texts("EntityType[@Name='Loan']/Key/PropertyRef") == ["PropertyRef Name=Card", "PropertyRef Name=Number"]


def test_two_relationships_between_two_types_are_two_associations() -> None:
    assert texts("Association") == [f"Association Name={name}" for name in ASSOCIATIONS]
    assert texts("EntityType[@Name='Author']/NavigationProperty") == [
        "NavigationProperty Name=Books Relationship=Library.Author_Books FromRole=Author ToRole=Book",
        "NavigationProperty Name=Edited Relationship=Library.Author_Edited FromRole=Author ToRole=Book",
    ]
    assert texts("EntityType[@Name='Book']/NavigationProperty")[:2] == [
        "NavigationProperty Name=Author Relationship=Library.Author_Books FromRole=Book ToRole=Author",
        "NavigationProperty Name=Editor Relationship=Library.Author_Edited FromRole=Book ToRole=Author",
    ]


ASSOCIATIONS = {
    "Author_Books": ("End Type=Library.Author Role=Author Multiplicity=1", "End Type=Library.Book Role=Book Multiplicity=*"),
    "Author_Edited": ("End Type=Library.Author Role=Author Multiplicity=0..1", "End Type=Library.Book Role=Book Multiplicity=*"),
    "Book_Tags": ("End Type=Library.Book Role=Book Multiplicity=*", "End Type=Library.Tag Role=Tag Multiplicity=*"),
    "Loan_Book": ("End Type=Library.Loan Role=Loan Multiplicity=*", "End Type=Library.Book Role=Book Multiplicity=1"),
}  # fmt: skip


@pytest.mark.parametrize("name, ends", ASSOCIATIONS.items())
def test_multiplicities(name: str, ends: tuple[str, str]) -> None:
    assert tuple(texts(f"Association[@Name='{name}']/End")) == ends


def test_referential_constraints() -> None:
    constraint = "Association[@Name='Author_Edited']/ReferentialConstraint"
    assert texts(f"{constraint}/*") == ["Principal Role=Author", "Dependent Role=Book"]
    assert texts(f"{constraint}/*/PropertyRef") == ["PropertyRef Name=AuthorId", "PropertyRef Name=EditorId"]
    assert texts("Association[@Name='Book_Tags']/ReferentialConstraint") == []


def test_container() -> None:
    assert texts("EntityContainer") == [
        "EntityContainer Name=LibraryContainer "
        "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}IsDefaultEntityContainer=true"
    ]
    assert texts("EntityContainer/EntitySet")[1] == "EntitySet Name=Books EntityType=Library.Book"
    assert texts("EntityContainer/AssociationSet[@Name='Loan_Book']/End") == [
        "End Role=Loan EntitySet=Loans",
        "End Role=Book EntitySet=Books",
    ]


def test_pyodata_reads_it_without_complaint() -> None:
    schema = MetadataBuilder(csdl_v2.write(MODEL), config=Config(default_error_policy=PolicyFatal())).build()
    book = schema.entity_type("Book")
    assert [declared.name for declared in book.key_proprties] == ["BookId"]
    assert book.proprty("Title").max_length == 100
    assert book.nav_proprty("Author").to_role.entity_type_name == "Author"
    assert schema.entity_type("Everything").proprty("Instant").typ.name == "Edm.DateTimeOffset"


def test_structures_hierarchies_and_media() -> None:
    document = csdl_v2.write(model_from(market.Base, "Market"))
    text = document.decode()
    assert '<Property Name="Address" Type="Market.Address" Nullable="false" />' in text
    assert (
        '<ComplexType Name="Address"><Property Name="Street" Type="Edm.String" Nullable="true" MaxLength="100"' in text
    )
    assert '<EntityType Name="Leader" BaseType="Market.Person"><Property Name="Budget" Type="Edm.Decimal"' in text
    assert '<EntityType Name="Picture" m:HasStream="true"><Key><PropertyRef Name="PictureID" /></Key>' in text
    assert (
        '<Association Name="Person_Leader"><End Type="Market.Person" Role="Person_Source" Multiplicity="*" />' in text
    )
    assert text.count('ConcurrencyMode="Fixed"') == 4  # Customer, Picture, and two properties of Order
    schema = MetadataBuilder(document, config=Config(default_error_policy=PolicyFatal())).build()
    assert schema.complex_type("Address").proprty("City").max_length == 50


class Base(DeclarativeBase):
    pass


class Node(Base):
    """Refers to itself, in both directions and in one."""

    __tablename__ = "Node"

    Id: Mapped[int] = mapped_column(primary_key=True)
    ParentId: Mapped[int | None] = mapped_column(ForeignKey("Node.Id"))
    Remarks: Mapped[str | None] = mapped_column(Text)

    Parent: Mapped[Node | None] = relationship(remote_side=Id, back_populates="Children")
    Children: Mapped[list[Node]] = relationship(back_populates="Parent")


class Note(Base):
    """Has the name that an association would get."""

    __tablename__ = "Node_Parent"
    __odata__ = {"name": "Node_Parent", "set": "Notes"}

    Id: Mapped[int] = mapped_column(primary_key=True)


def test_a_type_that_refers_to_itself_has_two_roles() -> None:
    model = model_from(Base, "Trees")
    (association,) = csdl_v2.associations_of(model)
    assert association.name == "Node_Parent_"
    assert {(end.role, end.multiplicity) for end in (association.start, association.end)} == {
        ("Node_Source", "*"),
        ("Node_Target", "0..1"),
    }
    text = csdl_v2.write(model).decode()
    assert 'Name="Parent" Relationship="Trees.Node_Parent_" FromRole="Node_Source" ToRole="Node_Target"' in text
    assert 'Name="Children" Relationship="Trees.Node_Parent_" FromRole="Node_Target" ToRole="Node_Source"' in text
    assert 'Name="Remarks" Type="Edm.String" Nullable="true" MaxLength="Max"' in text
    MetadataBuilder(text.encode(), config=Config(default_error_policy=PolicyFatal())).build()


def test_service_document() -> None:
    assert service_v2.write(MODEL, ROOT).startswith(
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
        b'<app:service xmlns:app="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom" '
        b'xml:base="http://localhost/Library.svc/"><app:workspace><atom:title>Default</atom:title>'
        b'<app:collection href="Authors"><atom:title>Authors</atom:title></app:collection>'
    )
