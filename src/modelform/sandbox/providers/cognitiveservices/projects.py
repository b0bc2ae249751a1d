"""Microsoft.CognitiveServices/accounts/projects: the projects of a Foundry account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelform.sandbox import identities, refusals
from modelform.sandbox.exchange import Json, Refusal
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.cognitiveservices import tables
from modelform.sandbox.providers.cognitiveservices.accounts import PROJECTS, TYPE
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control


def _write(change: Change) -> None:
    account = change.parent
    assert account is not None
    if account.body["kind"] != "AIServices" or not account.properties.get("allowProjectManagement"):
        text = (
            f"The account '{account.name}' cannot have projects: it must be of kind 'AIServices' with "
            "'allowProjectManagement' set to true."
        )
        raise Refusal(400, "ProjectManagementNotAllowed", text)
    if str((change.body.get("identity") or {}).get("type") or "None") == "None":
        raise refusals.bad_content("Required property 'identity' not found in JSON. Path 'identity'")
    siblings = change.view.children(account.key, PROJECTS)
    cap = change.control.offers.cap("projectsPerFoundryAccount", 250)
    if change.existing is None and len(siblings) >= cap:
        text = f"The account '{account.name}' has reached its limit of {cap} projects."
        raise Refusal(400, "ProjectLimitReached", text)
    identities.complete(change)
    change.properties["isDefault"] = change.kept("properties.isDefault", not siblings)


def _show(control: Control, view: View, resource: Resource, body: Json) -> None:
    account = view.get(resource.parent)
    subdomain = account.properties.get("customSubDomainName") if account else None
    host = f"{subdomain}.services.ai.azure.com"
    body["properties"]["endpoints"] = {"AI Foundry API": f"https://{host}/api/projects/{resource.name}"}


KIND = Kind(
    type=PROJECTS,
    versions=tables.PROJECT_VERSIONS,
    shape=tables.PROJECT,
    evidence=Evidence.RECORDED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$",
    echo_location=True,
    regions=lambda control: control.offers.account_regions,
    writes=Writes(Style.STATUS, updating="Accepted"),
    deletes=Deletes(Style.LOCATION),
    serial=TYPE,
    etag=True,
    system_data=True,
    write=_write,
    show=_show,
)
