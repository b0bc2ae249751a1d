"""ARM's metadata endpoint, by which tools learn where the sandbox's ARM and its login are.

Each api-version has a shape of its own: azure-ai-ml reads a list of clouds (2019-05-01), the Pulumi provider and
Terraform one cloud (2022-09-01), the az CLI's `cloud register` either that or the first one (2015-01-01).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelform.sandbox.exchange import Json
from modelform.sandbox.tokens import base_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

PATH = "/metadata/endpoints"
CLOUD = "Sandbox"  # a name that no cloud of Azure has: tools keep what they know about those
VERSION = "2022-09-01"
SUFFIXES = {
    "acrLoginServer": "azurecr.io",
    "attestationEndpoint": "attest.azure.net",
    "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
    "keyVaultDns": "vault.azure.net",
    "mhsmDns": "managedhsm.azure.net",
    "mysqlServerEndpoint": "mysql.database.azure.com",
    "postgresqlServerEndpoint": "postgres.database.azure.com",
    "sqlServerHostname": "database.windows.net",
    "storage": "core.windows.net",
    "storageSyncEndpointSuffix": "afs.azure.net",
}


def first(base: str) -> Json:
    """The shape of 2015-01-01."""
    return {
        "galleryEndpoint": f"{base}/",
        "graphEndpoint": f"{base}/graph/",
        "portalEndpoint": f"{base}/",
        "authentication": {"loginEndpoint": f"{base}/", "audiences": [base]},
    }


def cloud(base: str) -> Json:
    """The shape of 2022-09-01, which the later ones keep."""
    return {
        "name": CLOUD,
        "portal": base,
        "resourceManager": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base, f"{base}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": f"{base}/graph/",
        "graphAudience": f"{base}/graph/",
        "microsoftGraphResourceId": f"{base}/graph/",
        "activeDirectoryDataLake": base,
        "batch": base,
        "gallery": base,
        "media": base,
        "sqlManagement": base,
        "vmImageAliasDoc": base,
        "suffixes": dict(SUFFIXES),
    }


def clouds(base: str) -> list[Json]:
    """The shape of 2019-05-01: a list of clouds, of which there is one here."""
    return [cloud(base)]


SHAPES: dict[str, Callable[[str], Any]] = {"2015-01-01": first, "2019-05-01": clouds, "2020-06-01": clouds}


def routes() -> list[BaseRoute]:
    """The metadata endpoint's route; it needs no token, and answers with the address under which it was asked."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def endpoints(request: Request) -> Response:
        shape = SHAPES.get(request.query_params.get("api-version", VERSION), cloud)
        return JSONResponse(shape(base_of(request)))

    return [Route(PATH, endpoints)]
