"""What things cost: the catalogue's prices in its own currency, Azure's own list in those that it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelform.catalog.model import Confidence, Evidence, Model, evidence
from modelform.record import dataclass

if TYPE_CHECKING:
    from modelform.catalog.merge import Merger

RETAIL = "azure-retail"


@dataclass(frozen=True, slots=True)
class Price:
    """What a sku costs in a region: an amount of `currency` by kind of token (or `ptuHour`) for `per`."""

    rates: Mapping[str, float]
    per: str
    currency: str
    evidence: Evidence
    note: str


def listed(
    data: Mapping[str, Any], block: Mapping[str, Any], region: str, zone: str | None, scope: str
) -> Price | None:
    """A price in the catalogue's currency from an offer's block: the region's own, its zone's, or everywhere's."""
    own = block.get(region)
    if "ref" in block and not own:
        rates = data["prices"]["ptuRates"]
        column = {"global": "global", "dataZone": "datazone", "region": "regional"}[scope]
        confidence: Confidence = data["prices"]["confidence"]
        proof = Evidence(rates["source"], rates["asOf"], confidence)
        hour = {"ptuHour": rates["perPtuHour"][column]}
        return Price(hour, "1 PTU hour", data["prices"]["currency"], proof, rates.get("note", ""))
    row = own or block.get(zone or "") or block.get("all")
    if not row:
        return None
    numbers = {kind: rate for kind, rate in row.items() if isinstance(rate, (int, float))}
    proof = evidence(row if "confidence" in row else block)
    return Price(numbers, block["per"], block["currency"], proof, row.get("note", block.get("note", "")))


def asked(merger: Merger | None, model: Model, sku: str, region: str, currency: str) -> Price | None:
    """A price in another currency than the catalogue's: Azure's own, or none; nothing is converted."""
    if merger is None or sku not in model.offers:
        return None
    day, rates = merger.rates(model.format, model.name, model.version, sku, region, currency)
    if not rates:
        return None
    per = "1 PTU hour" if "ptuHour" in rates else "1M tokens"
    return Price(rates, per, currency, Evidence(RETAIL, day, "live"), "")


def part(data: Mapping[str, Any], merger: Merger | None, name: str, region: str, currency: str) -> Price | None:
    """What stands beside models (a name under `parts` in prices.yaml); None where it is not known in the currency."""
    day, amount = merger.part(name, region, currency) if merger else ("", None)
    if amount is not None:
        return Price({name: amount}, name, currency, Evidence(RETAIL, day, "live"), "")
    if currency != data["prices"]["currency"]:
        return None
    block = data["prices"]["parts"]
    proof = Evidence(block["source"], block["asOf"], data["prices"]["confidence"])
    return Price({name: block[name]}, name, currency, proof, "")
