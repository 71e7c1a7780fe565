"""What is wrong with mapped classes, told to whoever publishes them."""

from __future__ import annotations


class ModelError(Exception):
    """The models cannot be published as they are: two share a name, or one has no key."""
