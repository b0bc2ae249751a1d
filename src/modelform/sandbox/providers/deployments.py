"""Microsoft.Resources/deployments: ARM templates, each resource made through the sandbox's own handlers.

The resources of a template are made while its PUT is answered, one after the other; what takes time is the deployment,
a latency for each link of its longest chain.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelform.sandbox import lifecycle, operations, refusals
from modelform.sandbox.address import Address, parse
from modelform.sandbox.exchange import Json, Ordeal, Refusal, Request, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Route, Style, Writes
from modelform.sandbox.names import check_name
from modelform.sandbox.providers.deploying import SECURE, Made, Run, Step, invalid, ordered
from modelform.sandbox.providers.parts import ARM_VERSIONS
from modelform.sandbox.shapes import Misfit, accept, table
from modelform.sandbox.store import Resource, View

if TYPE_CHECKING:
    from modelform.armtemplate import Evaluated, Scope
    from modelform.armtemplate import Resource as Declared
    from modelform.sandbox.control import Control

TYPE = "Microsoft.Resources/deployments"
PREFIX = "/subscriptions/{subscription}"
FAILED = (
    "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
    "https://aka.ms/arm-deployment-operations for usage details."
)
STATUSES = {200: "OK", 201: "Created", 202: "Accepted", 400: "BadRequest", 403: "Forbidden", 404: "NotFound"}
STATUSES |= {409: "Conflict", 412: "PreconditionFailed", 429: "TooManyRequests"}

BODY = table(
    """
    id~: text
    name~: text
    type~: text
    location: text
    tags{}: text
    properties!
      mode!: Incremental|Complete
      template^: any
      templateLink^: any
      parameters: any
      parametersLink^: any
      debugSetting^: any
      onErrorDeployment^: any
      expressionEvaluationOptions^: any
      validationLevel^: text
      provisioningState~: text
      templateHash~: text
      timestamp~: text
      duration~: text
      correlationId~: text
      providers~: any
      dependencies~: any
      outputs~: any
      outputResources~: any
      error~: any
    """
)


def _sent(request: Request, kind: Kind, address: Address) -> Json:
    """The body, if it is one that can be deployed."""
    check_name(kind, address.names[-1])
    try:
        body: Json = accept(kind.shape, lifecycle.document(request))
    except Misfit as problem:
        raise refusals.misfit(problem, kind.type) from problem
    properties = body["properties"]
    if not isinstance(properties.get("template"), dict):
        if properties.get("templateLink"):
            raise Refusal(400, "InvalidContentLink", "The sandbox cannot fetch templates: send the template itself.")
        raise refusals.bad_content("Required property 'template' not found in JSON. Path 'properties.template'")
    if properties["mode"] == "Complete":
        text = "The sandbox carries out incremental deployments only: 'Complete' would delete what the template lacks."
        raise Refusal(400, "InvalidDeploymentMode", text)
    if not address.group and not body.get("location"):
        raise refusals.region_missing()
    return body


def _scope(control: Control, view: View, address: Address, body: Json) -> Scope:
    from modelform.armtemplate import Scope

    now, guid = operations.moment(control.clock())[:19] + "Z", str(uuid.uuid4())
    whole = Scope(address.subscription, tenant=control.tenant, deployment=address.names[-1], now=now, new_guid=guid)
    if not address.group:
        return replace(whole, location=str(body["location"]), level="subscription")
    group = view.get(address.group_key)
    if group is None:
        raise refusals.no_group(address.group)
    tags = group.body.get("tags") or {}
    return replace(whole, resource_group=group.name, location=group.location, group_tags=tags)


def _planned(control: Control, kind: Kind, address: Address, body: Json) -> Evaluated:
    """What the template declares; refuses one that is wrong, or that names types which are not here."""
    from modelform.armtemplate import TemplateError, evaluate

    with control.store.read() as view:
        scope = _scope(control, view, address, body)
        existing = view.get(address.key)
        if existing is not None and existing.ready > control.clock() and existing.going != "Deleting":
            raise _active(existing)
    properties = body["properties"]
    try:
        evaluated = evaluate(properties["template"], _given(properties), scope)
    except TemplateError as error:
        raise invalid(str(error)) from error
    ordered(evaluated.resources)
    problems = [problem for one in evaluated.resources if (problem := _unknown(control, one)) is not None]
    if problems:
        text = (
            f"The template deployment '{address.names[-1]}' is not valid according to the validation procedure. The "
            f"tracking id is '{uuid.uuid4()}'. See inner errors for details."
        )
        raise Refusal(400, "InvalidTemplateDeployment", text, details=problems)
    return evaluated


def _given(properties: Json) -> Json:
    """The parameters that have a value: a null stands for none where there is a default, as azure-ai-ml sends it."""
    declared = {name.lower(): row for name, row in (properties["template"].get("parameters") or {}).items()}

    def is_none(name: str, sent: Any) -> bool:
        row = declared.get(name.lower())
        return sent == {"value": None} and isinstance(row, dict) and "defaultValue" in row

    return {name: sent for name, sent in (properties.get("parameters") or {}).items() if not is_none(name, sent)}


def _unknown(control: Control, one: Declared) -> Json | None:
    """What is wrong with a resource's type or api-version, if anything."""
    kind = control.kinds.get(one.type.lower())
    if kind is None:
        refusal = refusals.no_type(one.type.split("/", 1)[0], one.type.split("/", 1)[-1])
    elif one.api_version not in kind.versions and not one.existing:
        regions = kind.regions(control) if kind.regions else control.offers.regions
        where, type = str(one.location or "global"), kind.type.split("/", 1)[1]
        refusal = refusals.bad_version(where, one.api_version, type, kind.versions, regions)
    else:
        return None
    return {"code": refusal.code, "message": refusal.message, "target": one.id}


def _active(existing: Resource) -> Refusal:
    text = (
        f"Unable to edit or replace deployment '{existing.name}': previous deployment from "
        f"'{operations.moment(existing.modified)}' is still active (expiration time is "
        f"'{operations.moment(existing.ready)}'). Please see https://aka.ms/arm-deploy for usage details."
    )
    return Refusal(409, "DeploymentActive", text)


def _put(control: Control, request: Request, kind: Kind, address: Address) -> Response:
    """Deploys: makes the resources, then writes down the deployment, which is over when its time has passed."""
    body = _sent(request, kind, address)
    evaluated = _planned(control, kind, address, body)
    began = control.clock()
    made = Run(control, request).make(evaluated)
    ordeal = request.ordeal = request.ordeal or Ordeal()
    ordeal.seconds += control.latency * (made.depth - 1)
    if made.errors and not ordeal.end:
        ordeal.end, ordeal.code, ordeal.message, ordeal.details = "Failed", "DeploymentFailed", FAILED, made.errors
    takes = operations.duration(control, request) + control.clock() - began
    return lifecycle.put(control, request, replace(kind, write=_writer(evaluated, made, takes)), address)


def _writer(evaluated: Evaluated, made: Made, takes: float) -> Callable[[Change], None]:
    def write(change: Change) -> None:
        properties, template = change.properties, change.properties.pop("template")
        change.secrets = {"template": template, "operations": _operations_of(change, made, takes)}
        properties |= {
            "parameters": _parameters(template, properties.get("parameters") or {}),
            "timestamp": operations.moment(change.now),
            "duration": f"PT{takes:.7f}S",
            "correlationId": str(uuid.uuid4()),
            "templateHash": str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(template, sort_keys=True)).int)[:20],
            "providers": _providers(evaluated),
            "dependencies": _dependencies(evaluated),
        }
        if made.errors:
            details = list(made.errors)
            target = change.address.path
            error = {"code": "DeploymentFailed", "target": target, "message": FAILED, "details": details}
            properties["error"] = error
        else:
            properties["outputs"] = made.outputs
            properties["outputResources"] = [{"id": step.id} for step in made.steps]

    return write


def _parameters(template: Json, given: Json) -> Json:
    """The parameters with their types; secure ones without a value, defaults that are expressions as they stand."""
    told: Json = {}
    for name, row in (template.get("parameters") or {}).items():
        sent: Any = next((one for key, one in given.items() if key.lower() == name.lower()), {})
        kind = str(row.get("type", "string"))
        told[name] = {"type": kind[:1].upper() + kind[1:]}
        if kind.lower() not in SECURE and isinstance(sent, dict):
            told[name]["value"] = sent.get("value", row.get("defaultValue"))
    return told


def _providers(evaluated: Evaluated) -> list[Json]:
    found: dict[str, dict[str, Json]] = {}
    for one in evaluated.resources:
        namespace, _, type = one.type.partition("/")
        where = [str(one.location)] if isinstance(one.location, str) else [None]
        found.setdefault(namespace, {}).setdefault(type, {"resourceType": type, "locations": where})
    return [{"namespace": namespace, "resourceTypes": list(types.values())} for namespace, types in found.items()]


def _dependencies(evaluated: Evaluated) -> list[Json]:
    known = {one.id: one for one in evaluated.resources if one.id}

    def told(one: Declared) -> Json:
        return {"id": one.id, "resourceType": one.type, "resourceName": str(one.name)}

    return [
        {"dependsOn": [told(known[id]) for id in one.depends_on if id in known], **told(one)}
        for one in evaluated.resources
        if one.depends_on
    ]


def _operations_of(change: Change, made: Made, takes: float) -> list[Json]:
    begun = [step for step in made.steps if step.status and step.id]
    told = [_operation(change, takes, step) for step in begun]
    if not made.errors:
        last = _operation(change, takes, None)
        told.append(last)
    return told


def _operation(change: Change, takes: float, step: Step | None) -> Json:
    id = uuid.uuid4().hex[:16].upper()
    word = "Create" if step is not None else "EvaluateDeploymentOutput"
    properties: Json = {
        "provisioningOperation": word,
        "provisioningState": "Failed" if step is not None and step.error is not None else "Succeeded",
        "timestamp": operations.moment(change.now),
        "duration": f"PT{takes:.7f}S",
        "trackingId": str(uuid.uuid4()),
        "statusCode": STATUSES.get(step.status, "BadRequest") if step is not None else "OK",
    }
    if step is not None:
        properties |= {"serviceRequestId": str(uuid.uuid4()), "targetResource": step.target}
        if step.error is not None:
            properties["statusMessage"] = {"status": "Failed", "error": step.error}
    return {"id": f"{change.address.path}/operations/{id}", "operationId": id, "properties": properties}


def _show(control: Control, view: View, resource: Resource, body: Json) -> None:
    """What came of a deployment shows at its end."""
    if resource.ready > control.clock():
        for name in ("outputs", "outputResources", "error", "duration"):
            body["properties"].pop(name, None)


def _list(call: Call, view: View, resource: Resource) -> Response:
    return Response(200, {"value": _told(call, resource)})


def _found(call: Call) -> Resource:
    """The deployment that an operation's path names, with its provider or, as older clients do, without."""
    group = call.parameters.get("group")
    place = f"/subscriptions/{call.parameters['subscription']}" + (f"/resourceGroups/{group}" if group else "")
    with call.control.store.read() as view:
        resource = view.get(f"{place}/providers/{TYPE}/{call.parameters['name']}".lower())
    if resource is None:
        raise _missing(call.parameters["name"])
    return resource


def _all(call: Call) -> Response:
    return Response(200, {"value": _told(call, _found(call))})


def _one(call: Call) -> Response:
    """One operation of a deployment."""
    found = next((one for one in _told(call, _found(call)) if one["operationId"] == call.parameters["id"]), None)
    if found is None:
        text = f"The deployment operation '{call.parameters['id']}' could not be found."
        raise Refusal(404, "DeploymentOperationNotFound", text)
    return Response(200, found)


def _told(call: Call, resource: Resource) -> list[Json]:
    """The operations of a deployment; while it goes on, all of them do."""
    found: list[Json] = resource.secrets["operations"]
    if resource.ready > call.now:
        unknown = ("statusCode", "statusMessage", "duration")
        found = [
            {**one, "properties": {k: v for k, v in one["properties"].items() if k not in unknown}}
            for one in found
            if one["properties"]["provisioningOperation"] == "Create"
        ]
        for one in found:
            one["properties"]["provisioningState"] = "Running"
    return found


def _export(call: Call, view: View, resource: Resource) -> Response:
    return Response(200, {"template": resource.secrets["template"]})


def _validate(call: Call) -> Response:
    """Says whether a template could be deployed; makes nothing."""
    address = parse("/" + "/".join(call.address.segments[:-1]))
    body = _sent(call.request, DEPLOYMENTS, address)
    evaluated = _planned(call.control, DEPLOYMENTS, address, body)
    properties = {
        "mode": body["properties"]["mode"],
        "parameters": _parameters(body["properties"]["template"], body["properties"].get("parameters") or {}),
        "provisioningState": "Succeeded",
        "timestamp": operations.moment(call.now),
        "duration": "PT0S",
        "correlationId": str(uuid.uuid4()),
        "providers": _providers(evaluated),
        "dependencies": _dependencies(evaluated),
        "validatedResources": [{"id": one.id} for one in evaluated.resources if one.id],
    }
    return Response(200, {"id": address.path, "name": address.names[-1], "type": TYPE, "properties": properties})


def _missing(name: str) -> Refusal:
    return Refusal(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


DEPLOYMENTS = Kind(
    type=TYPE,
    versions=ARM_VERSIONS,
    shape=BODY,
    evidence=Evidence.DOCUMENTED,
    name=r"^[-\w._()]{1,64}$",
    missing=_missing,
    tracked=False,
    writes=Writes(Style.STATUS, asynchronous=200, at_once=False, state="Running", updating="Running"),
    deletes=Deletes(Style.LOCATION, at_once=False),
    busy=_active,
    put=_put,
    show=_show,
    actions={"operations": Action(_list, "GET"), "exportTemplate": Action(_export)},
)


PLACES = (PREFIX, PREFIX + "/resourceGroups/{group}")
PATHS = (
    ("POST", f"/providers/{TYPE}/{{name}}/validate", _validate),
    ("GET", f"/providers/{TYPE}/{{name}}/operations/{{id}}", _one),
    ("GET", "/deployments/{name}/operations", _all),
    ("GET", "/deployments/{name}/operations/{id}", _one),
)
ROUTES = tuple(Route(method, place + path, handle, ARM_VERSIONS) for place in PLACES for method, path, handle in PATHS)
