"""The one lifecycle of every resource type: PUT, PATCH, GET, HEAD, DELETE, list, as the type's row says."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from modelform.sandbox import operations, refusals, scopes
from modelform.sandbox.address import Address
from modelform.sandbox.exchange import Json, Refusal, Request, Response, fresh_id
from modelform.sandbox.kinds import Change, Kind, Style, region
from modelform.sandbox.names import canonical_id, check_name
from modelform.sandbox.shapes import Misfit, accept, visible
from modelform.sandbox.store import LINGERING, Operation, Resource, View

if TYPE_CHECKING:
    from modelform.sandbox.control import Control

GROUP = "Microsoft.Resources/resourceGroups"
ENVELOPE = ("location", "kind", "sku", "identity", "managedBy", "tags", "extendedLocation", "zones", "placement")


# reading


def get(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """One resource, or 404."""
    with control.store.read() as view:
        if kind.type in LINGERING:
            scopes.scope(view, address)
        resource = view.get(address.key) or _built_in(view, kind, address)
        if resource is None:
            raise absent(control, view, kind, address, "read")
        body = shown(control, view, kind, resource, request.api_version)
        return Response(200, body, operations.told_by_body(control, kind, resource))


def _built_in(view: View, kind: Kind, address: Address) -> Resource | None:
    if kind.everywhere is not None:
        found = kind.everywhere(address.subscription)
        return next((one for one in found if one.name.lower() == address.names[-1].lower()), None)
    if kind.built_in is None:
        return None
    parent = view.get(address.parent_key)
    return None if parent is None else kind.built_in(parent, address.names[-1])


def head(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """Whether a resource is there: 204 or 404, without a body."""
    with control.store.read() as view:
        return Response(204 if view.get(address.key) else 404)


def listing(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """A page of the resources of a type: below their parent, in a group, or in a whole subscription."""
    after = _page_after(request)
    top = request.parameter("$top")
    size = min(int(top), kind.page) if top and top.isdigit() and int(top) > 0 else kind.page
    with control.store.read() as view:
        if kind.reach:
            found = scopes.reached(view, kind, address, request, after)
        elif len(address.names) or address.group:
            parent = "/" + "/".join(address.segments[:-1]) if address.names else address.group_key
            above = view.get(parent.lower())
            if above is None:
                raise absent(control, view, kind, address, "read")
            found = view.children(parent.lower(), kind.type, after=after, limit=size + 1)
            if kind.built_in is not None and not after:
                found = [one for name in kind.built_ins if (one := kind.built_in(above, name)) is not None] + found
        else:
            found = view.of_type(address.subscription.lower(), kind.type, after=after, limit=size + 1)
        items = [shown(control, view, kind, one, request.api_version) for one in found[:size]]
    return page(request, items, found[size - 1].key if len(found) > size else None)


def page(request: Request, items: list[Json], last: str | None) -> Response:
    """A list answer, with the address of the next page if `last` says after which key it begins."""
    body: Json = {"value": items}
    if last is not None:
        token = base64.urlsafe_b64encode(last.encode()).decode()
        kept = {name: value for name, value in request.query.items() if name.lower() != "$skiptoken"}
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**kept, "$skipToken": token}.items())
        body["nextLink"] = f"{request.base}{request.path}?{query}"
    return Response(200, body)


def _page_after(request: Request) -> str:
    token = request.parameter("$skipToken")
    if not token:
        return ""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise refusals.bad_content("the $skipToken is not one that this service gave") from error


def shown(control: Control, view: View, kind: Kind, resource: Resource, version: str) -> Json:
    """A resource as an api-version answers it."""
    now = control.clock()
    stored = {**resource.body, "properties": {**(resource.body.get("properties") or {})}}
    kind.show(control, view, resource, stored)
    body: Json = {"id": resource.id, "name": resource.name, "type": kind.type}
    part = visible(kind.shape, stored, version)
    body.update({name: part[name] for name in ENVELOPE if part.get(name) is not None})
    if "properties" in part:
        body["properties"] = part["properties"]
        if kind.stateful:
            body["properties"]["provisioningState"] = resource.state_at(now)
        if kind.links:
            body["properties"]["privateEndpointConnections"] = _links(control, view, kind, resource, version)
    if kind.etag:
        body["etag"] = resource.etag
    if kind.system_data:
        body["systemData"] = {
            "createdBy": resource.author,
            "createdByType": "Application",
            "createdAt": operations.moment(resource.created),
            "lastModifiedBy": resource.author,
            "lastModifiedByType": "Application",
            "lastModifiedAt": operations.moment(resource.modified),
        }
    return body


def _links(control: Control, view: View, kind: Kind, resource: Resource, version: str) -> list[Json]:
    """The private endpoint connections of a resource, as they are by themselves."""
    inner = control.kind_of(kind.links)
    found = [shown(control, view, inner, one, version) for one in view.children(resource.key, kind.links)]
    return [{name: one[name] for name in kind.link_parts or one if name in one} for one in found]


def absent(control: Control, view: View, kind: Kind, address: Address, verb: str) -> Refusal:
    """The 404 that fits: the group, the parent or the resource itself is missing."""
    if kind.type == GROUP:
        return refusals.no_group(address.group)
    if address.group and view.get(address.group_key) is None:
        return refusals.no_group(address.group)
    names = address.names if address.is_item else address.names[:-1]
    if not address.is_item:
        owner = address.owner()
        return refusals.no_resource(owner.type, owner.names, address.group)
    if len(address.types) > 1 and view.get(address.parent_key) is None:
        return refusals.no_parent(verb, kind.type, address.parent_path)
    if kind.missing is not None:
        return kind.missing(names[-1])
    return refusals.no_resource(kind.type, names, address.group)


# writing


def put(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """Creates or replaces a resource."""
    return _write(control, request, kind, address, partial=False)


def patch(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """Changes parts of a resource."""
    return _write(control, request, kind, address, partial=True)


def _write(control: Control, request: Request, kind: Kind, address: Address, *, partial: bool) -> Response:
    sent = document(request)
    with control.store.write() as view:
        now = _moment(control, view)
        _guard_group(view, kind, address, now)
        parent = _parent(view, kind, address, now)
        scopes.unlocked(view, address, "write")
        existing = view.get(address.key)
        if existing is None and partial:
            raise absent(control, view, kind, address, "write")
        if existing is None:
            check_name(kind, address.names[-1])
        _conditions(request, existing)
        holder = _free(view, kind, address, existing, now, parent)
        body = _accepted(kind, sent, existing, partial)
        change = Change(control, view, request, kind, address, body, existing, parent, now)
        _place(change, partial)
        if existing is None:
            kind.restore(change)
        change.secrets = dict(change.existing.secrets) if change.existing else {}
        kind.write(change)
        resource, operation = _keep(change, holder, partial)
        return _written(change, resource, operation, partial)


def document(request: Request) -> Json:
    """The request's body as a JSON object."""
    try:
        sent = json.loads(request.body or b"null")
    except ValueError as error:
        raise refusals.bad_content(f"the body is not JSON ({error})") from error
    if not isinstance(sent, dict):
        raise refusals.bad_content("a JSON object is expected")
    return sent


def _accepted(kind: Kind, sent: Json, existing: Resource | None, partial: bool) -> Json:
    try:
        body: Json = accept(kind.shape, sent, partial=partial)
    except Misfit as problem:
        raise refusals.misfit(problem, kind.type) from problem
    if not partial or existing is None:
        return body
    refused = [name for name in body if name not in (*kind.patchable, "location")]
    if refused:
        raise refusals.bad_content(f"'{refused[0]}' cannot be changed by PATCH")
    return merged(json.loads(json.dumps(existing.body)), body)


def merged(old: Json, new: Json) -> Json:
    """A JSON merge patch, but for tags, which are replaced as a whole."""
    for name, value in new.items():
        if value is None:
            old.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict) and name != "tags":
            merged(old[name], value)
        else:
            old[name] = value
    return old


def _guard_group(view: View, kind: Kind, address: Address, now: float) -> None:
    if kind.type == GROUP or not address.group:
        return
    group = view.standing(address.group_key)
    if group is None:
        raise refusals.no_group(address.group)
    state, ready = group
    if state.partition("/")[0] == "Deleting" and now < ready:
        raise refusals.group_leaving(address.group)


def _parent(view: View, kind: Kind, address: Address, now: float) -> Resource | None:
    if kind.reach:
        return scopes.scope(view, address)
    if len(address.types) < 2:
        return None
    parent = view.get(address.parent_key)
    if parent is None:
        raise refusals.no_parent("write", kind.type, address.parent_path)
    if parent.ready > now:
        raise kind.busy(parent) if kind.busy else refusals.conflict(parent.id)
    return parent


def _conditions(request: Request, existing: Resource | None) -> None:
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    if match and (existing is None or match not in ("*", existing.etag)):
        raise refusals.precondition()
    if none_match and existing is not None and none_match in ("*", existing.etag):
        raise refusals.precondition()


def _free(
    view: View, kind: Kind, address: Address, existing: Resource | None, now: float, parent: Resource | None = None
) -> Resource | None:
    """The resource that takes one write at a time, if the type has one; refuses while a write goes on."""
    holder: Resource | None = None
    if kind.serial:
        depth = 2 * (kind.type.count("/") - kind.serial.count("/"))
        key = "/" + "/".join(address.segments[: len(address.segments) - depth]).lower()
        holder = next((one for one in (existing, parent) if one is not None and one.key == key), None) or view.get(key)
        if holder is not None and max(holder.busy, holder.ready) > now:
            raise kind.busy(holder) if kind.busy else refusals.conflict(holder.id)
    if existing is not None and existing.ready > now:
        if existing.going == "Deleting" and kind.type == GROUP:
            raise refusals.group_leaving(existing.name)
        raise kind.busy(existing) if kind.busy else refusals.conflict(existing.id)
    return holder


def _place(change: Change, partial: bool) -> None:
    """Checks the location: there, known, never changed; it is answered in lower case, or as it was sent."""
    kind, body, existing = change.kind, change.body, change.existing
    if not kind.tracked:
        return
    sent = str(body.get("location") or "")
    if not sent:
        if not partial:
            raise refusals.region_missing()
        return
    if existing is not None and region(existing.location) != region(sent):
        if kind.type == GROUP:
            raise refusals.group_move(existing.name, existing.location, sent)
        raise refusals.region_change(existing.name, existing.location, sent, change.address.group)
    known = kind.regions(change.control) if kind.regions else change.control.offers.regions
    if region(sent) not in known:
        raise refusals.no_region(sent, kind.type, known)
    body["location"] = change.kept("location", sent if kind.echo_location else region(sent))


def _keep(change: Change, holder: Resource | None, partial: bool) -> tuple[Resource, Operation | None]:
    """Writes the resource, and begins the operation if the change goes on after its answer."""
    kind, existing, control, now = change.kind, change.existing, change.control, change.now
    created = existing is None
    writes = kind.writes
    fresh = created or change.restored
    takes, end = operations.duration(control, change.request), operations.end(change.request)
    goes_on = not (writes.style is Style.NONE or (partial and writes.patched)) and (
        (takes > 0 and (fresh or writes.style is not Style.BODY)) or (fresh and not writes.at_once) or bool(end)
    )
    ends = now + takes if goes_on else now
    state = writes.state if fresh else writes.updating
    resource = Resource(
        key=change.key,
        id=existing.id if existing else canonical_id(change.address, kind),
        type=kind.type,
        name=existing.name if existing else change.name,
        subscription=change.address.subscription.lower(),
        grp=change.address.group.lower(),
        parent=change.address.parent_key,
        location=change.location or (change.parent.location if change.parent else ""),
        body=change.body,
        secrets=change.secrets,
        etag=f'"{fresh_id()}"',
        created=existing.created if existing else now,
        modified=now,
        author=existing.author if existing else change.request.principal,
        state=(f"{state}/{end}" if end else state) if goes_on else "Succeeded",
        ready=ends,
        busy=0.0,
    )
    change.view.put(resource)
    if holder is not None and holder.key != resource.key and ends > now:
        change.view.busy(holder.key, ends)
    operation = None
    if goes_on and writes.style is not Style.BODY:
        style = Style.LOCATION if partial else writes.style
        operation = operations.begin(change.view, change.request, change.request.method, style, resource.key, now, ends)
    elif goes_on and change.request.ordeal:
        change.request.ordeal.met = True
    return resource, operation if operation or not goes_on else None


def _written(change: Change, resource: Resource, operation: Operation | None, partial: bool) -> Response:
    kind, writes = change.kind, change.kind.writes
    created = change.existing is None or change.restored
    body = shown(change.control, change.view, kind, resource, change.request.api_version)
    if kind.stateful and resource.going != "Succeeded":
        body["properties"]["provisioningState"] = resource.going  # even where no time is to pass
    if operation is None:
        head = operations.told_by_body(change.control, kind, resource)
        return Response(writes.created if created else writes.updated, body, head)
    status = 202 if partial else writes.created if created else writes.asynchronous
    head = operations.headers(change.control, change.request, kind, resource.location, operation)
    return Response(status, None if operation.style == Style.LOCATION else body, head)


# deleting


def delete(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """Deletes a resource; one that is not there is 204, or as the type says."""
    with control.store.write() as view:
        now = _moment(control, view)
        existing = view.get(address.key)
        if existing is None:
            return _gone(control, view, request, kind, address)
        if not (existing.state == "Deleting" and existing.ready > now):
            _guard_group(view, kind, address, now)
            holder = _free(view, kind, address, existing, now)
            _conditions(request, existing)
            scopes.unlocked(view, address, "delete")
            kind.leave(control, view, existing, request)
            told = shown(control, view, kind, existing, request.api_version) if kind.deletes.tells else None
            takes = operations.duration(control, request) if kind.deletes.style is not Style.NONE else 0.0
            ends, end = now + takes, operations.end(request) if kind.deletes.style is not Style.NONE else ""
            if ends > now or end:
                state = f"Deleting/{end}" if end else "Deleting"
                view.put(replace(view.get(address.key) or existing, state=state, ready=ends))
                if holder is not None:
                    view.busy(holder.key, ends)
            else:
                kind.delete(control, view, view.get(address.key) or existing, now)
        else:
            ends, end, told = existing.ready, "", None
        if kind.deletes.style is Style.NONE or (ends <= now and kind.deletes.at_once and not end):
            return Response(200, told)
        operation = operations.begin(view, request, "DELETE", kind.deletes.style, address.key, now, ends)
        return Response(202, None, operations.headers(control, request, kind, existing.location, operation))


def _gone(control: Control, view: View, request: Request, kind: Kind, address: Address) -> Response:
    if kind.type == GROUP or (address.group and view.get(address.group_key) is None):
        raise refusals.no_group(address.group)
    answer = kind.gone(control, view, request, address)
    if answer is not None:
        return answer
    if len(address.types) > 1 and view.get(address.parent_key) is None:
        raise refusals.no_parent("delete", kind.type, address.parent_path)
    return Response(kind.deletes.absent)


def settle(control: Control) -> None:
    """Carries out the deletions and purges whose time has come."""
    if control.store.due(control.clock()):
        with control.store.write() as view:
            _moment(control, view)


def _moment(control: Control, view: View) -> float:
    """The moment of a write, when everything that is due has gone: what it finds is there to stay."""
    now = control.clock()
    if view.due(now):
        for grave in view.overdue(now):
            view.purge(grave)
        for resource in view.leaving(now):
            if view.get(resource.key) is not None:  # not gone already with its group
                control.kind_of(resource.type).delete(control, view, resource, resource.ready)
    return now
