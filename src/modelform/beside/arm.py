"""What an ARM template declares: evaluated with its parameters, each resource with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelform.armtemplate import Resource, Runtime, Scope, TemplateError, evaluate, level_of, parameter_values, unknown
from modelform.beside import jsontext
from modelform.beside.declared import DIAGNOSTIC, GROUP, OURS, READ, UNKNOWN, Declared, Source, region, said, unread
from modelform.errors import Diagnostic, Severity, Span, StackFileError
from modelform.record import dataclass

NESTED = "microsoft.resources/deployments"
SECURE = ("securestring", "secureobject")
# What stands in the place of what only a deployment knows: names of the right form, since names are made of them.
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
RESOURCE_GROUP = "resource-group"
# The parts of a resource whose places findings ask for.
PARTS = ("location", "name", "kind", "sku", "sku/name", "sku/capacity", "properties", "properties/model", "tags")
DEEP_PARTS = (
    "properties/publicNetworkAccess",
    "properties/disableLocalAuth",
    "properties/modelSettings",
    "properties/restrictOutboundNetworkAccess",
    "properties/managedNetwork",
    "properties/managedNetwork/isolationMode",
    "properties/workspaceId",
)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a template would be deployed, as far as that is told."""

    subscription: str = ""
    group: str = ""
    location: str = ""
    day: str = ""


def read(template: Any, given: Any, file: str, spans: Mapping[str, Span], where: Where, tool: str = "ARM") -> Source:
    """The resources of a template. `given` is a parameter file's content, `spans` places by JSON pointer.

    Raises:
        StackFileError: it is no template, or cannot be evaluated, with the place.
    """
    if not isinstance(template, Mapping):
        raise StackFileError("this is no ARM template: it is no JSON object", code="check.file", span=Span(file, 1, 1))
    if "resources" not in template and isinstance(template.get("parameters"), Mapping):
        hint = "Give the template with --arm-template, and this file with --arm-parameters."
        said_so = "this is a parameter file, and no ARM template"
        raise StackFileError(said_so, code="check.file", span=Span(file, 1, 1), hint=hint)
    if "resources" not in template:
        hint = jsontext.other(template) or "A template has `resources`."
        said_so = "this is no ARM template: it has no resources"
        raise StackFileError(said_so, code="check.file", span=Span(file, 1, 1), hint=hint)
    values = parameter_values(given) if isinstance(given, Mapping) else {}
    scope = Scope(
        subscription=where.subscription or SUBSCRIPTION,
        resource_group=where.group or RESOURCE_GROUP,
        location=region(where.location),
        level=level_of(template),
        now=f"{where.day}T00:00:00Z" if where.day else "",
        new_guid=SUBSCRIPTION,
    )
    try:
        found = evaluate(template, {**_secrets(template, values), **values}, scope)
    except TemplateError as error:
        raise _placed(error, spans) from None
    declared = [_declared(item, spans) for item in found.resources if _kind(item) in READ]
    notes = list(_notes(found.resources, spans))
    return Source(tool, file, tuple(declared), tuple(notes))


def _secrets(template: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Marks for secrets that nobody gives: no check needs them."""
    names = {name.lower() for name in given}
    declared = template.get("parameters")
    return {
        name: {"value": Runtime("secret")}
        for name, row in (declared.items() if isinstance(declared, Mapping) else ())
        if isinstance(row, Mapping)
        and str(row.get("type", "")).lower() in SECURE
        and "defaultValue" not in row
        and name.lower() not in names
    }


def _placed(error: TemplateError, spans: Mapping[str, Span]) -> StackFileError:
    first = error.diagnostics[0]
    return StackFileError(
        error.summary, code=first.code, detail=first.detail, hint=first.hint, span=_span(error.pointer, spans)
    )


def _span(pointer: str, spans: Mapping[str, Span]) -> Span | None:
    """The place of a pointer, or of the nearest part around it."""
    while pointer and pointer not in spans:
        pointer = pointer.rpartition("/")[0]
    return spans.get(pointer)


def _kind(item: Resource) -> str:
    """The type in small letters; that of an extension resource however the template hangs it on another."""
    kind = item.type.lower()
    return DIAGNOSTIC if kind.endswith("/providers/diagnosticsettings") else kind


def _declared(item: Resource, spans: Mapping[str, Span]) -> Declared:
    parts = item.id.strip("/").split("/")
    in_group = len(parts) > 3 and parts[2].lower() == "resourcegroups"
    places = {
        part: spans[f"{item.pointer}/{part}"] for part in (*PARTS, *DEEP_PARTS) if f"{item.pointer}/{part}" in spans
    }
    whole = _span(item.pointer, spans)
    kind, name = _kind(item), item.name if isinstance(item.name, str) else ""
    parent = item.id.rpartition("/")[0].rpartition("/")[0] if item.type.count("/") > 1 else ""
    if kind == DIAGNOSTIC:
        # Its scope is what is before its own provider; on the group itself it is of nothing that holds models.
        parent, name = item.id.lower().rpartition("/providers/")[0], name.rpartition("/")[2]
    return Declared(
        type=kind,
        name=name,
        where=item.id or item.pointer,
        body=_known(item.body),
        subscription=parts[1] if len(parts) > 1 else item.scope.subscription,
        group=parts[3] if in_group else item.name if item.type.lower() == GROUP else "",
        location=UNKNOWN if unknown(item.location) else region(item.location) or None,
        above=parent,
        spans={**({"": whole} if whole else {}), **places},
        existing=item.existing,
    )


def _known(value: Any) -> Any:
    """A value with UNKNOWN where only the deployment knows."""
    if isinstance(value, Runtime):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    return [_known(item) for item in value] if isinstance(value, list) else value


def _notes(resources: tuple[Resource, ...], spans: Mapping[str, Span]) -> Iterator[Diagnostic]:
    others = []
    for item in resources:
        kind = _kind(item)
        about = Declared(kind, "", item.pointer, {}, spans={"": s} if (s := _span(item.pointer, spans)) else {})
        if kind == NESTED:
            link = (item.body.get("properties") or {}).get("templateLink") or {}
            named = link.get("uri") or link.get("relativePath") or link.get("id") or "somewhere else"
            hint = "check that template too, or build it into this one (`bicep build` does)"
            yield said(
                f"not checked: the deployment {item.name} is of a template that is kept at {named}", about, hint=hint
            )
        elif kind in READ and item.condition is not True:
            yield said(
                f"whether {item.name} is deployed is known only at deployment: checked as if it were",
                about,
                level=Severity.INFO,
            )
        elif kind not in READ and kind.startswith(OURS):
            others.append((item.type, str(item.name)))
    yield from unread(others)
