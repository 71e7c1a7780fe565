"""What is installed is all that is needed: a wheel made of the source archive serves outside the checkout."""

from __future__ import annotations

import ast
import configparser
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
NOT_SOURCES = shutil.ignore_patterns(".*", "build", "dist", "var", "*.egg-info", "__pycache__", "node_modules")


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    return setup


def test_every_folder_with_modules_is_a_package(setup):
    """The packages are named one by one, and it is easy to forget the new one."""
    moved = {"samples": "odata_service.samples", "grammar": "odata_service.grammar"}
    found = set()
    for top in ("odata_service", *moved):
        modules = [each for each in (CHECKOUT / top).rglob("*.py") if "node_modules" not in each.parts]
        for module in modules:
            first, *rest = module.parent.relative_to(CHECKOUT).parts
            if not all(map(str.isidentifier, rest)):
                continue  # scripts, which nobody can import
            found.add(".".join([moved.get(first, first), *rest]))
    assert found == set(setup["options"]["packages"].split())


def test_every_library_is_required(setup):
    required = {line.partition(">")[0] for line in setup["options"]["install_requires"].split()}
    imported = {name for module in (CHECKOUT / "odata_service").rglob("*.py") for name in _libraries(module)}
    # Werkzeug is Flask's own lower half; PyJWT comes with the extra `auth`, argon2-cffi with `argon2`, httpx with `client`, and so on.
    of_extras = {"argon2", "jwt", "httpx", "zstandard", "prometheus_client", "opentelemetry"}
    assert imported - {"werkzeug", *of_extras} <= required


def _libraries(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "odata_service":
                yield top


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    copy = shutil.copytree(CHECKOUT, folder / "copy", ignore=NOT_SOURCES)
    build = "from setuptools.build_meta import build_sdist; build_sdist('..')"
    _run(sys.executable, "-c", build, cwd=copy)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def wheel(source_archive: Path) -> Path:
    folder = source_archive.parent
    with tarfile.open(source_archive) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    _run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        "..",
        ".",
        cwd=unpacked,
    )
    (wheel,) = unpacked.parent.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The folder of commands of a new environment with the wheel in it; its libraries are lent by ours."""
    environment = wheel.parent / "environment"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    _run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=wheel.parent,
    )
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "lent.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin"


def _run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_has_what_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    grammars = {f"odata_service/grammar/{path.name}" for path in (CHECKOUT / "grammar").glob("*.lark")}
    assert grammars
    browser = CHECKOUT / "odata_service/browser"
    modules = {f"odata_service/browser/{path.name}" for path in browser.iterdir() if path.is_file()}
    modules |= {f"odata_service/explorer/{path.name}" for path in (CHECKOUT / "odata_service/explorer").iterdir()}
    page = {f"odata_service/samples/field_notes/web/{name}" for name in ("index.html", "sw.js", "icon.svg")}
    assert "odata_service/browser/offline.js" in modules
    others = {"odata_service/py.typed", "odata_service/samples/people/rows.py"}
    assert grammars | modules | page | others <= names


def test_wheel_has_only_the_package(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"odata_service"}


def test_commands_work_outside_the_checkout(installed, tmp_path):
    assert "0." in _run(installed / "odata-service", "--version", cwd=tmp_path)
    assert "12" in _run(installed / "odata-service", "get", "-H", "Accept: text/plain", "People/$count", cwd=tmp_path)
    where = _run(installed / "python", "-c", "import odata_service; print(odata_service.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))


def test_serves_outside_the_checkout(installed, tmp_path):
    command = [installed / "odata-service", "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        root = server.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{root}People/$count") as answer:
            assert answer.read() == b"12"
        server.terminate()
    assert server.returncode == 0
