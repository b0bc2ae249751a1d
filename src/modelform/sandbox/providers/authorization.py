"""Microsoft.Authorization: role assignments, the roles that there are, and locks, on any scope."""

from __future__ import annotations

import re

from modelform.sandbox import operations
from modelform.sandbox.exchange import Refusal
from modelform.sandbox.identities import PRINCIPALS
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.scopes import LOCKS
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource

ASSIGNMENTS, DEFINITIONS = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"
GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
ASSIGNMENT_VERSIONS = (
    *("2015-07-01", "2018-01-01-preview", "2020-04-01-preview", "2020-08-01-preview", "2020-10-01-preview"),
    "2022-04-01",
)
FIXED = ("principalId", "roleDefinitionId")
SERVICE_PRINCIPAL = "ServicePrincipal"

# The built-in roles that model deployments meet: Microsoft's GUIDs and names.
ROLES = {
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": "Cognitive Services OpenAI User",
    "a001fd3d-188f-4b5d-821b-7da978bf7442": "Cognitive Services OpenAI Contributor",
    "a97b65f3-24c7-4388-baec-2e87135dc908": "Cognitive Services User",
    "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68": "Cognitive Services Contributor",
    "64702f94-c441-49e6-a78b-ef80e0188fee": "Azure AI Developer",
    "53ca6127-db72-4b80-b1b0-d745d6d5456d": "Azure AI User",
    "eadc314b-1a2d-4efa-be10-5d325db5065e": "Azure AI Project Manager",
    "b78c5d69-af96-48a3-bf8d-a8b4d589de94": "Azure AI Administrator",
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": "AzureML Data Scientist",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
}

ASSIGNMENT = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      scope~: text
      roleDefinitionId!: text
      principalId!: text
      principalType: User|Group|ServicePrincipal|ForeignGroup|Device|AgentUser|AgentServicePrincipal|*
      condition: text
      conditionVersion: text
      description: text
      createdOn~: text
      updatedOn~: text
      createdBy~: text
      updatedBy~: text
      delegatedManagedIdentityResourceId: text
    """
)

DEFINITION = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      roleName!: text
      description: text
      type: text
      permissions[]
        actions[]: text
        notActions[]: text
        dataActions[]: text
        notDataActions[]: text
      assignableScopes[]!: text
      createdOn~: text
      updatedOn~: text
      createdBy~: text
      updatedBy~: text
    """
)

LOCK = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      level!: NotSpecified|CanNotDelete|ReadOnly
      notes: text 0..512
      owners[]
        applicationId: text
    """
)


def built_in_roles(subscription: str) -> list[Resource]:
    """The built-in roles, as a subscription has them."""
    prefix = f"/subscriptions/{subscription}/providers/{DEFINITIONS}"
    return [
        Resource(
            key=f"{prefix}/{id}".lower(),
            id=f"{prefix}/{id}",
            type=DEFINITIONS,
            name=id,
            subscription=subscription.lower(),
            grp="",
            parent=f"/subscriptions/{subscription}".lower(),
            location="",
            body={
                "properties": {
                    "roleName": name,
                    "type": "BuiltInRole",
                    "description": "",
                    "assignableScopes": ["/"],
                    "permissions": [{"actions": [], "notActions": [], "dataActions": [], "notDataActions": []}],
                }
            },
        )
        for id, name in ROLES.items()
    ]


def _write_assignment(change: Change) -> None:
    properties, subscription = change.properties, change.address.subscription
    role = str(properties["roleDefinitionId"]).rstrip("/").rsplit("/", 1)[-1].lower()
    custom = next((one for one in change.view.of_type(subscription.lower(), DEFINITIONS) if one.name == role), None)
    if role not in ROLES and custom is None:
        raise _no_definition(role)
    properties["roleDefinitionId"] = f"/subscriptions/{subscription}/providers/{DEFINITIONS}/{role}"
    for name in FIXED:
        old = change.kept(f"properties.{name}")
        if old is not None and str(old).lower() != str(properties[name]).lower():
            text = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            raise Refusal(400, "RoleAssignmentUpdateNotPermitted", text)
    _principal(change)
    scope = f"assignment {change.address.parent_key}"
    name = f"{properties['principalId']} {role}"
    holder = change.view.holder(scope, name)
    if holder is not None and holder != change.key:
        raise Refusal(409, "RoleAssignmentExists", "The role assignment already exists.")
    change.view.take(scope, name, change.key)
    _stamp(change)
    properties["scope"] = change.address.parent_path


def _principal(change: Change) -> None:
    """The principal: an identity of the sandbox is a service principal, anybody else whoever the caller says."""
    properties = change.properties
    principal = str(properties["principalId"])
    if not GUID.fullmatch(principal):
        text = f"The principal ID '{principal}' is not valid. Principal ID must be a GUID."
        raise Refusal(400, "InvalidPrincipalId", text)
    is_known = change.view.holder(PRINCIPALS, principal) is not None
    sent = properties.get("principalType")
    if is_known and sent not in (None, SERVICE_PRINCIPAL):
        text = (
            f"The PrincipalId '{principal.replace('-', '')}' has type '{SERVICE_PRINCIPAL}', which is different from "
            f"specified PrinciaplType '{sent}'."
        )
        raise Refusal(400, "UnmatchedPrincipalType", text)
    if not is_known and sent is None:
        tenant = change.control.tenant
        raise Refusal(
            400,
            "PrincipalNotFound",
            f"Principal {principal.replace('-', '')} does not exist in the directory {tenant}. Check that you have "
            "the correct principal ID. If you are creating this principal and then immediately assigning a role, this "
            "error might be related to a replication delay. In this case, set the role assignment principalType "
            "property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        )
    properties["principalType"] = sent or SERVICE_PRINCIPAL


def _stamp(change: Change) -> None:
    now, who = operations.moment(change.now), change.request.principal
    change.properties.update(
        createdOn=change.kept("properties.createdOn") or now,
        createdBy=change.kept("properties.createdBy") or who,
        updatedOn=now,
        updatedBy=who,
    )


def _bad_guid(name: str) -> Refusal:
    text = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
    return Refusal(400, "InvalidRoleAssignmentId", text)


def _no_assignment(name: str) -> Refusal:
    return Refusal(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")


def _no_definition(name: str) -> Refusal:
    text = f"The specified role definition with ID '{name.replace('-', '')}' does not exist."
    return Refusal(404, "RoleDefinitionDoesNotExist", text)


def _write_definition(change: Change) -> None:
    if change.name.lower() in ROLES:
        text = f"The role definition '{change.name}' is built in and cannot be changed."
        raise Refusal(400, "RoleDefinitionUpdateNotPermitted", text)
    name = str(change.properties["roleName"])
    holder = change.view.holder(f"role {change.address.subscription}", name)
    taken = name.lower() in (one.lower() for one in ROLES.values())
    if taken or (holder is not None and holder != change.key):
        text = f"A custom role with the same name '{name}' already exists in this directory. Use a different name."
        raise Refusal(409, "RoleDefinitionWithSameNameExists", text)
    change.view.take(f"role {change.address.subscription}", name, change.key)
    change.properties["type"] = "CustomRole"
    _stamp(change)


def _write_lock(change: Change) -> None:
    if change.properties["level"] == "NotSpecified":
        raise Refusal(400, "LockLevelNotSpecified", "The lock level must be 'CanNotDelete' or 'ReadOnly'.")


ROLE_ASSIGNMENTS = Kind(
    type=ASSIGNMENTS,
    versions=ASSIGNMENT_VERSIONS,
    shape=ASSIGNMENT,
    evidence=Evidence.DOCUMENTED,
    name=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    bad_name=_bad_guid,
    missing=_no_assignment,
    tracked=False,
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.NONE, tells=True),
    stateful=False,
    reach="around",
    write=_write_assignment,
)

ROLE_DEFINITIONS = Kind(
    type=DEFINITIONS,
    versions=("2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview"),
    shape=DEFINITION,
    evidence=Evidence.DOCUMENTED,
    name=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    missing=_no_definition,
    tracked=False,
    writes=Writes(Style.NONE, updated=201),
    deletes=Deletes(Style.NONE, tells=True),
    stateful=False,
    reach="around",
    everywhere=built_in_roles,
    write=_write_definition,
)

LOCKED = Kind(
    type=LOCKS,
    versions=("2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"),
    shape=LOCK,
    evidence=Evidence.DOCUMENTED,
    name=r"^[^<>%&\\?/]{1,90}$",
    tracked=False,
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.NONE),
    stateful=False,
    system_data=True,
    reach="below",
    write=_write_lock,
)

PROVIDER = Provider("Microsoft.Authorization", (ROLE_ASSIGNMENTS, ROLE_DEFINITIONS, LOCKED))
