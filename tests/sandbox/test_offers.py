"""The sandbox over modelform's own catalogue, and what its page says of its types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modelform.catalog import data
from modelform.sandbox.providers import PROVIDERS

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
REFUSALS = {"InsufficientQuota", "ServiceModelDeprecating", "ServiceModelDeprecated"}


@pytest.fixture
def client(sandbox: Callable[..., Any], bodies: Any) -> Any:
    found = sandbox(catalogue=data.load(), today=date(2026, 11, 22))
    found.made("{group}", bodies.GROUP)
    return found


def test_every_offer_of_the_catalogue_can_be_deployed_or_is_refused_for_a_reason(client: Any, bodies: Any) -> None:
    outcomes: Counter[str] = Counter()
    for model in client.control.offers.data["models"]:
        for sku, offer in ((model["deployment"] or {}).get("skus") or {}).items():
            for region in list(offer["regions"] or ())[:1]:
                client.send("PUT", f"{{cognitive}}/accounts/{region}", bodies.account(region, location=region))
                path = f"{{cognitive}}/accounts/{region}/deployments/d"
                lowest = offer["quota"]["capacity"]["minimum"]
                body = bodies.deployment(model["name"], model["format"], model["version"], sku, lowest)
                answer = client.send("PUT", path, body)
                outcomes["made" if answer.status == 201 else answer.body["error"]["code"]] += 1
                client.send("DELETE", path)
    assert set(outcomes) <= {"made", *REFUSALS}, outcomes
    assert outcomes["made"] > sum(outcomes.values()) / 2, outcomes


def test_every_region_tells_what_it_offers(client: Any) -> None:
    for region in client.control.offers.account_regions:
        place = f"{{sub}}/providers/Microsoft.CognitiveServices/locations/{region}"
        usages = {one["name"]["value"] for one in client.got(f"{place}/usages")["value"]}
        models = client.got(f"{place}/models")["value"]
        assert {sku["usageName"] for one in models for sku in one["model"]["skus"]} <= usages


def test_the_page_has_every_type_with_its_evidence() -> None:
    rows = {
        tuple(cell.strip(" `") for cell in line.split("|")[1:4])
        for line in PAGE.read_text().splitlines()
        if "|" in line
    }
    for provider in PROVIDERS:
        for kind in provider.kinds:
            assert (kind.type, f"{kind.versions[0]} to {kind.versions[-1]}", str(kind.evidence)) in rows
