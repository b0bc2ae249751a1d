"""`modelform check`: what holds of every format."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

CASES = Path(__file__).parent / "cases"
PLAN = CASES / "terraform/for-each/plan.json"
POLICY = "residency: eu-data-zone\n"


@pytest.fixture
def plan(check: Any) -> dict[str, Any]:
    shutil.copy(PLAN, check.folder / "plan.json")
    found: dict[str, Any] = json.loads(PLAN.read_text())
    return found


def deployment(plan: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r["change"] for r in plan["resource_changes"] if r.get("index") == key)
    return found


def test_without_a_policy_only_what_azure_says_is_held_against_it(check: Any, plan: Any) -> None:
    ran = check("--terraform-plan", "plan.json")
    assert ran.code == 0
    assert "nothing stops it: 1 workspace, 2 deployments" in ran.out
    deployment(plan, "gpt")["after"]["sku"][0]["name"] = "Standard"
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    assert ran.code == 3
    assert "availability.sku" in ran.codes


def test_a_plan_comes_through_a_pipe_too(check: Any, plan: Any) -> None:
    ran = check("--terraform-plan", "-", "--name", "prod", "--json", stdin=json.dumps(plan))
    assert ran.code == 0
    assert ran.document["stack"] == "prod"
    policy = check.write("policy.yaml", POLICY)
    ran = check("--terraform-plan", "-", "--policy", policy, "--sarif", "-", stdin=json.dumps(plan))
    results = ran.document["runs"][0]["results"]
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results} == {"stdin"}
    ran = check("--terraform-plan", "-", stdin="{")
    assert (ran.code, ran.err.partition(": ")[0]) == (4, "<stdin>:1:2")


def test_what_windows_writes_is_read(check: Any, plan: Any) -> None:
    (check.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-16")
    assert check("--terraform-plan", "plan.json").code == 0


def test_a_policy_stands_in_a_file_of_its_own_or_in_a_stack_file(check: Any, plan: Any) -> None:
    for text in (POLICY, "policy: {residency: eu-data-zone}\n"):
        ran = check("--terraform-plan", "plan.json", "--policy", check.write("policy.yaml", text), "--json")
        assert ran.code == 3
        assert "residency.processing" in ran.codes
    ran = check("--terraform-plan", "plan.json", "--policy", check.write("policy.yaml", "residncy: eu\n"))
    assert ran.code == 4
    assert "policy.yaml:1:1: error: policy has no key 'residncy'" in ran.err


def test_what_is_not_known_stops_where_the_policy_says_so(check: Any, plan: Any) -> None:
    deployment(plan, "gpt")["after_unknown"]["model"] = [{"name": True}]
    check.write("plan.json", plan)
    assert check("--terraform-plan", "plan.json").code == 0
    ran = check(
        "--terraform-plan", "plan.json", "--json", "--policy", check.write("p.yaml", "rules: {check.unknown: error}")
    )
    assert ran.code == 3
    assert ran.codes.count("check.unknown") == 1
    assert "policy.unknown-code" not in ran.codes
    ran = check(
        "--terraform-plan", "plan.json", "--json", "--policy", check.write("p.yaml", "rules: {check.unknown: off}")
    )
    assert "check.unknown" not in ran.codes


def test_deletes_data_and_other_resources_are_left_alone(check: Any, plan: Any) -> None:
    for row in plan["resource_changes"]:
        row["change"] |= {"actions": ["delete"], "after": None}
    ran = check("--terraform-plan", check.write("plan.json", plan))
    assert ran.code == 0
    assert "it declares nothing about models" in ran.out


def test_quota_counts_what_the_plan_wants_together(check: Any, plan: Any) -> None:
    deployment(plan, "gpt")["after"]["sku"][0]["capacity"] = 900_000
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    found = next(d for d in ran.document["diagnostics"] if d["code"] == "quota.exceeded")
    assert found["severity"] == "warning"
    assert 'azurerm_cognitive_deployment.model["gpt"]' in found["detail"]
    assert found["resource"] == 'azurerm_cognitive_deployment.model["gpt"]'


def test_the_reports_carry_what_was_found(check: Any, plan: Any) -> None:
    policy = check.write("policy.yaml", POLICY)
    ran = check(
        "--terraform-plan", "plan.json", "--policy", policy, "--sarif", "o.sarif", "--junit", "o.xml", "--markdown"
    )
    assert ran.code == 3
    (stopped,) = (
        r for r in json.loads((check.folder / "o.sarif").read_text())["runs"][0]["results"] if r["level"] == "error"
    )
    assert stopped["ruleId"] == "residency.processing"
    assert stopped["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "plan.json"
    assert stopped["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].endswith('model["mistral"]')
    (suite,) = ElementTree.parse(check.folder / "o.xml").getroot()
    assert suite.get("name") == check.folder.name
    assert suite.get("failures") == "1"
    assert ran.out.startswith("### modelform check: ")
    assert ran.out.index("residency.processing") < ran.out.index("quota.unverified"), "the worst comes first"
    assert "NOT ALLOWED" in ran.out


def test_an_account_that_a_local_value_names_is_taken_to_be_the_only_one(check: Any, plan: Any) -> None:
    links = plan["configuration"]["root_module"]["resources"][2]["expressions"]
    links["cognitive_account_id"] = {"references": ["local.account_id"]}
    policy = check.write("policy.yaml", POLICY)
    ran = check("--terraform-plan", check.write("plan.json", plan), "--policy", policy, "--json")
    assert "residency.processing" in ran.codes
    assert sum("taken to be in models-weu" in d["summary"] for d in ran.document["diagnostics"]) == 2
    account = next(r for r in plan["resource_changes"] if r["type"] == "azurerm_cognitive_account")
    second = json.loads(json.dumps(account).replace("models-weu", "models-two").replace(".main", ".two"))
    plan["resource_changes"].append(second)
    ran = check("--terraform-plan", check.write("plan.json", plan), "--policy", policy, "--json")
    (found,) = (d for d in ran.document["diagnostics"] if d["code"] == "residency.processing")
    assert found["summary"].endswith("are processed anywhere in the world, wherever it is")
    assert sum("is not declared here" in d["summary"] for d in ran.document["diagnostics"]) == 2


def test_a_closed_account_wants_a_way_in(check: Any, plan: Any) -> None:
    account = next(r for r in plan["resource_changes"] if r["type"] == "azurerm_cognitive_account")
    account["change"]["after"]["public_network_access_enabled"] = False
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    assert any("no private endpoint to it" in d["summary"] for d in ran.document["diagnostics"])
    connection = {"private_service_connection": [{"private_connection_resource_id": True}]}
    endpoint = {"actions": ["create"], "after": {"name": "pe", "location": "westeurope"}, "after_unknown": connection}
    kind = {"mode": "managed", "type": "azurerm_private_endpoint", "name": "pe"}
    plan["resource_changes"].append({"address": "azurerm_private_endpoint.pe", **kind, "change": endpoint})
    references = ["azurerm_cognitive_account.main.id", "azurerm_cognitive_account.main"]
    block = [{"private_connection_resource_id": {"references": references}}]
    resource = {**kind, "expressions": {"private_service_connection": block}}
    plan["configuration"]["root_module"]["resources"].append(resource)
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    assert not any("no private endpoint to it" in d["summary"] for d in ran.document["diagnostics"])


def test_accounts_without_models_are_told_of(check: Any, plan: Any) -> None:
    account = next(r for r in plan["resource_changes"] if r["type"] == "azurerm_cognitive_account")
    account["change"]["after"]["kind"] = "SpeechServices"
    plan["resource_changes"] = [account]
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    assert [d["summary"] for d in ran.document["diagnostics"]] == ["not checked: models-weu"]


COMPANY = """\
apiVersion: modelform/company/v1
policy: {residency: eu-data-zone}
naming: {deployments: "m-.*"}
exceptions:
  - {code: residency.processing, stack: "old-*", reason: being moved, until: 2026-12-31}
"""


def test_what_the_company_says_holds_beside_other_tools_too(check: Any, plan: Any) -> None:
    company = check.write("company.yaml", COMPANY)
    argv = ["--terraform-plan", "plan.json", "--company", company, "--json"]
    ran = check(*argv)
    assert ran.code == 3
    assert {"residency.processing", "company.naming"} <= set(ran.codes)
    assert "company.runs" not in ran.codes
    looser = check("--policy", check.write("policy.yaml", "residency: global\n"), *argv)
    assert {"residency.processing", "company.loosened"} <= set(looser.codes)
    excused = check("--name", "old-app", *argv, "--sarif", "o.sarif")
    found = [d for d in excused.document["diagnostics"] if d["code"] == "residency.processing"]
    assert [d["severity"] for d in found] == ["info"]
    results = json.loads((check.folder / "o.sarif").read_text())["runs"][0]["results"]
    assert [r["ruleId"] for r in results if r.get("suppressions")] == ["residency.processing"]


def test_a_template_gets_its_region_from_the_command_line(check: Any) -> None:
    case = CASES / "arm/loop"
    argv = [
        "--arm-template",
        "template.json",
        "--arm-parameters",
        "parameters.json",
        "--policy",
        "policy.yaml",
        "--json",
    ]
    without = check(*argv, folder=case)
    assert [d["summary"][-14:] for d in without.document["diagnostics"] if d["code"] == "residency.processing"] == [
        "wherever it is"
    ]
    assert any("--location" in d["hint"] for d in without.document["diagnostics"])
    assert "residency.processing" in check(*argv, "--location", "westeurope", folder=case).codes


def test_a_parameter_that_is_missing_is_said_at_its_place(check: Any) -> None:
    ran = check("--arm-template", "template.json", folder=CASES / "arm/loop")
    assert ran.code == 4
    assert "template.json:6:5: error: the parameter 'product' has no default" in " ".join(ran.err.split())


HOUSE = """\
apiVersion: modelform/company/v1
pinning: {upgrades: [onceExpired]}
naming: {deployments: "x-.*", resourceGroups: "rg-ai-.*"}
requiredTags: {team: [search], owner: []}
"""


def test_what_a_company_wants_is_said_in_the_tools_words(check: Any, plan: Any) -> None:
    company = check.write("company.yaml", HOUSE)
    ran = check("--terraform-plan", "plan.json", "--company", company, "--json")
    found = {d["code"]: d for d in ran.document["diagnostics"] if d["severity"] == "error"}
    assert ran.code == 3
    assert found["company.pinning"]["hint"] == 'set `version_upgrade_option = "OnceCurrentVersionExpired"`'
    assert found["company.naming"]["hint"] == "give it a name of that form"
    assert found["company.tags"]["hint"] == "give each of them the tag"
    named = [d["resource"] for d in ran.document["diagnostics"] if d["code"] == "company.naming"]
    assert named[0] == "azurerm_resource_group.main"


def test_a_deployment_of_azurerms_has_no_tags_of_its_own(check: Any, plan: Any) -> None:
    company = check.write("company.yaml", HOUSE.replace(", owner: []", ""))
    ran = check("--terraform-plan", "plan.json", "--company", company, "--json")
    assert "company.tags" not in ran.codes, "its account and group have the tag, and it can have none"
    assert "tags" not in deployment(plan, "gpt")["after"]


def test_tags_that_are_known_later_are_told_of_and_not_refused(check: Any, plan: Any) -> None:
    company = check.write("company.yaml", HOUSE)
    account, group = (row["change"] for row in (plan["resource_changes"][1], plan["resource_changes"][0]))
    account["after"].pop("tags")
    account["after_unknown"]["tags"] = True
    group["after_unknown"]["tags"] = {"team": True, "Owner": True}
    ran = check("--terraform-plan", check.write("plan.json", plan), "--company", company, "--json")
    assert "company.tags" not in ran.codes
    (found,) = (d["summary"] for d in ran.document["diagnostics"] if "tags are not known" in d["summary"])
    assert found.startswith("resource group rg-models, models-weu, gpt-mini")
    group["after_unknown"]["tags"] = {"team": True}
    ran = check("--terraform-plan", check.write("plan.json", plan), "--company", company, "--json")
    (found,) = (d["summary"] for d in ran.document["diagnostics"] if d["code"] == "company.tags")
    assert found == "resource group rg-models lacks the tag owner, which the company wants"
    ran = check("--terraform-plan", "plan.json", "--json")
    assert not any("tags" in d["summary"] for d in ran.document["diagnostics"]), "nobody wants any"


def test_an_exception_covers_what_only_this_command_finds(check: Any, plan: Any) -> None:
    deployment(plan, "gpt")["after_unknown"]["model"] = [{"name": True}]
    check.write("plan.json", plan)
    rows = "apiVersion: modelform/company/v1\npolicy: {rules: {check.unknown: error}}\n"
    asked = ("--terraform-plan", "plan.json", "--name", "prod", "--company", "company.yaml", "--json")
    check.write("company.yaml", rows)
    assert check(*asked).code == 3
    excuse = "exceptions: [{code: check.unknown, stack: prod, reason: known in the next plan, until: 2026-11-22}]\n"
    check.write("company.yaml", rows + excuse)
    ran = check(*asked)
    (found,) = (d for d in ran.document["diagnostics"] if d["code"] == "check.unknown")
    assert (ran.code, found["severity"]) == (0, "info")
    assert "excused until 2026-11-22: known in the next plan" in found["detail"]


def test_a_policy_sets_the_level_of_what_a_hub_keeps_data_in(check: Any) -> None:
    case = CASES / "terraform/hub-state"
    shutil.copy(case / "plan.json", check.folder / "plan.json")
    for level, code in (("error", 3), ("warning", 0), ("off", 0)):
        policy = f"residency: eu-data-zone\nrules: {{residency.at-rest: {level}}}\n"
        ran = check("--terraform-plan", "plan.json", "--policy", check.write("p.yaml", policy), "--json")
        found = [d["severity"] for d in ran.document["diagnostics"] if "its storage account keeps" in d["summary"]]
        assert (ran.code, found) == (code, [] if level == "off" else [level])


def test_a_document_of_what_is_stopped_has_its_name_and_its_proof(check: Any, plan: Any) -> None:
    policy = check.write("policy.yaml", POLICY)
    ran = check("--terraform-plan", "plan.json", "--policy", policy, "--name", "prod", "--json")
    assert (ran.code, ran.document["ok"], ran.document["stack"], ran.document["engine"]) == (
        3,
        False,
        "prod",
        "terraform",
    )
    assert [row["within"] for row in ran.document["residency"]["rows"]] == [True, False, True]
    assert "residency.processing" in ran.err


def test_a_weaker_filter_is_mended_in_the_tools_words(check: Any, plan: Any) -> None:
    deployment(plan, "gpt")["after"]["rai_policy_name"] = "Microsoft.Default"
    deployment(plan, "gpt")["after_unknown"].pop("rai_policy_name")
    ran = check("--terraform-plan", check.write("plan.json", plan), "--json")
    (found,) = (d for d in ran.document["diagnostics"] if d["code"] == "security.content-filter")
    assert found["hint"] == 'leave `rai_policy_name` out, or set it to "Microsoft.DefaultV2"'


def test_an_azapi_account_may_say_its_region_in_its_body(check: Any, plan: Any) -> None:
    row = next(r for r in plan["resource_changes"] if r["type"] == "azurerm_cognitive_account")
    text = json.dumps(plan).replace("azurerm_cognitive_account", "azapi_resource")
    found: dict[str, Any] = json.loads(text)
    row = next(r for r in found["resource_changes"] if r["type"] == "azapi_resource")
    body = {"kind": "AIServices", "location": "West Europe", "sku": {"name": "S0"}, "properties": {}}
    row["change"]["after"] = {"type": "Microsoft.CognitiveServices/accounts@2025-06-01", "name": "acct", "body": body}
    ran = check("--terraform-plan", check.write("plan.json", found), "--json")
    assert {r["region"] for r in ran.document["residency"]["rows"]} == {"westeurope"}
