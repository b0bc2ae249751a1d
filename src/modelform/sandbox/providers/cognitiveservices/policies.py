"""Microsoft.CognitiveServices/accounts/raiPolicies: content filters, the two of the service and a team's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelform.sandbox.exchange import Json, Refusal, Request
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.cognitiveservices import tables
from modelform.sandbox.providers.cognitiveservices.accounts import DEPLOYMENTS, TYPE
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

POLICIES = TYPE + "/raiPolicies"
DEFAULT = "Microsoft.DefaultV2"
SYSTEM = ("Microsoft.Default", DEFAULT)
HARMS = ("Hate", "Sexual", "Violence", "Selfharm")
DETECTORS = (
    ("Jailbreak", "Prompt", True),
    ("Protected Material Text", "Completion", True),
    ("Protected Material Code", "Completion", False),
)
SOURCES = ("Prompt", "Completion", "PreToolCall", "PostToolCall", "PreRun", "PostRun")


def exists(view: View, account: Resource, name: str) -> bool:
    """Is there a policy of this name for the deployments of an account?"""
    if name.lower() in (one.lower() for one in SYSTEM):
        return True
    return view.get(f"{account.key}/raipolicies/{name.lower()}") is not None


def filters(blocking: bool = True) -> list[Json]:
    """The filters that the service's own policies have."""
    harms = [
        {"name": name, "enabled": True, "blocking": blocking, "severityThreshold": "Medium", "source": source}
        for source in ("Prompt", "Completion")
        for name in HARMS
    ]
    return harms + [{"name": name, "enabled": True, "blocking": stop, "source": at} for name, at, stop in DETECTORS]


def _write(change: Change) -> None:
    if change.name.lower() in (one.lower() for one in SYSTEM):
        text = f"The policy '{change.name}' is managed by the service and cannot be changed."
        raise Refusal(400, "InvalidResourceProperties", text)
    base = change.properties.get("basePolicyName")
    if base and base.lower() not in (one.lower() for one in SYSTEM):
        raise Refusal(400, "InvalidResourceProperties", f"The base policy '{base}' does not exist.")
    for one in [*change.properties.get("contentFilters", []), *change.properties.get("customBlocklists", [])]:
        if not (one.get("name") or one.get("blocklistName")) or one.get("source") not in SOURCES:
            name = one.get("name") or one.get("blocklistName")
            text = f"The content filter '{name}' is incomplete or has an unknown source."
            raise Refusal(400, "Resource has invalid content filter", text)
    change.default(mode="Default", basePolicyName=DEFAULT)
    own = {(one["name"].lower(), one["source"]): one for one in change.properties.get("contentFilters", [])}
    filled = [own.pop((one["name"].lower(), one["source"]), one) for one in filters()]
    change.properties["contentFilters"] = filled + list(own.values())
    change.properties["type"] = "UserManaged"


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    users = [
        one.id
        for one in view.children(resource.parent, DEPLOYMENTS)
        if str(one.properties.get("raiPolicyName", "")).lower() == resource.name.lower()
    ]
    if users:
        text = f"The policy '{resource.name}' is used by the deployments '{', '.join(users[:5])}'."
        raise Refusal(409, "CannotDeleteResource", text)


def found(account: Resource, name: str) -> Resource | None:
    """One of the service's own policies, as a resource of an account."""
    canonical = next((one for one in SYSTEM if one.lower() == name.lower()), None)
    if canonical is None:
        return None
    properties = {"type": "SystemManaged", "mode": "Default", "contentFilters": filters()}
    return Resource(
        key=f"{account.key}/raipolicies/{canonical.lower()}",
        id=f"{account.id}/raiPolicies/{canonical}",
        type=POLICIES,
        name=canonical,
        subscription=account.subscription,
        grp=account.grp,
        parent=account.key,
        location=account.location,
        body={"properties": properties},
        etag=account.etag,
        created=account.created,
        modified=account.created,
        author=account.author,
    )


KIND = Kind(
    type=POLICIES,
    versions=tables.VERSIONS,
    shape=tables.POLICY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$",
    tracked=False,
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.LOCATION, at_once=False),
    serial=TYPE,
    stateful=False,
    etag=True,
    system_data=True,
    write=_write,
    leave=_leave,
    built_in=found,
    built_ins=SYSTEM,
)
