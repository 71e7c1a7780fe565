"""All schemes of a service together: who asks, or a refusal that says how to tell."""

from __future__ import annotations

from dataclasses import dataclass

from odata_service.auth.scheme import MOST_CHARACTERS, Asking, NotBelieved, Scheme
from odata_service.errors import Unauthorized
from odata_service.message import ANONYMOUS, Principal


@dataclass(frozen=True)
class Authentication:
    """Gives the caller of a request. Who says nothing is ``anonymous`` where that is allowed; all else is 401: nothing where
    something is needed, what nobody here understands, two things at once, or what is not true."""

    schemes: tuple[Scheme, ...]
    anonymous: bool = False

    def __call__(self, asking: Asking) -> Principal:
        said = [(each, found) for each in self.schemes if (found := each.credentials(asking)) is not None]
        if len(said) == 1:
            return self._caller(*said[0], asking)
        if said:
            raise self._refusal(NotBelieved("CredentialsAmbiguous", "the request says in two ways who sends it"))
        if self.anonymous and "Authorization" not in asking.headers:
            return ANONYMOUS
        raise self.invitation

    @property
    def invitation(self) -> Unauthorized:
        """For who has not said who he is, and needs to."""
        message = "the request has to say who sends it, in a way that WWW-Authenticate names"
        return self._refusal(NotBelieved("CredentialsMissing", message))

    def _caller(self, scheme: Scheme, credentials: str, asking: Asking) -> Principal:
        try:
            if len(credentials) > MOST_CHARACTERS:
                raise NotBelieved("CredentialsInvalid", f"nobody needs more than {MOST_CHARACTERS} characters for this")
            return scheme.caller(credentials, asking)
        except NotBelieved as reason:
            raise self._refusal(reason, scheme) from None

    def _refusal(self, reason: NotBelieved, scheme: Scheme | None = None) -> Unauthorized:
        """Every scheme is offered, the one that was tried with what was wrong."""
        offered = (
            f"{each.challenge}, {reason.parameters}" if each is scheme and reason.parameters else each.challenge
            for each in self.schemes
        )
        return Unauthorized(reason.code, reason.message, challenge=", ".join(offered))
