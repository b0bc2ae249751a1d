"""Microsoft.CognitiveServices below a subscription or a region: usages, models, capacities, deleted accounts, names."""

from __future__ import annotations

from modelform.sandbox import lifecycle, operations, refusals
from modelform.sandbox.exchange import Json, Refusal, Response
from modelform.sandbox.kinds import Call, Route, Style, region
from modelform.sandbox.providers.cognitiveservices import accounts, tables
from modelform.sandbox.providers.cognitiveservices.offered import account_model, unit_of
from modelform.sandbox.store import Grave

PREFIX = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"


def _region(call: Call) -> str:
    where = region(call.parameters["location"])
    known = call.control.offers.account_regions
    if where not in known:
        raise refusals.no_region(call.parameters["location"], accounts.TYPE, known)
    return where


def _usages(call: Call) -> Response:
    where, control = _region(call), call.control
    names: dict[str, str] = {}
    for model, skus in control.offers.offered(where):
        for sku in skus.values():
            names.setdefault(sku["quota"]["usageName"], f"{unit_of(sku)} - {model['name']}")
    subscription = call.parameters["subscription"].lower()
    with control.store.read() as view:
        used = view.used(subscription, where)
        counts = {kind: view.number(subscription, accounts.TYPE, where, kind) for kind in accounts.LIMITS}
    for usage in used:
        names.setdefault(usage, usage)
    items = [_usage(name, names[name], used.get(name, 0), control.offers.limit(name)) for name in sorted(names)]
    for kind, (cap, otherwise) in accounts.LIMITS.items():
        name = f"{kind}.S0.AccountCount"
        items.append(_usage(name, f"{kind} accounts", counts[kind], control.offers.cap(cap, otherwise)))
    return Response(200, {"value": items})


def _usage(name: str, title: str, used: int, limit: int) -> Json:
    return {
        "name": {"value": name, "localizedValue": title},
        "currentValue": used,
        "limit": limit,
        "unit": "Count",
    }


def _models(call: Call) -> Response:
    where, control = _region(call), call.control
    items: list[Json] = []
    for model, skus in control.offers.offered(where):
        shape = account_model(control, model, skus)
        kinds = ("OpenAI", "AIServices") if model["format"] == "OpenAI" else ("AIServices",)
        items += [{"kind": kind, "skuName": "S0", "model": shape} for kind in kinds]
    return Response(200, {"value": items})


def _capacities(call: Call) -> Response:
    """What may still be deployed of one model, by region and sku: the quota that is left, or the region's room."""
    control, query = call.control, call.request.parameter
    asked = {name: query(name) for name in ("modelFormat", "modelName", "modelVersion")}
    missing = [name for name, value in asked.items() if not value]
    if missing:
        text = f"The query parameter '{missing[0]}' is required."
        raise Refusal(400, "InvalidParameter", text, target=missing[0])
    model = control.offers.model(
        str(asked["modelFormat"]), str(asked["modelName"]), asked["modelVersion"], control.today()
    )
    skus = ((model or {}).get("deployment") or {}).get("skus") or {}
    only = region(call.parameters["location"]) if "location" in call.parameters else None
    subscription = call.parameters["subscription"]
    items: list[Json] = []
    taken: dict[str, dict[str, int]] = {}
    with control.store.read() as view:
        for name, sku in skus.items():
            for where in sku.get("regions") or ():
                if only is not None and where != only:
                    continue
                usage = sku["quota"]["usageName"]
                if where not in taken:
                    taken[where] = view.used(subscription.lower(), where)
                used = taken[where].get(usage, 0)
                left, room = control.offers.limit(usage) - used, control.offers.room(where, name)
                left = left if room is None else min(left, room - used)
                items.append(_capacity(subscription, where, model or {}, name, max(left, 0)))
    return Response(200, {"value": items})


def _capacity(subscription: str, where: str, model: Json, sku: str, left: int) -> Json:
    name = f"{model['format']}.{model['name']}.{model['version']}"
    path = f"/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{where}/models/{name}"
    return {
        "id": f"{path}/skuCapacities/{sku}",
        "type": "Microsoft.CognitiveServices/locations/models/skuCapacities",
        "name": sku,
        "location": where,
        "properties": {
            "model": {"format": model["format"], "name": model["name"], "version": model["version"]},
            "skuName": sku,
            "availableCapacity": left,
        },
    }


def _skus(call: Call) -> Response:
    items = [
        {
            "resourceType": "accounts",
            "name": "S0",
            "tier": "Standard",
            "kind": kind,
            "locations": [where.upper()],
            "restrictions": [],
        }
        for kind in accounts.LIMITS
        for where in call.control.offers.account_regions
    ]
    return Response(200, {"value": items})


def _sku_availability(call: Call) -> Response:
    where, sent = region(call.parameters["location"]), lifecycle.document(call.request)
    here = where in call.control.offers.account_regions
    items = []
    for sku in sent.get("skus") or []:
        fine = here and sku == "S0" and sent.get("kind") in accounts.LIMITS
        item = {"kind": sent.get("kind"), "type": sent.get("type"), "skuName": sku, "skuAvailable": fine}
        items.append(
            item if fine else {**item, "reason": "NotAvailableForSubscription", "message": "not available here"}
        )
    return Response(200, {"value": items})


def _domain(call: Call) -> Response:
    sent = lifecycle.document(call.request)
    name = str(sent.get("subdomainName") or "")
    with call.control.store.read() as view:
        held = view.holder("cognitive-subdomain", name) is not None
    fine = bool(accounts.SUBDOMAIN.fullmatch(name)) and not held
    body = {"isSubdomainAvailable": fine, "subdomainName": name, "type": sent.get("type"), "kind": sent.get("kind")}
    if not fine:
        body["reason"] = (
            f"Sub domain name '{name}' is {'already used. Please pick a different name.' if held else 'not valid.'}"
        )
    return Response(200, body)


# deleted accounts


def _deleted_item(call: Call, found: Grave) -> Json:
    old = found.resource
    body = {name: old.body[name] for name in ("location", "kind", "sku", "identity", "tags") if old.body.get(name)}
    group = old.id.split("/")[4]
    return {
        "id": f"/subscriptions/{old.id.split('/')[2]}/providers/Microsoft.CognitiveServices"
        f"/locations/{region(old.location)}/resourceGroups/{group}/deletedAccounts/{old.name}",
        "name": old.name,
        "type": "Microsoft.CognitiveServices/deletedAccounts",
        "etag": old.etag,
        **body,
        "properties": {
            "provisioningState": "Succeeded",
            "deletionDate": operations.moment(found.deleted),
            "scheduledPurgeDate": operations.moment(found.purge),
            **{name: value for name, value in old.properties.items() if name == "customSubDomainName"},
        },
    }


def _deleted_list(call: Call) -> Response:
    prefix = f"/subscriptions/{call.parameters['subscription'].lower()}/providers/microsoft.cognitiveservices/"
    with call.control.store.read() as view:
        found = view.graves(prefix)
    return Response(200, {"value": [_deleted_item(call, one) for one in found]})


def _deleted_key(call: Call) -> str:
    segments = [*call.address.segments]
    segments[5] = region(segments[5])
    return ("/" + "/".join(segments)).lower()


def _deleted_one(call: Call) -> Response:
    with call.control.store.read() as view:
        found = view.grave(_deleted_key(call))
    if found is None:
        raise _not_deleted(call)
    return Response(200, _deleted_item(call, found))


def _not_deleted(call: Call) -> Refusal:
    names = (call.parameters["location"], call.parameters["group"], call.parameters["name"])
    text = f"The deleted account '{names[2]}' of resource group '{names[1]}' in location '{names[0]}' was not found."
    return Refusal(404, "ResourceNotFound", text)


def _purge(call: Call) -> Response:
    control, key = call.control, _deleted_key(call)
    with control.store.write() as view:
        if view.grave(key) is None:
            return Response(204)
        view.purge(key)
        if control.latency <= 0:
            return Response(200)
        ends = call.now + control.latency
        operation = operations.begin(view, call.request, "DELETE", Style.LOCATION, key, call.now, ends)
    head = operations.headers(control, call.request, accounts.KIND, region(call.parameters["location"]), operation)
    return Response(202, None, head)


DELETED = PREFIX + "/locations/{location}/resourceGroups/{group}/deletedAccounts/{name}"
ROUTES = tuple(
    Route(method, pattern, handle, tables.VERSIONS)
    for method, pattern, handle in (
        ("GET", PREFIX + "/locations/{location}/usages", _usages),
        ("GET", PREFIX + "/locations/{location}/models", _models),
        ("GET", PREFIX + "/modelCapacities", _capacities),
        ("GET", PREFIX + "/locations/{location}/modelCapacities", _capacities),
        ("GET", PREFIX + "/skus", _skus),
        ("POST", PREFIX + "/locations/{location}/checkSkuAvailability", _sku_availability),
        ("POST", PREFIX + "/checkDomainAvailability", _domain),
        ("GET", PREFIX + "/deletedAccounts", _deleted_list),
        ("GET", DELETED, _deleted_one),
        ("DELETE", DELETED, _purge),
    )
)
