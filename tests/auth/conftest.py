from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def a_temporary_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong guesses of a test are none of another's."""
    monkeypatch.setattr("odata_service.auth.guesses.tempfile.gettempdir", lambda: str(tmp_path))
