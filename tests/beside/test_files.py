"""What people hand to `check` by mistake or by way of other tools' habits: read where it can be, else named."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parent / "cases"
TEXT = (CASES / "terraform/for-each/plan.json").read_text()
PLAN = json.loads(TEXT)
STREAM = (CASES / "pulumi/streamed/preview.json").read_text()
TEMPLATE = (CASES / "arm/symbolic/template.json").read_text()


def zipped() -> bytes:
    with zipfile.ZipFile(written := io.BytesIO(), "w") as archive:
        archive.writestr("tfplan", b"\0")
    return written.getvalue()


@pytest.mark.parametrize("format", ["0.2", "1.0", "1.2", "1.9"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_plan_of_any_minor_format_however_windows_wrote_it(format: str, encoding: str, check: Any) -> None:
    plan = json.dumps({**PLAN, "format_version": format})
    (check.folder / "plan.json").write_bytes(plan.encode(encoding))
    ran = check("--terraform-plan", "plan.json")
    assert (ran.code, "1 workspace, 2 deployments" in ran.out) == (0, True)


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "of another major": (json.dumps({**PLAN, "format_version": "2.0"}), "has the format 2.0", "terraform show -json"),
    "with errors": (json.dumps({**PLAN, "errored": True}), "ended with errors", "Mend what `terraform plan` says"),
    "a kept state": ('{"version": 4, "serial": 1, "lineage": "x"}', "a state as it is kept", "terraform show -json"),
    "no state": ('{"format_version": "1.0"}', "writes where there is no state", "terraform show -json"),
    "Terraform's own": (zipped(), "plan.json is no text", "This is Terraform's own plan file"),
    "compressed": (gzip.compress(b"{}"), "plan.json is no text", ""),
    "half a letter": (TEXT.encode("utf-16") + b"\0", "plan.json is no text", ""),
    "a stream": ('{"type": "version"}\n{"type": "plan"}\n', "this is not JSON: extra data", "a stream of documents"),
    "for people": ("Terraform will perform the following actions:\n", "this is not JSON", "terraform show -json"),
    "empty": ("\n", "the file is empty: did what should have written it fail?", "terraform show -json"),
    "cut short": (TEXT[:500], "this is not JSON: unterminated string", "terraform show -json"),
    "null": ("null", "this is no Terraform plan: it is no JSON object", "terraform show -json"),
    "Pulumi's": ('{"steps": []}', "this is no Terraform plan", "It looks like one of Pulumi's: --pulumi-preview"),
    "a template": (TEMPLATE, "this is no Terraform plan", "It looks like an ARM template: --arm-template takes it."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_plan(what: str, check: Any) -> None:
    content, said, hint = REFUSED[what]
    (check.folder / "plan.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = check("--terraform-plan", "plan.json", "--json")
    (found,) = ran.document["diagnostics"]
    assert ran.code == 4
    assert said in found["summary"]
    assert hint in found["hint"]


def test_what_terraform_puts_off_is_not_passed(check: Any) -> None:
    changes = PLAN["resource_changes"]
    put_off = [{"reason": "provider_config_unknown", "resource_change": changes[2]}]
    waiting = {**PLAN, "complete": False, "resource_changes": changes[:2], "deferred_changes": put_off}
    ran = check("--terraform-plan", check.write("plan.json", waiting), "--json")
    (found,) = (d for d in ran.document["diagnostics"] if "later" in d["summary"])
    assert (found["code"], found["severity"]) == ("check.unknown", "warning")
    assert found["summary"] == 'not checked: azurerm_cognitive_deployment.model["gpt"] is planned only later'
    assert found["detail"] == "deferred: provider config unknown"
    ran = check("--terraform-plan", check.write("plan.json", {**PLAN, "complete": False}), "--json")
    assert any("the plan is not complete" in d["summary"] for d in ran.document["diagnostics"])


@pytest.mark.slow
def test_a_large_plan_is_read(check: Any) -> None:
    other = {"mode": "managed", "type": "azurerm_subnet", "change": {"actions": ["no-op"], "before": {}, "after": {}}}
    many = [{**other, "address": f"azurerm_subnet.x{n}", "name": f"x{n}", "padding": "x" * 2000} for n in range(10_000)]
    file = check.write("plan.json", {**PLAN, "resource_changes": [*PLAN["resource_changes"], *many]})
    assert (check.folder / file).stat().st_size > 20_000_000
    assert check("--terraform-plan", file).code == 0


def test_a_provider_block_says_the_subscription(check: Any) -> None:
    plan = json.loads(TEXT.replace("6f1c2d7e-52b8-4b0f-9a63-1f2e3d4c5b6a", ""))
    for row in plan["configuration"]["root_module"]["resources"]:
        row["provider_config_key"] = "azurerm.prod"
    value = {"subscription_id": {"references": ["var.prod"]}}
    plan["configuration"]["provider_config"]["azurerm.prod"] = {
        "name": "azurerm",
        "alias": "prod",
        "expressions": value,
    }
    plan["variables"]["prod"] = {"value": "11111111-0000-4000-8000-000000000001"}
    (check.folder / "stacks").mkdir()
    check.write("plan.json", plan)
    ran = check("--terraform-plan", "plan.json", "--live", "--target", "sandbox", "--json")
    assert not any("subscription" in d["detail"] for d in ran.document["diagnostics"])


def test_a_preview_that_failed_or_was_cut_is_not_passed(check: Any) -> None:
    lines = STREAM.splitlines()
    failed = '{"sequence":1,"timestamp":1,"diagnosticEvent":{"message":"no\\n","severity":"error"}}'
    for text, said in (
        ("\n".join(lines[:-2]), "the preview ended before it was whole: it has no summary"),
        ("\n".join([*lines[:1], failed, *lines[1:]]), "the preview ended with errors, so that it is not whole"),
        ('{"steps": [], "diagnostics": [{"severity": "error", "message": "no"}]}', "the preview ended with errors"),
        ("\n".join([lines[0], "{", *lines[1:]]), "this is not JSON"),
    ):
        ran = check("--pulumi-preview", check.write("p.json", text), "--json")
        (found,) = ran.document["diagnostics"]
        assert (ran.code, found["summary"][: len(said)]) == (4, said)


@pytest.mark.parametrize(
    ("option", "name", "text", "said", "hint"),
    [
        ("--arm-template", "main.bicep", "param x string\n", "main.bicep is Bicep's source", "bicep build main.bicep"),
        ("--bicep-params", "main.bicep", "param x string\n", "main.bicep is Bicep's source", "bicep build main.bicep"),
        ("--bicep-params", "x.bicepparam", "using none\n", "this needs Bicep's own compiler", "bicep build-params"),
        ("--arm-template", "plan.json", TEXT, "it has no resources", "--terraform-plan takes it"),
        ("--arm-template", "preview.json", '{"steps": []}', "it has no resources", "--pulumi-preview takes it"),
        ("--pulumi-preview", "plan.json", TEXT, "neither a preview of Pulumi's", "--terraform-plan takes it"),
    ],
)
def test_what_belongs_to_another_option(option: str, name: str, text: str, said: str, hint: str, check: Any) -> None:
    ran = check(option, check.write(name, text), "--json")
    (found,) = ran.document["diagnostics"]
    assert ran.code == 4
    assert said in found["summary"]
    assert hint in found["hint"]
