"""Microsoft.ManagedIdentity: user-assigned identities, whose principals role assignments know."""

from __future__ import annotations

import uuid

from modelform.sandbox.identities import PRINCIPALS, USER_ASSIGNED
from modelform.sandbox.kinds import Change, Deletes, Evidence, Kind, Provider, Style, Writes
from modelform.sandbox.shapes import table

VERSIONS = ("2018-11-30", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview", "2024-11-30")

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    location: text
    tags{}: text
    systemData~: any
    properties
      tenantId~: text
      principalId~: text
      clientId~: text
      isolationScope@2024-11-30: None|Regional|*
    """
)


def _write(change: Change) -> None:
    kept = {name: change.kept(f"properties.{name}") or str(uuid.uuid4()) for name in ("principalId", "clientId")}
    change.body["properties"] = {**change.properties, "tenantId": change.control.tenant, **kept}
    change.view.take(PRINCIPALS, kept["principalId"], change.key)


IDENTITIES = Kind(
    type=USER_ASSIGNED,
    versions=VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$",
    writes=Writes(Style.NONE),
    deletes=Deletes(Style.NONE),
    stateful=False,
    system_data=True,
    write=_write,
)

PROVIDER = Provider("Microsoft.ManagedIdentity", (IDENTITIES,))
