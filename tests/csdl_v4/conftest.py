"""The OASIS schemas and vocabularies, from the npm packages that carry them; without npm the tests are skipped."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("odata-csdl@0.11.2", "@sap-ux/odata-vocabularies@1.1.1")
VOCABULARIES = """
const names = ["Core", "Capabilities", "Aggregation", "Validation", "Measures"].map((name) => `Org.OData.${name}.V1`);
const read = (name) => require(`@sap-ux/odata-vocabularies/dist/resources/${name}`).default[name];
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, read(name)]))));
"""


@pytest.fixture(scope="session")
def npm(request: pytest.FixtureRequest) -> Path:
    """The folder where the packages are installed, once for all runs."""
    folder: Path = request.config.cache.mkdir("csdl")  # type: ignore[union-attr]
    if not (folder / "installed").exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
        if subprocess.run(command, check=False, timeout=180).returncode:
            pytest.skip("npm has no registry")
        (folder / "installed").touch()
    return folder / "node_modules"


@pytest.fixture(scope="session")
def node(npm: Path) -> Callable[..., Any]:
    """Run JavaScript beside the packages; what it prints is JSON."""

    def run(script: str, *arguments: str) -> Any:
        command = ["node", "-e", script, *arguments]
        done = subprocess.run(command, cwd=npm.parent, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def vocabularies(node: Callable[..., Any]) -> dict[str, Any]:
    return node(VOCABULARIES)  # type: ignore[no-any-return]
