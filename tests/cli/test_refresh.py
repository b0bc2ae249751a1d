"""catalog refresh: end to end against the sandbox, its overlay in everything that reads the catalogue, bad days."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest

from modelform.catalog import data

pytestmark = pytest.mark.slow

MINI = "openai/gpt-5.4-mini@2026-03-17"
TWO = ("--region", "swedencentral", "--region", "francecentral")
GOOD = data.load()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the sandbox offers; a test changes it as Azure changes, and the package's catalogue stays."""
    changed = copy.deepcopy(GOOD)
    monkeypatch.setattr("modelform.catalog.data.load", lambda: changed)
    return changed


def model(world: dict[str, Any], id: str = MINI) -> dict[str, Any]:
    return next(row for row in world["models"] if row["id"] == id)


def refresh(modelform: Any, *argv: str) -> Any:
    regions = () if "--region" in argv else ("--region", "swedencentral")
    return modelform("catalog", "refresh", "--target", "sandbox", *regions, *argv)


def words(text: str) -> str:
    return " ".join(text.split())


def test_what_the_sandbox_says_agrees_with_the_catalogue_that_it_is_made_from(modelform: Any) -> None:
    ran = refresh(modelform)
    assert ran.code == 0
    assert "Nothing has changed. Written to catalog.overlay.json." in ran.out
    assert "swedencentral models: 105 models" in ran.err
    assert max(map(len, (ran.out + ran.err).splitlines())) <= 80
    again = refresh(modelform, "--detailed-exitcode")
    assert again.code == 0


def test_what_changed_is_told_and_every_command_sees_it(modelform: Any, world: dict[str, Any]) -> None:
    row = model(world)
    row["lifecycle"]["retirementDate"] = "2027-03-01"
    skus = row["deployment"]["skus"]
    skus["DataZoneStandard"]["regions"].remove("swedencentral")
    skus["GlobalStandard"]["price"]["all"]["input"] = 1.0
    new = copy.deepcopy(row)
    new |= {"id": "openai/gpt-7@2026-11-19", "name": "gpt-7", "version": "2026-11-19"}
    world["models"].append(new)
    ran = refresh(modelform, *TWO, "--detailed-exitcode")
    assert ran.code == 2
    told = words(ran.out)
    assert "openai/gpt-7@2026-11-19: new" in told
    assert f"{MINI} dataZoneStandard: - swedencentral" in told
    assert f"{MINI} globalStandard: input 0.75 -> 1, up in 2 regions" in told
    assert f"{MINI}: retires 2027-09-21 -> 2027-03-01" in told
    shown = modelform("catalog", "show", "gpt-5.4-mini")
    assert "2027-03-01 (azure-models, 2026-11-22, live)" in words(shown.out)
    assert "DataZoneStandard is not in swedencentral (Azure, 2026-11-22); it is (region-std" in words(shown.out)
    assert "with the overlay of 2026-11-22 (catalog.overlay.json, of the sandbox; 2 regions, 0 days" in words(shown.err)
    assert modelform("catalog", "where", "gpt-7", "--region", "swedencentral", "--json").document["offers"]
    text = (modelform.folder / "stacks" / "dev.yaml").read_text().replace("mistral-large-3@1", "gpt-5.4-mini")
    modelform.write(text)
    checked = modelform("validate", "--json")
    codes = {found["code"]: found["severity"] for found in checked.document["diagnostics"]}
    assert (checked.code, codes["availability.region"], codes["catalog.overlay"]) == (4, "error", "info")
    elsewhere = modelform("validate", "--target", "azure", "--json").document["diagnostics"]
    assert not [found for found in elsewhere if found["code"] == "availability.region"]
    modelform.environment["MODELFORM_CATALOG"] = ""
    assert modelform("validate").code == 0


def test_a_check_writes_nothing(modelform: Any, world: dict[str, Any]) -> None:
    model(world)["lifecycle"]["retirementDate"] = "2027-03-01"
    ran = refresh(modelform, "--check", "--detailed-exitcode", "--json")
    assert ran.code == 2
    assert ran.document["changes"]["retirements"] == [
        {"model": MINI, "before": "2027-09-21", "after": "2027-03-01"},
    ]
    assert not (modelform.folder / "catalog.overlay.json").exists()


def faults(modelform: Any, monkeypatch: pytest.MonkeyPatch, *lines: dict[str, Any]) -> None:
    file = modelform.folder / "faults.yaml"
    file.write_text(json.dumps({"faults": list(lines)}))
    monkeypatch.setenv("MODELFORM_SANDBOX_FAULTS", str(file))


@pytest.mark.parametrize(
    ("kind", "why"),
    [({"kind": "deny"}, "Microsoft.CognitiveServices/locations/models/read"), ({"kind": "garble"}, "no list of ARM's")],
    ids=["403", "html"],
)
def test_what_does_not_answer_keeps_what_was_had_and_is_named(
    modelform: Any, monkeypatch: pytest.MonkeyPatch, kind: dict[str, Any], why: str
) -> None:
    assert refresh(modelform).code == 0
    before = json.loads((modelform.folder / "catalog.overlay.json").read_text())
    faults(modelform, monkeypatch, {**kind, "path": "*/swedencentral/models"})
    ran = refresh(modelform, "--json")
    assert ran.code == 9
    assert ran.document["count"] == 0
    (row,) = ran.document["missing"]
    assert (row["region"], row["api"]) == ("swedencentral", "models")
    assert why in row["why"]
    after = json.loads((modelform.folder / "catalog.overlay.json").read_text())
    assert after["models"] == before["models"]
    assert [(row["region"], row["on"]) for row in after["missing"]] == [("swedencentral", "2026-11-22")]
    monkeypatch.delenv("MODELFORM_SANDBOX_FAULTS")
    assert refresh(modelform).code == 0
    assert json.loads((modelform.folder / "catalog.overlay.json").read_text())["missing"] == []


def test_an_empty_answer_does_not_empty_a_region(modelform: Any, world: dict[str, Any]) -> None:
    for row in world["models"]:
        for sku in (row["deployment"] or {"skus": {}})["skus"].values():
            sku["regions"] = [name for name in sku["regions"] if name != "swedencentral"]
    ran = refresh(modelform, "--json")
    assert ran.code == 9
    assert [(row["api"], row["why"]) for row in ran.document["missing"]] == [
        ("models", "the list is empty, where 105 models were known")
    ]
    assert ran.document["count"] == 0


def test_where_nothing_answers_nothing_is_written(modelform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    faults(modelform, monkeypatch, {"kind": "deny"})
    ran = refresh(modelform)
    assert ran.code == 7
    assert not (modelform.folder / "catalog.overlay.json").exists()


def test_azure_needs_a_subscription(modelform: Any) -> None:
    ran = modelform("catalog", "refresh")
    assert ran.code == 7
    assert "--target sandbox rehearses without one" in words(ran.err)


def test_a_bad_overlay_is_named_and_the_rest_runs_without(modelform: Any) -> None:
    refresh(modelform)
    file = modelform.folder / "catalog.overlay.json"
    good = file.read_text()
    bad = {
        good[:5000]: "is no JSON, or is cut short",
        '{"format": "other"}': "has another form than an overlay's",
        good.replace('"asOf":"2026-11-22"', '"asOf":"2026-10-01"'): "is of 2026-10-01, and older than the catalogue",
    }
    for text, said in bad.items():
        file.write_text(text)
        ran = modelform("validate")
        assert ran.code == 0
        assert f"catalog.overlay.json is not used: it {said}" in words(ran.err)
        assert "catalog refresh" in words(ran.err)
        listed = modelform("catalog", "list", "--publisher", "cohere")
        assert listed.code == 0
        assert f"catalog.overlay.json is not used: it {said}" in words(listed.err)
    assert refresh(modelform).code == 0
    assert "is not used" not in modelform("validate").err


def test_the_sandboxes_facts_never_take_the_place_of_azures(modelform: Any) -> None:
    refresh(modelform)
    file = modelform.folder / "catalog.overlay.json"
    text = file.read_text().replace('"target":"sandbox"', '"target":"azure"')
    file.write_text(text)
    ran = refresh(modelform)
    assert ran.code == 64
    assert "--out FILE" in words(ran.err)
    assert file.read_text() == text
    elsewhere = modelform.folder / "mine.json"
    assert refresh(modelform, "--out", str(elsewhere)).code == 0
    modelform.environment["MODELFORM_CATALOG"] = str(elsewhere)
    assert "mine.json, of the sandbox" in words(modelform("catalog", "show", "gpt-5.4-mini").err)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--region", "swedencentrl"), "there is no region 'swedencentrl'"),
        (("--out", "nowhere/overlay.json"), "there is no folder nowhere"),
    ],
)
def test_slips(modelform: Any, argv: tuple[str, ...], said: str) -> None:
    ran = modelform("catalog", "refresh", "--target", "sandbox", *argv)
    assert ran.code == 64
    assert said in words(ran.err)


def test_lifecycle_cost_and_quota_see_it_and_say_so(modelform: Any, world: dict[str, Any]) -> None:
    text = (modelform.folder / "stacks" / "dev.yaml").read_text().replace("mistral-large-3@1", "gpt-5.4-mini")
    modelform.write(
        text.replace("dataZoneStandard", "globalStandard").replace(
            "capacity:", "usage: {inputTokens: 1M}\n    capacity:"
        )
    )
    before = modelform("cost", "--json").document["total"]["expected"]
    row = model(world)
    row["lifecycle"]["retirementDate"] = "2026-12-24"
    row["deployment"]["skus"]["GlobalStandard"]["price"]["all"]["input"] = 1.5
    refresh(modelform)
    (life,) = modelform("lifecycle", "--json").document["deployments"]
    assert (life["retires"], life["confidence"], life["due"]) == ("2026-12-24", "live", True)
    cost = modelform("cost", "--json").document
    assert (before, cost["total"]["expected"]) == (0.75, 1.5)
    assert any("the sandbox's of 2026-11-22 in USD" in line for line in cost["assumptions"])
    for argv in (("lifecycle",), ("cost",), ("quota", "--offline")):
        assert "overlay of 2026-11-22: what the sandbox said" in words(modelform(*argv).err)


def test_a_saved_plan_is_of_the_overlay_that_it_was_made_with(modelform: Any) -> None:
    modelform.real_driver = True
    assert modelform("preview", "--out", "plan.json").code == 0
    assert refresh(modelform).code == 0
    ran = modelform("up", "--plan", "plan.json", "-y")
    assert ran.code == 5
    assert "catalogue" in ran.err


def test_the_sandbox_rehearses_azure_as_the_overlay_knows_it(modelform: Any, world: dict[str, Any]) -> None:
    new = copy.deepcopy(model(world))
    new |= {"id": "openai/gpt-7@2026-11-19", "name": "gpt-7", "version": "2026-11-19"}
    world["models"].append(new)
    assert refresh(modelform).code == 0
    world["models"].remove(new)
    file = modelform.folder / "catalog.overlay.json"
    text = (modelform.folder / "stacks" / "dev.yaml").read_text().replace("mistral-large-3@1", "gpt-7")
    modelform.write(text.replace("dataZoneStandard", "globalStandard"))
    modelform.real_driver = True
    ran = modelform("up", "-y")
    assert ran.code != 0
    assert "DeploymentModelNotSupported" in ran.err
    file.write_text(file.read_text().replace('"target":"sandbox"', '"target":"azure"'))
    assert modelform("up", "-y").code == 0


SHOP = """apiVersion: modelform/v1
target: sandbox
policy: {monthlyCost: {limit: 400, currency: EUR}}
workspaces:
  foundry: {kind: foundry, location: swedencentral}
  studio: {kind: hub, location: eastus2, projects: [lab]}
deployments:
  chat:
    workspace: foundry
    model: gpt-5.4-mini
    sku: globalStandard
    capacity: {tpm: 50k}
    usage: {inputTokens: 100M, outputTokens: 20M}
  lab: {workspace: studio/lab, model: mistral-small-2503, terms: accepted, usage: {inputTokens: 10M}}
"""


def test_costs_are_in_the_policys_currency_once_azure_was_asked_for_it(modelform: Any) -> None:
    modelform.write(SHOP)
    ran = modelform("cost")
    assert ran.code == 0
    assert "What dev costs a month, in USD" in ran.out
    assert "no price in EUR is known of anything here: in USD only, and nothing is converted" in words(ran.err)
    assert "prices are known in USD: not checked [cost.limit]" in words(modelform("validate").err)
    ran = refresh(modelform, "--region", "swedencentral", "--region", "eastus2", "--currency", "eur")
    assert ran.code == 0
    assert "prices in EUR of 2 regions: new" in ran.out
    ran = modelform("cost", "--json")
    rows = {row["key"]: (row["expected"], row["currency"]) for row in ran.document["lines"]}
    assert rows["chat"] == (148.5, "EUR")
    assert rows["lab"] == (1.0, "USD")
    assert rows["studio storage"] == (0.19, "EUR")
    assert (ran.document["currency"], ran.document["total"]["unpriced"]) == ("EUR", ["lab"])
    assert ran.document["otherwise"]["USD"]["expected"] == 1.0
    assert [d["code"] for d in ran.document["diagnostics"]] == ["catalog.overlay", "cost.currency"]
    ran = modelform("cost")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "all in EUR" in ran.out
    assert "all in USD" in ran.out
    assert "the sandbox's of 2026-11-22 in EUR" in words(ran.out)
    modelform.write(SHOP.replace("400", "100"))
    ran = modelform("validate")
    assert ran.code == 3
    assert "a month is estimated at 151 EUR, and the policy allows 100 EUR" in words(ran.err)
    ran = modelform("cost", "--currency", "gbp")
    assert ran.code == 9
    assert "`modelform catalog refresh --currency GBP --target sandbox` asks the sandbox" in words(ran.err)
    shown = modelform("catalog", "compare", "gpt-5.4-mini", "mistral-small-2503", "--currency", "EUR")
    assert "0.675 / 4.05 in" in shown.out
    assert "0.1 / 0.3 USD in" in shown.out
    assert "no price in EUR is known of serverless: in USD, and not converted" in words(shown.err)
    # Without a currency a refresh asks for those that the file has.
    assert "prices in USD and EUR" in words(refresh(modelform).err)


def test_a_currency_that_the_list_does_not_have_is_named_and_the_rest_stays(modelform: Any) -> None:
    ran = refresh(modelform, "--currency", "XYZ")
    assert ran.code == 9
    assert "prices in XYZ of swedencentral did not answer" in words(ran.err)
    assert json.loads((modelform.folder / "catalog.overlay.json").read_text())["currencies"] == {}
    assert modelform("catalog", "refresh", "--currency", "euros").code == 64


def test_an_overlay_of_one_region_makes_no_other_one_fresh(modelform: Any) -> None:
    modelform.today = date(2027, 1, 15)
    refresh(modelform, "--region", "swedencentral")
    shown = words(modelform("catalog", "show", "gpt-5.4-mini").err)
    assert "newest fact 2026-10-09 (98 days old); with the overlay of 2027-01-15" in shown
    assert "What is known of 37 regions is older than 60 days, and may be wrong" in shown
    assert "is older" not in modelform("catalog", "show", "gpt-5.4-mini", "--region", "swedencentral").err
    assert "What is known of eastus2 is older" in words(
        modelform("catalog", "where", "gpt-5.4-mini", "--region", "eastus2").err
    )
    stale = modelform("catalog", "list", "--json").document["catalog"]["stale"]
    assert len(stale) == 37
    assert "swedencentral" not in stale
    modelform.today = date(2027, 4, 1)
    assert "What is known of every region is older" in words(modelform("catalog", "show", "gpt-5.4-mini").err)
