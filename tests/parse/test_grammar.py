"""The tables of a grammar are kept beside the bytecode, and are always those of the grammar."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from odata_service.errors import BadRequest
from odata_service.parse import grammar, load_grammars
from odata_service.parse.grammar import Grammar
from odata_service.parse.tables import Tables
from odata_service.parse.v2 import GRAMMAR


def answer(tables: Grammar) -> object:
    return tables.read("orderby", "Name desc,Year", iter, target="$orderby")


def another(starts: tuple[str, ...] = GRAMMAR.starts) -> Grammar:
    return Grammar(GRAMMAR._files, starts, GRAMMAR._callbacks)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    folder = Path(importlib.util.cache_from_source(grammar.__file__)).parent
    folder.mkdir(parents=True)
    return folder


def test_they_can_be_loaded_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    load_grammars()
    monkeypatch.setattr(Tables, "__init__", None)
    assert answer(GRAMMAR)


def test_they_are_kept_and_the_same(kept: Path) -> None:
    made = answer(another())
    (file,) = kept.glob("*.tables")
    before = file.stat().st_mtime_ns
    assert answer(another()) == made == answer(GRAMMAR)
    assert file.stat().st_mtime_ns == before


def test_spoiled_ones_are_made_anew(kept: Path) -> None:
    made = answer(another())
    (file,) = kept.glob("*.tables")
    file.write_bytes(file.read_bytes()[:1000])
    assert answer(another()) == made


def test_those_of_other_rules_are_made_anew(kept: Path) -> None:
    answer(another())
    assert another(("orderby",)).starts == ("orderby",)
    assert answer(another(("orderby",))) == answer(another())


def test_where_nobody_may_write_they_are_made_each_time(kept: Path) -> None:
    kept.rmdir()
    made = answer(another())
    assert not kept.exists()
    assert answer(another()) == made
    with pytest.raises(BadRequest):
        another().read("orderby", "Name desc,", iter, target="$orderby")
