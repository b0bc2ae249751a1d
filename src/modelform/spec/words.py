"""The words of the format: what names, ids, regions and tags look like wherever they stand."""

from __future__ import annotations

from modelform.spec.kinds import Text
from modelform.spec.records import Either, ListOf, MapOf

API_VERSION = "modelform/v1"
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?"
NAME_FORM = "letters, digits, hyphens and underscores, at most 64, starting and ending with a letter or digit"
DEPLOYMENT_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?"
DEPLOYMENT_FORM = (
    "letters, digits, dots, hyphens and underscores, at most 64, starting and ending with a letter or digit"
)
GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
PROVIDERS = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-ai/providers"
NETWORK_ID = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/vnet-ai"
RESOURCE_ID = r"/subscriptions/[^/]+(?:/[^/]+)+"

A_NAME = Text(NAME, NAME_FORM)
A_DEPLOYMENT_NAME = Text(DEPLOYMENT_NAME, DEPLOYMENT_FORM)
A_TEXT = Text()
A_ID = Text(RESOURCE_ID, "an ARM resource id", "/subscriptions/…/resourceGroups/…/providers/…")
A_PHYSICAL = Text(r"\S(?:.{0,258}\S)?", "a resource's name, without spaces at its ends")
A_LOCATION = Text(r"[A-Za-z][A-Za-z0-9 ]{2,39}", "an Azure region", "swedencentral")
LOGS_ID = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/log-ai"
A_LOGS_ID = Text(
    r"/subscriptions/[^/]+/[rR]esource[gG]roups/[^/]+/providers/[mM]icrosoft\.[oO]perational[iI]nsights/workspaces/[^/]+",
    "the ARM resource id of a Log Analytics workspace",
    LOGS_ID,
)
A_HOST = Text(
    r"(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    "a host's full name, or an IPv4 address",
    "search.contoso.com",
    255,
)
A_GUID = Text(GUID, "a GUID", "00000000-0000-4000-8000-000000000001")
A_TAGS = MapOf(Text(longest=256), "tag", r"[^<>%&\\?/\x00-\x1f]{1,512}", "up to 512 characters, none of <>%&\\?/")
A_BACKEND = Text(
    r"(?:file|azblob|s3|gs|https?)://.*|app\.pulumi\.com(?:/.*)?",
    "a backend of Pulumi's: https://…, azblob://…, s3://…, gs://… or file://…",
    "azblob://state?storage_account=stmodels",
)
A_SECRETS_PROVIDER = Text(
    r"passphrase|default|(?:azurekeyvault|awskms|gcpkms|hashivault)://.+",
    "passphrase, default, azurekeyvault://…, awskms://…, gcpkms://… or hashivault://…",
    "azurekeyvault://kv-state.vault.azure.net/keys/state",
)
MOST_TAGS = 50
A_FORMERLY = Either(scalar=A_DEPLOYMENT_NAME, sequence=ListOf(A_DEPLOYMENT_NAME, least=1))
