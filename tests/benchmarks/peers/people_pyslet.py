"""The people as pyslet serves them by OData V2, for the environment of ``tests.benchmarks.compared``: ``gunicorn people_pyslet:app``."""

import io
import os

import pyslet.odata2.metadata as edmx
from pyslet.odata2.server import Server
from pyslet.odata2.sqlds import SQLiteEntityContainer

# Keys are texts here: pyslet keeps GUIDs as octets, and these rows are not its own.
METADATA = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"
    xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
  <edmx:DataServices m:DataServiceVersion="2.0">
    <Schema Namespace="PeopleModel" xmlns="http://schemas.microsoft.com/ado/2006/04/edm">
      <EntityContainer Name="People" m:IsDefaultEntityContainer="true">
        <EntitySet Name="Person" EntityType="PeopleModel.Person"/>
      </EntityContainer>
      <EntityType Name="Person">
        <Key><PropertyRef Name="PersonId"/></Key>
        <Property Name="PersonId" Type="Edm.String" Nullable="false" MaxLength="32"/>
        <Property Name="Name" Type="Edm.String" Nullable="false" MaxLength="100"/>
        <Property Name="LastUpdated" Type="Edm.String" Nullable="false" MaxLength="30"/>
        <Property Name="IsDeleted" Type="Edm.Boolean" Nullable="false"/>
      </EntityType>
    </Schema>
  </edmx:DataServices>
</edmx:Edmx>
"""


def made():
    document = edmx.Document()
    document.read(src=io.BytesIO(METADATA.encode()))
    container = document.root.DataServices["PeopleModel.People"]
    SQLiteEntityContainer(file_path=os.environ["PEER_DATABASE"], container=container)
    server = Server(os.environ["PEER_ROOT"])
    server.set_model(document)
    server.topmax = 1000
    return server


app = made()
