"""The Python of ``docs/client-python.md`` is one program that does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "client-python.md"


@pytest.mark.parametrize("version", ["v4", "v2"])
def test_the_page(people_service, techstore_service, version, capsys):
    """V2 does all of it but what the page says only V4 can."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 8
    if version == "v2":
        blocks = [block for block in blocks if 'ODataClient("http://127.0.0.1:8001' not in block]
    text = "\n".join(blocks).replace("http://127.0.0.1:8000/v4/", f"{people_service.root}{version}/")
    text = text.replace("http://127.0.0.1:8001/v4/", f"{techstore_service.root}v4/")
    if version == "v2":
        text = re.sub(r"^.*(# V4|at_work\]).*\n", "", text, flags=re.MULTILINE)
    exec(compile(text, str(PAGE), "exec"), {})
    said = capsys.readouterr().out
    assert """Brian O'Neil ["27 O'Connell Street, Limerick"]\nAda Lovelace [""" in said
    assert "400 InvalidValue Name: has 200 characters, and at most 100 fit" in said
    if version == "v4":
        assert "['Office Chair', 'Gaming Mouse Ultra']" in said
        assert "42 1199.988" in said
