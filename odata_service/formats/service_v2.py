"""The service document for clients that read Atom (RFC 5023, Service Documents)."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from odata_service.edm.model import EntityModel
from odata_service.formats.xml_text import APP, ATOM, XML, document, name
from odata_service.links import path_text


def write(model: EntityModel, root: str) -> bytes:
    """One workspace with a collection per entity set; addresses are relative to ``root``."""
    service = Element(name(APP, "service"), {name(XML, "base"): root})
    workspace = SubElement(service, name(APP, "workspace"))
    SubElement(workspace, name(ATOM, "title")).text = "Default"
    for set_name in model.sets:
        collection = SubElement(workspace, name(APP, "collection"), {"href": path_text(set_name)})
        SubElement(collection, name(ATOM, "title")).text = set_name
    return document(service)
