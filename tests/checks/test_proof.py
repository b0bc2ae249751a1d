"""The proof table: what it says of deployments, routes and stores."""

from __future__ import annotations

import json
from collections.abc import Callable

from modelform.catalog import Catalog
from modelform.checks import proof
from modelform.spec.resolved import Stack

GPT = "openai/gpt-5.4-mini@2026-03-17"
WRITTEN = {
    "policy": {"residency": "eu-data-zone", "lifecycle": ["generallyAvailable"]},
    "workspaces": {"foundry": {}, "norway": {"location": "norwayeast"}},
    "deployments": {
        "chat": {"model": GPT, "sku": "dataZoneStandard"},
        "other": {"model": GPT, "sku": "dataZoneStandard"},
        "wide": {"model": GPT, "sku": "globalStandard"},
    },
    "routes": {"main": ["chat", "other"], "leaky": ["chat", "wide"]},
}


def test_rows_are_grouped_and_routes_are_as_weak_as_their_weakest_member(
    catalog: Catalog, build_stack: Callable[..., Stack]
) -> None:
    found = proof.table(build_stack(WRITTEN), catalog)
    told = [(r["kind"], r["names"], r["scope"], r["within"], r["proof"]) for r in found["rows"]]
    assert told == [
        ("deployment", ["chat", "other"], "dataZone", True, "contractual"),
        ("deployment", ["wide"], "global", False, None),
        ("route", ["main"], "dataZone", True, "contractual"),
        ("route", ["leaky"], "global", False, None),
        ("store", ["foundry"], "geography", True, "contractual"),
        ("store", ["norway"], "geography", True, "contractual"),
    ]
    assert found["rows"][0]["countries"][:2] == ["CH", "DE"]
    assert found["rows"][1]["countries"] == []
    assert set(found["sources"]) == {r["source"] for r in found["rows"]}
    assert json.dumps(found)


def test_a_broken_region_has_no_row(catalog: Catalog, build_stack: Callable[..., Stack]) -> None:
    written = {"workspaces": {"a": {"location": "atlantis"}}, "deployments": {"x": {"model": GPT, "sku": "standard"}}}
    assert proof.table(build_stack(written), catalog)["rows"] == []
