"""What is loaded by a name, and what is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

import odata_service


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.split())


@pytest.mark.parametrize(
    "statement, absent",
    [
        ("import odata_service", {"sqlalchemy", "odata_service.service"}),
        ("import odata_service.client", {"odata_service.service", "marshmallow", "flask"}),
        ("from odata_service import ODataService", {"flask", "click", "gunicorn", "httpx"}),
        ("import odata_service.cli", {"httpx", "jwt", "opentelemetry", "prometheus_client"}),
        ("import odata_service.cli", {"marshmallow", "lark", "regex", "sqlalchemy.dialects.postgresql"}),
    ],
)
def test_nothing_is_loaded_before_it_is_needed(statement: str, absent: set[str]):
    assert not absent & loaded_by(statement)


def test_all_names_are_there():
    assert {name: getattr(odata_service, name).__name__ for name in odata_service.__all__} == {
        name: name for name in odata_service.__all__
    }
    assert set(odata_service.__all__) <= set(dir(odata_service))
    with pytest.raises(AttributeError, match="odata_service"):
        getattr(odata_service, "NoSuchName")  # noqa: B009 - a name that types do not know
