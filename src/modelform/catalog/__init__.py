"""What models exist, where, under which sku, with which quota and price; facts with source and date."""

from __future__ import annotations

from modelform.catalog.catalog import SERVERLESS, Catalog, Limit, QuotaLimit, Standing
from modelform.catalog.model import CapacityRules, Evidence, Lifecycle, MarketplacePlan, Model, Offer, Serverless
from modelform.catalog.prices import Price
from modelform.catalog.residency import PROOFS, Allowance, Processing, Proof, Region
from modelform.catalog.search import Candidates

__all__ = [
    "PROOFS",
    "SERVERLESS",
    "Allowance",
    "Candidates",
    "CapacityRules",
    "Catalog",
    "Evidence",
    "Lifecycle",
    "Limit",
    "MarketplacePlan",
    "Model",
    "Offer",
    "Price",
    "Processing",
    "Proof",
    "QuotaLimit",
    "Region",
    "Serverless",
    "Standing",
]
