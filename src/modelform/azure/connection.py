"""Where ARM is, and as whom we ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from modelform.errors import AccessError, UsageError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

AZURE_ENDPOINT: Final = "https://management.azure.com"
SANDBOX_ENDPOINT: Final = "https://management.sandbox.localhost"
SANDBOX_TENANT: Final = "00000000-0000-4000-8000-00000000aaaa"
SANDBOX_SUBSCRIPTION: Final = "00000000-0000-4000-8000-000000000001"
SANDBOX_CLIENT: Final = "00000000-0000-4000-8000-00000000cccc"


@dataclass(frozen=True)
class Connection:
    """An ARM endpoint, an identity for it, and the way there.

    `transport` is an azure-core `HttpTransport`; without one, HTTPS through `requests`. `audience` is what a token is
    asked for; default: the endpoint. The credential never shows in the text form.
    """

    endpoint: str
    tenant: str
    subscription: str
    credential: TokenCredential | None = field(default=None, repr=False)
    transport: Any = field(default=None, repr=False)
    target: Literal["sandbox", "azure"] = "azure"
    audience: str | None = None
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.username:
            raise UsageError(
                f"'{self.endpoint}' is no ARM endpoint",
                code="azure.endpoint",
                detail="it must be an https:// address with a host: a token is never sent without TLS",
            )

    @property
    def scope(self) -> str:
        """The OAuth scope of a token for this endpoint."""
        return f"{(self.audience or self.endpoint).rstrip('/')}/.default"


def azure_connection(tenant: str, subscription: str, environment: Mapping[str, str]) -> Connection:
    """Azure itself, as whom `DefaultAzureCredential` finds: environment, federated token, managed identity, `az login`.

    `environment` may name another endpoint (`AZURE_RESOURCE_MANAGER_ENDPOINT`, for sovereign clouds) and a file of
    certificate authorities (`REQUESTS_CA_BUNDLE`). Nothing is asked of the network here.
    """
    if not subscription:
        raise AccessError(
            "no Azure subscription is known",
            code="access.no-subscription",
            hint="set AZURE_SUBSCRIPTION_ID, or `subscription:` in the stack file",
        )
    import logging

    # Why no token could be had is in the error; without a handler, logging writes it to stderr once more.
    told = logging.getLogger("azure.identity")
    if not told.handlers:
        told.addHandler(logging.NullHandler())
    endpoint = environment.get("AZURE_RESOURCE_MANAGER_ENDPOINT", "") or AZURE_ENDPOINT
    return Connection(
        endpoint=endpoint.rstrip("/"),
        tenant=tenant,
        subscription=subscription,
        credential=LazyCredential(
            tenant, discover=environment.get("ARM_DISABLE_INSTANCE_DISCOVERY", "").lower() not in ("1", "true")
        ),
        target="azure",
        ca_bundle=environment.get("REQUESTS_CA_BUNDLE") or None,
    )


class LazyCredential:
    """`DefaultAzureCredential` for one tenant, loaded with the first token: that library imports slowly.

    Without `discover` the authority of `AZURE_AUTHORITY_HOST` is trusted as it is, and the public cloud is not asked
    about it: a private cloud or `sandbox serve`.
    """

    def __init__(self, tenant: str = "", *, discover: bool = True) -> None:
        self._tenant, self._discover = tenant, discover
        self._real: Any = None

    def _credential(self) -> Any:
        if self._real is None:
            from azure.identity import DefaultAzureCredential

            self._real = DefaultAzureCredential(
                additionally_allowed_tenants=[self._tenant] if self._tenant else [],
                disable_instance_discovery=not self._discover,
            )
        return self._real

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token for the scopes, of the connection's tenant."""
        if self._tenant:
            options.setdefault("tenant_id", self._tenant)
        return self._credential().get_token(*scopes, **options)

    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> Any:
        """The same, with what is known about the token."""
        asked = {"tenant_id": self._tenant, **(options or {})} if self._tenant else dict(options or {})
        return self._credential().get_token_info(*scopes, options=asked)

    def close(self) -> None:
        """Gives back the credential's own connections."""
        if self._real is not None:
            self._real.close()
