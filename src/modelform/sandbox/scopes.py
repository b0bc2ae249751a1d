"""Scopes: what an extension resource hangs on, what its lists reach, and the locks that lie on a scope."""

from __future__ import annotations

import re

from modelform.sandbox import refusals
from modelform.sandbox.address import Address, parse
from modelform.sandbox.exchange import Request
from modelform.sandbox.kinds import Kind
from modelform.sandbox.store import Resource, View

LOCKS = "Microsoft.Authorization/locks"
FORBIDS = {"CanNotDelete": ("delete",), "ReadOnly": ("delete", "write", "action")}


def scope(view: View, address: Address) -> Resource | None:
    """The resource or group that an extension resource hangs on; None for a subscription. 404 if it is not there."""
    above = parse(address.parent_path)
    if len(above.segments) < 3:
        return None
    found = view.get(above.key)
    if found is None:
        if above.group and not above.types:
            raise refusals.no_group(above.group)
        raise refusals.no_resource(above.type, above.names, above.group)
    return found


def reached(view: View, kind: Kind, address: Address, request: Request, after: str) -> list[Resource]:
    """The extension resources that a list at a scope gives, by their keys."""
    place = "/" + "/".join(address.segments[:-3])
    key, asked = place.lower(), request.parameter("$filter") or ""
    if place.count("/") > 2 and view.get(key) is None:
        above = parse(place)
        if above.group and not above.types:
            raise refusals.no_group(above.group)
        raise refusals.no_resource(above.type, above.names, above.group)
    found = view.of_type(address.subscription.lower(), kind.type)
    exact = re.search(r"atexactscope", asked, re.IGNORECASE) is not None
    upwards = kind.reach == "around" and not exact
    downwards = kind.reach != "at" and not exact and not re.search(r"atscope", asked, re.IGNORECASE)
    kept = [
        one
        for one in [*(kind.everywhere(address.subscription) if kind.everywhere else ()), *found]
        if one.parent == key or (upwards and _is_under(key, one.parent)) or (downwards and _is_under(one.parent, key))
    ]
    if principal := re.search(r"(?:principalId eq|assignedTo\()\s*'([^']+)'", asked, re.IGNORECASE):
        kept = [one for one in kept if str(one.properties.get("principalId", "")).lower() == principal[1].lower()]
    if role := re.search(r"roleName eq '([^']+)'", asked, re.IGNORECASE):
        kept = [one for one in kept if str(one.properties.get("roleName", "")).lower() == role[1].lower()]
    if sort := re.search(r"type eq '([^']+)'", asked, re.IGNORECASE):
        kept = [one for one in kept if str(one.properties.get("type", "")).lower() == sort[1].lower()]
    return sorted((one for one in kept if one.key > after), key=lambda one: one.key)


def _is_under(key: str, scope: str) -> bool:
    return key.startswith(scope + "/")


def unlocked(view: View, address: Address, verb: str) -> None:
    """Refuses what a lock forbids: on the scope itself, above it, and for a deletion below it, too."""
    if address.type.lower() == LOCKS.lower() or not address.subscription:
        return
    found = [
        one
        for one in view.of_type(address.subscription.lower(), LOCKS)
        if verb in FORBIDS[one.properties["level"]]
        and (
            one.parent == address.key
            or _is_under(address.key, one.parent)
            or (verb == "delete" and _is_under(one.parent, address.key))
        )
    ]
    if found:
        word = "write" if verb == "action" else verb
        raise refusals.locked(address.path, word, sorted({one.id.rsplit("/providers/", 1)[0] for one in found}))
