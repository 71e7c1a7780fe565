"""The reference of all settings, in Markdown, from the tables that hold them. ``odata-service settings-reference > docs/settings.md``"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from odata_service.config import KEY_ROWS, LIMITS, ROWS, TABLE_ROWS, USER_ROWS, variable

Rows = Mapping[str, "dataclasses.Field[Any]"]
_HEAD = """\
# Settings

Each is a flag of `odata-service serve` or `--set name=value`, a variable of the environment, and a key of the TOML file that `--config` or
`ODATA_CONFIG` names. A flag wins over the variable, and that over the file; `--show-config` prints what holds and who says so.
`odata-service settings-schema` prints a JSON Schema of the file for editors.
"""


def settings_page() -> str:
    return "\n".join(
        (
            _HEAD,
            *_table("variable", ROWS, lambda name: f"`{variable(name)}`"),
            "\n## Limits\n\nA request over one of these is refused, and the refusal names it. In the file they stand under `[limits]`.\n",
            *_table("variable", LIMITS, lambda name: f"`{variable(name)}`"),
            "\n## Tables of a database\n\nIn the file, `[tables.NAME]` for each.\n",
            *_table("key", TABLE_ROWS, lambda name: f"`{name}`"),
            "\n## Users\n\nIn the file, `[users.NAME]` for each; their passwords hashed by `odata-service hash-password`.\n",
            *_table("key", USER_ROWS, lambda name: f"`{name}`"),
            "\n## Keys of programs\n\nIn the file, `[keys.NAME]` for each.\n",
            *_table("key", KEY_ROWS, lambda name: f"`{name}`"),
            "",
        )
    )


def _table(title: str, rows: Rows, called: Any) -> Iterable[str]:
    yield f"| {title} | default | |\n|---|---|---|"
    for name, row in rows.items():
        help = row.metadata.get("help", "")
        yield f"| {called(name)} | {_default(row)} | {help.replace('|', chr(92) + '|')} |"


def _default(row: dataclasses.Field[Any]) -> str:
    value = row.default
    if value is dataclasses.MISSING or value in ("", (), None):
        return ""
    text = (
        ", ".join(value) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)
    )
    return f"`{text}`"
