"""What a stack's state holds in Azure already: deployments with their capacity, read from their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelform.record import dataclass

ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"


@dataclass(frozen=True, slots=True)
class Holding:
    """A deployment that was made: its names, and what it draws on. Empty texts where the state does not say."""

    name: str
    account: str
    subscription: str
    group: str
    region: str
    format: str
    model: str
    version: str
    sku: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Record:
    """A resource of a state: Pulumi's type token, the provider's id, inputs without marks."""

    type: str
    id: str
    inputs: Mapping[str, Any]


def of_export(document: Mapping[str, Any]) -> list[Record]:
    """The resources of an exported state, Pulumi's deployment format."""
    rows = (document.get("deployment") or {}).get("resources") or []
    return [
        Record(str(row.get("type")), str(row.get("id") or ""), row.get("inputs") or {})
        for row in rows
        if isinstance(row, dict) and not row.get("delete")
    ]


def holdings(records: Iterable[Record]) -> Iterator[Holding]:
    """The deployments among resources, each in its account's region."""
    found = list(records)
    regions = {r.id.lower(): str(r.inputs.get("location") or "") for r in found if r.type == ACCOUNT}
    for record in found:
        parts = record.id.strip("/").split("/")
        if record.type != DEPLOYMENT or len(parts) < 10:
            continue
        sku, model = _part(record.inputs, "sku"), _part(_part(record.inputs, "properties"), "model")
        capacity = sku.get("capacity")
        yield Holding(
            name=parts[9],
            account=parts[7],
            subscription=parts[1].lower(),
            group=parts[3],
            region=regions.get("/" + "/".join(parts[:8]).lower(), ""),
            format=str(model.get("format") or ""),
            model=str(model.get("name") or ""),
            version=str(model.get("version") or ""),
            sku=str(sku.get("name") or ""),
            capacity=int(capacity) if isinstance(capacity, (int, float)) else 1,
        )


def _part(inputs: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = inputs.get(name)
    return found if isinstance(found, Mapping) else {}
