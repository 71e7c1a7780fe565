"""What stands behind an unexpected error, for services that are told to say so (``use_verbose_errors``)."""

from __future__ import annotations

import traceback


def inner_error(error: BaseException) -> dict[str, str]:
    """The names are those of WCF.

    >>> inner_error(KeyError("x"))
    {'message': "'x'", 'type': 'KeyError', 'stacktrace': ''}
    """
    lines = "".join(traceback.format_tb(error.__traceback__))
    return {"message": str(error), "type": type(error).__name__, "stacktrace": lines}
