"""Capability hosts of Foundry accounts and projects: where agents keep what they know; one each, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelform.sandbox.exchange import Refusal, Request
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.cognitiveservices import tables
from modelform.sandbox.providers.cognitiveservices.accounts import PROJECTS, TYPE
from modelform.sandbox.shapes import table
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

LEAF = "capabilityHosts"
LISTS = ("aiServicesConnections", "storageConnections", "threadStorageConnections", "vectorStoreConnections")

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    systemData~: any
    properties!
      capabilityHostKind: Agents|*
      customerSubnet: text
      description: text
      tags{}: text
      aiServicesConnections[]: text
      storageConnections[]: text
      threadStorageConnections[]: text
      vectorStoreConnections[]: text
      provisioningState~: text
    """
)


def _write(change: Change) -> None:
    parent = change.parent
    assert parent is not None
    own = change.kind.type
    if change.existing is not None:
        text = f"The capability host '{change.name}' cannot be updated. Delete it and create it again."
        raise Refusal(400, "BadRequest", text)
    if others := change.view.children(parent.key, own):
        state = others[0].state_at(change.now)
        text = (
            f"There is an existing Capability Host with name: {others[0].name}, provisioning state: {state} for "
            f"workspace: {parent.id}, cannot create a new Capability Host with name: {change.name} for the same "
            "ClientId."
        )
        raise Refusal(409, "Conflict", text)
    for name in LISTS:
        for connection in change.properties.get(name) or []:
            if not _is_known(change.view, parent, connection):
                raise Refusal(400, "BadRequest", f"The connection '{connection}' of '{name}' was not found.")
    change.default(capabilityHostKind="Agents")


def _is_known(view: View, parent: Resource, name: str) -> bool:
    """Is there a connection of this name in the project, or in the account?"""
    keys = [parent.key, *([parent.parent] if parent.type == PROJECTS else [])]
    return any(view.get(f"{key}/connections/{name.lower()}") is not None for key in keys)


def _busy(resource: Resource) -> Refusal:
    return Refusal(409, "Conflict", "Resource agents is in conflicting state")


def _leave(control: Control, view: View, resource: Resource, request: Request) -> None:
    """An account's host goes after those of its projects."""
    if resource.type != f"{TYPE}/{LEAF}":
        return
    for project in view.children(resource.parent, PROJECTS):
        if found := view.children(project.key, f"{PROJECTS}/{LEAF}"):
            text = f"The capability host '{resource.name}' is used by the capability host '{found[0].id}'."
            raise Refusal(409, "Conflict", text)


def _kind(parent: str) -> Kind:
    return Kind(
        type=f"{parent}/{LEAF}",
        versions=tables.PROJECT_VERSIONS,
        shape=BODY,
        evidence=Evidence.DOCUMENTED,
        name=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$",
        tracked=False,
        writes=Writes(Style.STATUS, at_once=False),
        deletes=Deletes(Style.LOCATION, at_once=False),
        busy=_busy,
        write=_write,
        leave=_leave,
    )


KINDS = (_kind(TYPE), _kind(PROJECTS))
