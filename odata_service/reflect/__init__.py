"""A database that nobody prepared → mapped classes → the one model builder. Read-only and cautious unless told otherwise."""

from __future__ import annotations
