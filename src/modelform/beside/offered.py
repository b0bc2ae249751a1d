"""What is declared, as the catalogue knows it: models by ARM's names or registry ids, capacities in their units."""

from __future__ import annotations

from typing import Any

from modelform.catalog import Candidates, Catalog, Model
from modelform.spec.resolved import Capacity, CapacityUnit


def format_of(catalog: Catalog, name: str) -> str:
    """The format of a model whose declaration leaves it out."""
    versions = catalog.versions(name)
    return versions[-1].format if versions else "OpenAI"


def known(catalog: Catalog, format: str, name: str, version: str) -> Model | None:
    """The catalogue's model; the newest version where none is pinned."""
    if version:
        return catalog.by_arm(format, name, version)
    versions = [m for m in catalog.versions(name) if m.format.lower() == format.lower()]
    return versions[-1] if versions else None


def capacity(model: Model | None, sku: str, units: Any) -> Capacity:
    """What a `sku.capacity` stands for; 1 where none is declared, as for ARM."""
    number = units if isinstance(units, int) and not isinstance(units, bool) else 1
    offer = next((o for s, o in model.offers.items() if s.lower() == sku.lower()), None) if model else None
    if offer is None:
        unit: CapacityUnit = "ptu" if "provisioned" in sku.lower() else "tpm"
        return Capacity(unit, number * (1 if unit == "ptu" else 1000), number)
    return Capacity(offer.capacity.unit, number * offer.capacity.amount_per_unit, number)


def by_asset(catalog: Catalog, asset: str) -> Model | None:
    """The model of a serverless offer."""
    found = next((m for m in catalog.models if m.serverless and same_asset(m.serverless.asset, asset)), None)
    if found is not None:
        return found
    named = catalog.find(asset_name(asset))
    return None if isinstance(named, Candidates) else named


def asset_name(asset: str) -> str:
    """The model in a registry id: `azureml://registries/azureml-mistral/models/Codestral-2501` is `Codestral-2501`."""
    return asset.partition("/models/")[2].partition("/")[0] or asset


def same_asset(left: str, right: str) -> bool:
    """Whether two registry ids are of one model, whatever their versions."""
    return left.lower().partition("/versions/")[0] == right.lower().partition("/versions/")[0]
