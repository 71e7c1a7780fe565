"""The model as one caller may see it: what is closed to him is not in it, so that to every road it is as unknown as
what does not exist."""

from __future__ import annotations

from collections.abc import Mapping

from odata_service.edm.model import EntityModel, EntitySet
from odata_service.edm.views import view


def visible(model: EntityModel, open_sets: Mapping[str, EntitySet]) -> EntityModel:
    """The types of the open sets, and only the ways between them."""
    return model if len(open_sets) == len(model.sets) else view(model, open_sets)
