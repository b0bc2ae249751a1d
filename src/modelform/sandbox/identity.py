"""Who the sandbox is: its tenant, its default subscription, its client, its address and the token of this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo

TENANT = "00000000-0000-4000-8000-00000000aaaa"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
CLIENT = "00000000-0000-4000-8000-00000000cccc"
OBJECT = "00000000-0000-4000-8000-00000000dddd"
ENDPOINT = "https://management.sandbox.localhost"

TOKEN = "modelform-sandbox"  # not a secret: it opens a loopback sandbox, and nothing else


class Credential:
    """The token credential for in-process use: every scope gets the token that the sandbox accepts."""

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Gives the sandbox's own token, good for an hour."""
        from azure.core.credentials import AccessToken

        return AccessToken(TOKEN, int(time.time()) + 3600)

    def get_token_info(self, *scopes: str, **kwargs: Any) -> AccessTokenInfo:
        """The same token in azure-core's newer shape."""
        from azure.core.credentials import AccessTokenInfo

        return AccessTokenInfo(TOKEN, int(time.time()) + 3600)

    def close(self) -> None:
        """Holds nothing open."""


def principal_of(token: str) -> str | None:
    """The client id that a bearer token stands for, or None if the sandbox does not accept it."""
    return CLIENT if token == TOKEN else None
