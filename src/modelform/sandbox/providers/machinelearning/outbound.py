"""Microsoft.MachineLearningServices/workspaces/outboundRules: what a workspace's managed network may reach."""

from __future__ import annotations

from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Style, Writes
from modelform.sandbox.providers.machinelearning import rules, tables

VERSIONS = tuple(version for version in tables.VERSIONS if version >= "2023-04-01-preview")


def _write(change: Change) -> None:
    workspace = change.parent
    assert workspace is not None
    rules.complete(change.properties, workspace.properties.get("managedNetwork") or {}, workspace.name)


KIND = Kind(
    type=rules.TYPE,
    versions=VERSIONS,
    shape=rules.BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$",
    tracked=False,
    writes=Writes(Style.LOCATION, created=202),
    deletes=Deletes(Style.LOCATION),
    stateful=False,
    system_data=True,
    write=_write,
)
