"""``odata-service``, and ``python -m odata_service``."""

from __future__ import annotations

import gc


def main() -> None:
    """Nothing that is imported is thrown away again: to look for garbage meanwhile is a tenth of the start."""
    gc.disable()
    from odata_service.cli import main as commands

    gc.enable()
    commands()


if __name__ == "__main__":
    main()
