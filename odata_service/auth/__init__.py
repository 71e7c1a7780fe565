"""Who asks: passwords, keys and signed tokens, behind one door. ::

    who = Authentication((Basic({"ada": Account(hashed, frozenset({"clerk"}))}), Bearer({"RS256": public_key})))
    app.register_blueprint(service.blueprint("v4", principal=who), url_prefix="/v4")

Nothing here knows a web framework: a request is what has headers and the address it came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odata_service.late import late

if TYPE_CHECKING:
    from odata_service.auth.accounts import Account
    from odata_service.auth.authentication import Authentication
    from odata_service.auth.basic import Basic
    from odata_service.auth.bearer import Bearer
    from odata_service.auth.guesses import Guesses
    from odata_service.auth.keys import ApiKeys
    from odata_service.auth.scheme import Asking, NotBelieved, Scheme

_HOMES = {
    "Account": "accounts",
    "ApiKeys": "keys",
    "Asking": "scheme",
    "Authentication": "authentication",
    "Basic": "basic",
    "Bearer": "bearer",
    "Guesses": "guesses",
    "NotBelieved": "scheme",
    "Scheme": "scheme",
}

__all__ = ["Account", "ApiKeys", "Asking", "Authentication", "Basic", "Bearer", "Guesses", "NotBelieved", "Scheme"]

__getattr__, __dir__ = late(__name__, _HOMES)
