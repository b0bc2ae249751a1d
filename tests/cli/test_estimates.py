"""cost: what a stack costs, for a person and as a document."""

from __future__ import annotations

from typing import Any

import pytest

USAGE = "    usage: {inputTokens: 100M, outputTokens: 20M}\n"


def test_cost_of_a_stack_fits_80_columns(modelform: Any) -> None:
    modelform.write((modelform.folder / "stacks/dev.yaml").read_text() + USAGE)
    ran = modelform("cost")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    row = next(line for line in ran.out.splitlines() if line.startswith("assistant"))
    assert row.split() == ["assistant", "Mistral-Large-3", "88.00", "3,613.50", "########"]
    assert "Against what is deployed: +88.00 by usage, +3,613.50 at most." in ran.out
    document = modelform("cost", "--json").document
    assert document["total"]["expected"] == 88.0
    assert document["currency"] == "USD"


def test_a_limit_stops_a_validation_and_shows(modelform: Any) -> None:
    text = (modelform.folder / "stacks/dev.yaml").read_text() + USAGE
    modelform.write(text + "policy: {monthlyCost: {limit: 80}}\n")
    ran = modelform("validate", "--json")
    assert ran.code == 3
    assert [d["code"] for d in ran.document["diagnostics"] if d["severity"] == "error"] == ["cost.limit"]
    assert "Limit: 80.00 USD  ################  110% by usage" in modelform("cost").out
    modelform.write(text + "policy: {monthlyCost: {limit: 90}}\n")
    ran = modelform("validate")
    assert ran.code == 0
    assert "Cost a month: about 88.00 USD by declared usage, at most 3,613.50" in ran.out


def test_a_plan_does_not_speak_of_cost_where_the_file_does_not(modelform: Any) -> None:
    assert "Cost a month" not in modelform("validate").out
    assert "cost" not in modelform("validate", "--json").document


def test_quota_offline_says_what_a_subscription_starts_with(modelform: Any) -> None:
    ran = modelform("quota", "--offline")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    row = next(line for line in ran.out.splitlines() if line.startswith("AIServices"))
    assert row.split()[1:] == ["?", "50", "1,000", "+..............."]
    assert "Not asked of Azure" in ran.out


def test_quota_asks_the_cloud_and_answers_3_where_it_does_not_fit(modelform: Any) -> None:
    modelform.real_driver = True
    document = modelform("quota", "--json").document
    (counter,) = document["counters"]
    assert (counter["used"], counter["new"], counter["limit"], counter["short"]) == (0, 50, 1000, 0)
    text = (modelform.folder / "stacks/dev.yaml").read_text()
    modelform.write(text.replace("50k", "1500k"))
    ran = modelform("quota")
    assert ran.code == 3
    assert "+++++++++++!!!!!" in ran.out
    assert "1,500k tpm more of AIServices.DataZoneStandard.Mistral-Large-3" in " ".join(ran.err.split())


@pytest.mark.slow
def test_quota_shows_the_limits_of_accounts_and_deployments_too(modelform: Any) -> None:
    ran = modelform("quota", "--offline")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["accounts", "of", "kind", "foundry", "?", "1", "100", "+..............."] in rows
    assert ["deployments", "of", "foundry", "?", "1", "32", "+..............."] in rows
    modelform.real_driver = True
    assert modelform("up", "-y").code == 0
    there = {row["what"]: row for row in modelform("quota", "--json").document["limits"]}
    accounts, deployments = there["accounts of kind foundry"], there["deployments of foundry"]
    assert (accounts["used"], accounts["new"], accounts["limit"], accounts["source"]) == (1, 0, 100, "azure")
    assert (deployments["used"], deployments["new"], deployments["limit"]) == (1, 0, 32)
