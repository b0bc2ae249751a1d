"""What of another tool's file is there already: what it holds of quotas is not asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelform.beside import azurerm, declared
from modelform.beside.declared import region
from modelform.beside.pulumi import CLASSIC, TOKEN, plain, snake
from modelform.checks.facts import Facts, Silence
from modelform.checks.holdings import ACCOUNT, DEPLOYMENT, Record, holdings
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.catalog import Catalog
    from modelform.spec.resolved import Stack

TYPES = {declared.ACCOUNT: ACCOUNT, declared.DEPLOYMENT: DEPLOYMENT}
NATIVE = {"cognitiveservices:Account": ACCOUNT, "cognitiveservices:Deployment": DEPLOYMENT}
UNASKED = Silence("nobody asked Azure: this was checked without a connection", "--live asks what is left")


@dataclass(frozen=True, slots=True)
class Held:
    """What a file says of what is there: None where it cannot say that, as a template.

    `hashed` is whether its names may be made with `uniqueString()`, `grouped` the name that stands for a resource
    group which nobody told.
    """

    records: list[Record] | None = None
    hashed: bool = False
    grouped: str = ""


def of_terraform(document: Any) -> list[Record]:
    """The accounts and deployments that a plan changes or leaves, or that a state has."""
    if not isinstance(document, Mapping):
        return []
    changes = document.get("resource_changes")
    if isinstance(changes, list):
        rows: Iterable[tuple[Any, Any]] = ((row, (row.get("change") or {}).get("before")) for row in changes)
    else:
        rows = _in_module((document.get("values") or {}).get("root_module") or {})
    return [found for row, values in rows if isinstance(values, Mapping) and (found := _terraform(row, values))]


def _in_module(module: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    yield from ((row, row.get("values")) for row in module.get("resources") or [])
    for child in module.get("child_modules") or []:
        yield from _in_module(child)


def _terraform(row: Mapping[str, Any], values: Mapping[str, Any]) -> Record | None:
    kind, written = str(row.get("type") or ""), azurerm.ROWS.get(str(row.get("type")))
    if written is not None:
        arm, body = written.type, written.body(values)
    elif kind == "azapi_resource":
        arm, body = str(values.get("type") or "").partition("@")[0].lower(), _azapi(values.get("body"))
    else:
        return None
    id = values.get("id")
    if arm not in TYPES or row.get("mode") != "managed" or not isinstance(id, str):
        return None
    return Record(TYPES[arm], id, {**body, "location": region(values.get("location") or body.get("location"))})


def _azapi(body: Any) -> dict[str, Any]:
    if isinstance(body, Mapping) and set(body) == {"type", "value"}:
        body = body["value"]
    try:
        found = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        found = None
    return dict(found) if isinstance(found, Mapping) else {}


def of_pulumi(document: Any) -> list[Record]:
    """The same of a preview's old states, or of an exported stack."""
    if not isinstance(document, Mapping):
        return []
    steps = document.get("steps")
    if isinstance(steps, list):
        states = [step.get("oldState") for step in steps if isinstance(step, Mapping)]
    else:
        states = list((document.get("deployment") or {}).get("resources") or [])
    return [found for state in states if isinstance(state, Mapping) and (found := _pulumi(state))]


def _pulumi(state: Mapping[str, Any]) -> Record | None:
    token, inputs = str(state.get("type") or ""), plain(state.get("inputs") or {})
    match = TOKEN.fullmatch(token)
    kind = NATIVE.get(f"{match[1] or match[2]}:{match[3]}") if match else None
    if kind is None and token in CLASSIC:
        row = azurerm.ROWS[CLASSIC[token]]
        kind, values = TYPES.get(row.type), snake(inputs)
        inputs = {**row.body(values), "location": region(values.get("location"))}
    id = state.get("id")
    return Record(kind, id, inputs) if kind and isinstance(id, str) and not state.get("delete") else None


def unasked(stack: Stack, catalog: Catalog, records: Iterable[Record]) -> Facts:
    """The facts of a check without a connection: what is there, and that nobody was asked what is left."""
    from modelform.checks import capacity
    from modelform.checks.quota import places

    had = list(records)
    facts = Facts(holdings=tuple(holdings(had)), accounts=frozenset(r.id.lower() for r in had if r.type == ACCOUNT))
    return Facts(
        failed=dict.fromkeys(places(stack, catalog), UNASKED),
        roomless={want.asked: UNASKED for want in capacity.wants(stack, catalog, facts)},
        holdings=facts.holdings,
        accounts=facts.accounts,
    )
