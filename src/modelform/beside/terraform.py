"""What a Terraform plan, or a state, declares of azurerm's and azapi's resources: `terraform show -json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelform.beside import jsontext
from modelform.beside.azurerm import LINKS, PARENT, PREFIXES, ROWS, TARGET
from modelform.beside.declared import (
    ACCOUNT,
    OURS,
    READ,
    UNKNOWN,
    WORKSPACE,
    Declared,
    Source,
    Unknown,
    region,
    said,
    taken_apart,
    unread,
)
from modelform.beside.terraform_config import Configuration, Step, Target, path_of
from modelform.errors import Diagnostic, Span, StackFileError
from modelform.record import dataclass

HOW = "Write it with `terraform plan -out tfplan`, then `terraform show -json tfplan > plan.json`."
MAJORS = ("0", "1")
GONE = {("delete",), ("forget",)}
PARENTS = {ACCOUNT, WORKSPACE}
AZAPI = ("azapi_resource", "azapi_update_resource", "azapi_data_plane_resource", "azapi_resource_action")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource: its address taken apart, and its values with UNKNOWN in them."""

    address: str
    path: tuple[Step, ...]
    type: str
    name: str
    index: str
    values: Mapping[str, Any]

    @property
    def indexes(self) -> set[str]:
        """The indexes of the modules that it is in, and its own."""
        return {index for index in (*(index for _, index in self.path), self.index) if index}


def read(document: Any, file: str) -> Source:
    """The resources of a plan or state.

    Raises:
        StackFileError: it is neither.
    """
    _hold(document, file)
    configuration = Configuration(document)
    instances = list(_instances(document))
    subscription = configuration.constant("azurerm", "subscription_id") or _seen_subscription(document)
    plan = _Plan(configuration, instances, subscription)
    declared = [*plan.declared(), *_existing(document, instances)]
    return Source("Terraform", file, tuple(declared), (*plan.notes, *_deferred(document)))


def _hold(document: Any, file: str) -> None:
    hint = HOW if isinstance(document, Mapping) and "format_version" in document else jsontext.other(document) or HOW
    span = Span(file, 1, 1)
    if not isinstance(document, Mapping):
        raise StackFileError("this is no Terraform plan: it is no JSON object", code="check.file", span=span, hint=hint)
    version = document.get("format_version")
    if not isinstance(version, str) or not any(k in document for k in ("resource_changes", "planned_values", "values")):
        what = "a state as it is kept" if "serial" in document and "lineage" in document else "something else"
        if set(document) <= {"format_version", "terraform_version"} and document:
            what = "what `terraform show -json` writes where there is no state"
        raise StackFileError(f"this is no Terraform plan as JSON, but {what}", code="check.file", span=span, hint=hint)
    if version.partition(".")[0] not in MAJORS:
        raise StackFileError(
            f"this plan has the format {version}, which is not known", code="check.file", span=span, hint=hint
        )
    if document.get("errored") is True:
        hint = "Mend what `terraform plan` says, and plan again."
        raise StackFileError(
            "the plan ended with errors, so that it is not whole", code="check.file", span=span, hint=hint
        )


def _instances(document: Mapping[str, Any]) -> Iterator[Instance]:
    """Every managed instance that is there after an apply."""
    changes = document.get("resource_changes")
    if not isinstance(changes, list):
        values = document.get("planned_values") or document.get("values") or {}
        yield from _in_module(values.get("root_module") or {})
        return
    for row in changes:
        change = row.get("change") or {}
        if row.get("mode") != "managed" or tuple(change.get("actions") or ()) in GONE or row.get("deposed"):
            continue
        values = overlaid(change.get("after"), change.get("after_unknown"))
        yield _instance(row, row.get("module_address") or "", values)


def _deferred(document: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """A word on each resource that Terraform plans only later, and on a plan that says it is not complete."""
    waiting = [row for row in document.get("deferred_changes") or () if isinstance(row, Mapping)]
    for row in waiting:
        change = row.get("resource_change") or {}
        kind, address = str(change.get("type") or ""), str(change.get("address") or "")
        if change.get("mode") == "managed" and (kind in ROWS or kind in AZAPI or kind.startswith(PREFIXES)):
            why = str(row.get("reason") or "").replace("_", " ") or "for no reason that it tells"
            about = Declared(kind, "", address, {})
            hint = "check the plan that is made after this one is applied"
            yield said(f"not checked: {address} is planned only later", about, detail=f"deferred: {why}", hint=hint)
    if document.get("complete") is False and not waiting:
        hint = "check the plan that is made after this one is applied"
        yield said("the plan is not complete: what it leaves out is not checked", hint=hint)


def _in_module(module: Mapping[str, Any], mode: str = "managed") -> Iterator[Instance]:
    for row in module.get("resources") or []:
        if row.get("mode") == mode:
            yield _instance(row, module.get("address") or "", row.get("values") or {})
    for child in module.get("child_modules") or []:
        yield from _in_module(child, mode)


def _instance(row: Mapping[str, Any], module: str, values: Any) -> Instance:
    index = row.get("index")
    return Instance(
        address=str(row.get("address") or ""),
        path=path_of(module),
        type=str(row.get("type") or ""),
        name=str(row.get("name") or ""),
        index="" if index is None else f"[{json.dumps(index)}]",
        values=values if isinstance(values, Mapping) else {},
    )


def overlaid(after: Any, unknown: Any) -> Any:
    """The values after an apply, with UNKNOWN where `after_unknown` says so."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and (after is None or isinstance(after, Mapping)):
        known = after or {}
        return {
            key: overlaid(known.get(key), unknown.get(key)) for key in (*known, *(k for k in unknown if k not in known))
        }
    if isinstance(unknown, list) and isinstance(after, list):
        more = unknown + [None] * (len(after) - len(unknown))
        return [overlaid(value, mark) for value, mark in zip(after, more, strict=False)]
    return after


def _seen_subscription(document: Mapping[str, Any]) -> str:
    """The subscription of the first id in the plan; a plan says it nowhere else where a variable gives it."""
    text = json.dumps(document.get("prior_state") or document.get("resource_changes") or document.get("values"))
    at = text.lower().find("/subscriptions/")
    return text[at + 15 : at + 51] if at >= 0 and len(text[at + 15 : at + 51].split("-")) == 5 else ""


def _existing(document: Mapping[str, Any], instances: list[Instance]) -> Iterator[Declared]:
    """Accounts and hubs that the plan only reads: their regions matter to what is put into them."""
    prior = ((document.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    for module in (prior, (document.get("values") or {}).get("root_module") or {}):
        for row in _in_module(module, "data"):
            parts = taken_apart(str(row.values.get("id") or ""))
            if parts is None or parts.type not in READ:
                continue
            found = ROWS.get(row.type)
            body = found.body(row.values) if found else {}
            yield Declared(
                type=parts.type,
                name=parts.name,
                where=row.address,
                body=body,
                subscription=parts.subscription,
                group=parts.group,
                location=region(row.values.get("location")),
                existing=True,
            )


class _Plan:
    """The instances of a plan, and which of them belong together."""

    def __init__(self, configuration: Configuration, instances: list[Instance], subscription: str) -> None:
        self.configuration = configuration
        self.instances = instances
        self.subscription = subscription
        self.notes: list[Diagnostic] = []
        self.by_name: dict[tuple[tuple[str, ...], str, str], list[Instance]] = {}
        for item in instances:
            self.by_name.setdefault((_names(item.path), item.type, item.name), []).append(item)

    def declared(self) -> list[Declared]:
        """Every instance that checks look at, and notes of those that none does."""
        found: list[Declared] = []
        others: list[tuple[str, str]] = []
        updates: list[Instance] = []
        for item in self.instances:
            if item.type in ROWS:
                row = ROWS[item.type]
                found.append(self._one(item, row.type, row.body(item.values)))
            elif item.type == "azapi_resource":
                kind = str(item.values.get("type") or "").partition("@")[0].lower()
                if kind in READ:
                    found.append(self._one(item, kind, self._azapi(item)))
                elif kind.startswith(OURS):
                    others.append((kind, item.address))
            elif item.type == "azapi_update_resource":
                updates.append(item)
            elif item.type.startswith(PREFIXES) or item.type in AZAPI:
                others.append((item.type, item.address))
        for item in updates:
            self._updated(item, found)
        self.notes += unread(others)
        return found

    def _one(self, item: Instance, kind: str, body: dict[str, Any]) -> Declared:
        values = item.values
        links = self._links(item)
        own = taken_apart(_text(values.get("id")))
        outside = (PARENT, TARGET)
        above = next((_text(values.get(a)) for a, what in LINKS.get(item.type, {}).items() if what in outside), "")
        outer = taken_apart(above)
        short = name = _text(values.get("name"))
        if kind.count("/") > 1 and name:
            parent = outer.name if outer else self._name_at(links.get(PARENT, ""))
            name = f"{parent}/{name}" if parent else ""
        group = _text(values.get("resource_group_name")) or (outer.group if outer else "")
        if kind.endswith("/resourcegroups"):
            group = name
        return Declared(
            type=kind,
            name=own.name if own else name,
            where=item.address,
            body=body,
            subscription=own.subscription if own else outer.subscription if outer else self._subscription(item),
            group=own.group if own else group,
            location=_location(values.get("location")) or _location(body.get("location")),
            parent=links.get(PARENT, ""),
            above=above,
            links=links,
            short=short,
        )

    def _subscription(self, item: Instance) -> str:
        return self.configuration.subscription(item.path, item.type, item.name) or self.subscription

    def _links(self, item: Instance) -> dict[str, str]:
        """The addresses of what an instance's attributes refer to, by ARM's property."""
        found: dict[str, str] = {}
        for attribute, what in LINKS.get(item.type, {}).items():
            for target in self.configuration.targets(item.path, item.type, item.name, attribute):
                chosen = self._chosen(target, item)
                if chosen is None or (what == PARENT and _arm_type(chosen) not in PARENTS):
                    continue
                if what == TARGET and what in found and chosen.address not in found.values():
                    # One block for several: with `for_each` over them, each of them has one.
                    found[f"{what}.{len(found)}"] = chosen.address
                found.setdefault(what, chosen.address)
        return found

    def _chosen(self, target: Target, item: Instance) -> Instance | None:
        """The instance that a reference means: the one with its index, with that of who refers, or the only one."""
        there = self.by_name.get((_names(target.path), target.type, target.name), [])
        same = [c for c in there if all(not t[1] or t == s for t, s in zip(target.path, c.path, strict=True))]
        own = dict(item.path)
        same = [c for c in same if all(own.get(name, index) == index for name, index in c.path)] or same
        if target.index:
            same = [c for c in same if c.index == target.index]
        if len(same) > 1:
            # What is made for the same key of a `for_each` belongs together, in whichever module it is.
            same = [c for c in same if c.indexes and c.indexes <= item.indexes]
        return same[0] if len(same) == 1 else None

    def _name_at(self, address: str) -> str:
        return next((_text(i.values.get("name")) for i in self.instances if address and i.address == address), "")

    def _azapi(self, item: Instance) -> dict[str, Any]:
        """The body of an azapi resource, an object or a JSON text."""
        values = item.values
        body: Any = values.get("body")
        if isinstance(body, Mapping) and set(body) == {"type", "value"}:  # a dynamic value as some versions show it
            body = body["value"]
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:
                body = UNKNOWN
        if isinstance(body, Unknown) or not isinstance(body, Mapping):
            body = {"properties": UNKNOWN, "sku": UNKNOWN, "kind": UNKNOWN} if isinstance(body, Unknown) else {}
        return {"tags": values.get("tags"), **body}

    def _updated(self, item: Instance, found: list[Declared]) -> None:
        """Puts what an `azapi_update_resource` changes into what it changes; a word where that is not in the plan."""
        target, wanted = self._links(item).get("resource", ""), _text(item.values.get("resource_id")).lower()
        for at, other in enumerate(found):
            if (target and other.where == target) or (wanted and other.id == wanted):
                found[at] = replace(other, body=merged(other.body, self._azapi(item)))
                return
        kind = _text(item.values.get("type")).partition("@")[0].lower()
        if kind.startswith(OURS) or not kind:
            summary = f"not checked: {item.address} changes a resource that is not made in this plan"
            self.notes.append(said(summary, Declared(kind, "", item.address, {})))


def merged(under: Any, over: Any) -> Any:
    """An object with the members of another put over it; what is null there says nothing."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return under if over is None else over
    return {key: merged(under.get(key), over.get(key)) for key in (*under, *(k for k in over if k not in under))}


def _arm_type(item: Instance) -> str:
    if item.type in ROWS:
        return ROWS[item.type].type
    return _text(item.values.get("type")).partition("@")[0].lower()


def _names(path: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(name for name, _ in path)


def _location(value: Any) -> Any:
    return UNKNOWN if isinstance(value, Unknown) else region(value) or None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
