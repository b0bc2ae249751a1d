"""From where accounts and hubs can be reached, as far as their declarations say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from modelform.beside.declared import ACCOUNT, PRIVATE_ENDPOINT, WORKSPACE, Declared, Unknown, said
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Exposure

ACCESS = ("properties", "publicNetworkAccess")


def exposure(item: Declared) -> Exposure:
    """Public unless it says otherwise, which is ARM's own default and azurerm's; what is not known is told of apart."""
    access = item.at(*ACCESS)
    if isinstance(access, str) and access.lower() == "disabled":
        return "private"
    acls = item.at("properties", "networkAcls")
    denies = isinstance(acls, Mapping) and str(acls.get("defaultAction")).lower() == "deny"
    closed = isinstance(acls, Mapping) and denies and not acls.get("ipRules")
    return "private" if closed or isinstance(access, Unknown) or item.existing else "public"


def unclear(item: Declared, key: str) -> Iterator[Diagnostic]:
    """A word where it is not known whether an account or hub is public."""
    if item.unknown(*ACCESS) and not item.existing:
        yield said(f"{key}: whether it is public is not known", item, *ACCESS)


def ways_in(
    declared: Sequence[Declared], keys: Mapping[str, str], by_id: Mapping[str, Declared]
) -> Iterator[Diagnostic]:
    """A word where an account or hub is closed, and no private endpoint that is declared leads to it.

    `keys` are those of the accounts and hubs, by what their tool calls them.
    """
    reached: set[str] = set()
    for item in declared:
        if item.type != PRIVATE_ENDPOINT:
            continue
        reached |= {where for where in item.links.values() if where in keys}
        connections = item.at("properties", "privateLinkServiceConnections")
        for connection in connections if isinstance(connections, list) else ():
            target = replace(item, body=connection if isinstance(connection, Mapping) else {})
            found = by_id.get(target.text("properties", "privateLinkServiceId").lower())
            reached |= {found.where} if found else set()
    for item in declared:
        closed = item.text(*ACCESS).lower() == "disabled" and not item.existing
        if item.type in (ACCOUNT, WORKSPACE) and item.where in keys and closed and item.where not in reached:
            summary = f"{keys[item.where]}: closed to the internet, and no private endpoint to it is declared here"
            yield said(summary, item, *ACCESS, level=Severity.INFO)
