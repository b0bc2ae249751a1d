"""Loading a stack: which target and engine, which identity, which origins, which digest."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from modelform.errors import Report, Severity
from modelform.spec import find_stack, find_stacks, load_stack
from modelform.spec.resolved import Stack

TODAY = date(2026, 11, 22)
BASE = """apiVersion: modelform/v1
location: swedencentral
deployments:
  assistant:
    model: mistral-large-3@1
    capacity: {tpm: 50k}
"""
AZURE = {
    "AZURE_SUBSCRIPTION_ID": "11111111-1111-4111-8111-111111111111",
    "AZURE_TENANT_ID": "22222222-2222-4222-8222-222222222222",
}


def write(folder: Path, text: str, name: str = "dev.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(path: Path, **options: object) -> Stack:
    environment = options.pop("environment", {})
    stack, report = load_stack(path, environment=environment, today=TODAY, **options)  # type: ignore[arg-type]
    assert stack is not None, [str(item) for item in report]
    return stack


def errors(path: Path, **environment: str) -> Report:
    stack, report = load_stack(path, environment=environment, today=TODAY)
    assert stack is None
    return report


@pytest.mark.parametrize(
    ("file", "variable", "flag", "target", "engine"),
    [
        ("", {}, {}, "sandbox", "embedded"),
        ("target: azure\n", {}, {}, "azure", "pulumi"),
        ("target: azure\nengine: embedded\n", {}, {}, "azure", "embedded"),
        ("target: azure\n", {"MODELFORM_TARGET": "sandbox"}, {}, "sandbox", "embedded"),
        ("target: sandbox\n", {"MODELFORM_TARGET": "sandbox"}, {"target": "azure"}, "azure", "pulumi"),
        ("engine: embedded\n", {"MODELFORM_ENGINE": "pulumi"}, {}, "sandbox", "pulumi"),
        ("", {"MODELFORM_ENGINE": "pulumi"}, {"engine": "embedded"}, "sandbox", "embedded"),
        ("target: ${env:WHERE}\n", {"WHERE": "azure"}, {}, "azure", "pulumi"),
    ],
)
def test_the_flag_wins_over_the_variable_and_that_over_the_file(
    tmp_path: Path, file: str, variable: dict[str, str], flag: dict[str, str], target: str, engine: str
) -> None:
    stack = load(write(tmp_path, BASE + file), environment={**AZURE, **variable}, **flag)
    assert (stack.target, stack.engine) == (target, engine)


def test_the_sandbox_has_an_identity_of_its_own(tmp_path: Path) -> None:
    text = BASE + "tags: {who: '${env:AZURE_CLIENT_ID}', sub: '${env:ARM_SUBSCRIPTION_ID}'}\n"
    stack = load(write(tmp_path, text), environment={**AZURE, "AZURE_CLIENT_ID": "me"})
    assert stack.subscription == "00000000-0000-4000-8000-000000000001"
    assert stack.tenant == "00000000-0000-4000-8000-00000000aaaa"
    assert stack.tags == {"who": "00000000-0000-4000-8000-00000000cccc", "sub": stack.subscription}


def test_the_target_may_come_from_a_base_file(tmp_path: Path) -> None:
    write(tmp_path, BASE + "target: azure\ntags: {sub: '${env:AZURE_SUBSCRIPTION_ID}'}\n", "base.yaml")
    stack = load(write(tmp_path, "apiVersion: modelform/v1\nextends: base.yaml\n"), environment=AZURE)
    assert stack.target == "azure"
    assert stack.subscription == AZURE["AZURE_SUBSCRIPTION_ID"]
    assert stack.tags["sub"] == AZURE["AZURE_SUBSCRIPTION_ID"]


def test_a_value_that_the_stack_replaces_needs_no_variable(tmp_path: Path) -> None:
    write(tmp_path, BASE + "tags: {owner: '${env:OWNER}'}\n", "base.yaml")
    path = write(tmp_path, "apiVersion: modelform/v1\nextends: base.yaml\ntags: {owner: me}\n")
    assert load(path).tags == {"owner": "me"}


def test_every_value_knows_the_file_that_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, BASE, "base.yaml")
    write(tmp_path, "deployments: {other: {model: gpt-5.4, capacity: {tpm: 1k}}}\n", "teams/x.yaml")
    own = "apiVersion: modelform/v1\nextends: base.yaml\ninclude: [teams/*.yaml]\n"
    own += "deployments:\n  assistant: {sku: globalStandard}\n"
    origins = load(write(tmp_path, own)).origins
    assert str(origins.span("deployments.assistant.sku")) == "dev.yaml:5:20"
    assert str(origins.span("deployments.assistant.capacity.tpm")) == "base.yaml:6:21"
    assert str(origins.span("deployments.other.model")) == "teams/x.yaml:1:30"
    assert str(origins.span("deployments.other.upgrade")) == "teams/x.yaml:1:15"


def test_the_digest_is_of_all_that_was_read(tmp_path: Path) -> None:
    write(tmp_path, BASE + "tags: {owner: '${env:OWNER}'}\n", "base.yaml")
    path = write(tmp_path, "apiVersion: modelform/v1\nextends: base.yaml\n")
    first = load(path, environment={"OWNER": "a"})
    assert load(path, environment={"OWNER": "a", "ELSE": "b"}).digest == first.digest
    assert load(path, environment={"OWNER": "b"}).digest != first.digest
    write(tmp_path, BASE + "# a remark\ntags: {owner: '${env:OWNER}'}\n", "base.yaml")
    assert load(path, environment={"OWNER": "a"}).digest != first.digest


@pytest.mark.parametrize("key", ["protect", "target", "location", "engine", "apiVersion", "include", "resourceGroup"])
@pytest.mark.parametrize("text", ["${env:TOKEN}", "x-${env:TOKEN}", "'${param:token}'"])
def test_what_the_environment_gives_is_in_no_message_of_a_wrong_value(tmp_path: Path, key: str, text: str) -> None:
    base = BASE.replace(
        "apiVersion: modelform/v1\n", "apiVersion: modelform/v1\nparameters: {token: {default: '${env:TOKEN}'}}\n"
    )
    path = write(
        tmp_path, "\n".join(line for line in base.splitlines() if not line.startswith(key)) + f"\n{key}: {text}\n"
    )
    report = errors(path, TOKEN="!hush!")
    assert not [item for item in report if "hush" in str(item)]


def test_all_problems_are_in_one_report(tmp_path: Path) -> None:
    text = BASE.replace("mistral-large-3@1", "mistral-larg") + "polcy: {}\nprotect: maybe\n"
    codes = {item.code for item in errors(write(tmp_path, text))}
    assert codes == {"stack-file.unknown-key", "stack-file.type", "availability.model"}


def test_a_broken_deployment_is_reported_once(tmp_path: Path) -> None:
    text = BASE + "    sku: [a]\nroutes: {chat: {members: [{deployment: assistant}]}}\n"
    assert [item.code for item in errors(write(tmp_path, text))] == ["stack-file.type"]


def test_a_broken_workspace_silences_what_depends_on_it(tmp_path: Path) -> None:
    text = BASE + "    workspace: here\nworkspaces: {here: {kind: foundri}}\n"
    assert [item.code for item in errors(write(tmp_path, text))] == ["stack-file.value"]


def test_the_default_sku_is_the_cheapest_that_the_policy_allows(tmp_path: Path) -> None:
    anywhere = load(write(tmp_path, BASE)).deployments["assistant"]
    zone = load(write(tmp_path, BASE + "policy: {residency: eu-data-zone}\n")).deployments["assistant"]
    assert (anywhere.sku, anywhere.sku_chosen) == ("GlobalStandard", True)
    assert (zone.sku, zone.sku_chosen) == ("DataZoneStandard", True)
    said = load(write(tmp_path, BASE + "    sku: dataZoneStandard\n")).deployments["assistant"]
    assert (said.sku, said.sku_chosen) == ("DataZoneStandard", False)


def test_what_the_policy_forbids_is_left_to_the_checks(tmp_path: Path) -> None:
    text = BASE + "policy: {residency: eu}\n"
    assert load(write(tmp_path, text)).deployments["assistant"].sku == "GlobalStandard"


def test_a_version_that_the_region_has_is_taken(tmp_path: Path) -> None:
    text = BASE.replace("mistral-large-3@1", "gpt-4o").replace("swedencentral", "francecentral")
    deployment = load(write(tmp_path, text)).deployments["assistant"]
    assert deployment.model.version == "2024-11-20"


def test_capacities_reach_arm_in_its_own_units(tmp_path: Path) -> None:
    text = """apiVersion: modelform/v1
location: swedencentral
deployments:
  tokens: {model: mistral-large-3, capacity: {tpm: 1.5M}}
  provisioned: {model: gpt-5.4, sku: dataZoneProvisionedManaged, capacity: {ptu: 25}}
  batch: {model: gpt-4o@2024-11-20, sku: dataZoneBatch, capacity: {enqueuedTokens: 5M}}
  flat: {model: Phi-4}
"""
    found = load(write(tmp_path, text)).deployments
    sizes = {
        key: (item.capacity.unit, item.capacity.amount, item.capacity.sku_capacity)
        for key, item in found.items()
        if item.capacity
    }
    assert sizes == {
        "tokens": ("tpm", 1_500_000, 1500),
        "provisioned": ("ptu", 25, 25),
        "batch": ("enqueuedTokens", 5_000_000, 5000),
        "flat": ("units", 1, 1),
    }


def test_a_hub_serves_models_as_endpoints(tmp_path: Path) -> None:
    text = """apiVersion: modelform/v1
location: swedencentral
workspaces: {studio: {kind: hub, projects: [research]}}
deployments:
  clerk: {model: mistral-small-2503, terms: accepted}
  other: {model: mistral-small-2503, workspace: studio}
"""
    stack = load(write(tmp_path, text))
    clerk, other = stack.deployments["clerk"], stack.deployments["other"]
    assert (clerk.sku, clerk.project, clerk.capacity, clerk.model.version) == ("serverless", "research", None, "")
    assert clerk.model_asset == "azureml://registries/azureml-mistral/models/mistral-small-2503"
    assert clerk.marketplace is not None
    assert other.marketplace is not None
    assert clerk.marketplace.name == other.marketplace.name == "mistral-small-2503"
    assert (clerk.marketplace.terms_accepted, other.marketplace.terms_accepted) == (True, False)
    assert clerk.name != other.name
    hub = stack.workspaces["studio"]
    assert hub.hub is not None
    assert hub.subdomain == ""


def test_workspaces_may_live_elsewhere(tmp_path: Path) -> None:
    text = """apiVersion: modelform/v1
location: Sweden Central
tags: {a: one, b: two}
policy: {localKeys: deny}
workspaces:
  here: {kind: foundry, tags: {b: three}}
  there:
    kind: openai
    location: francecentral
    subscription: 33333333-3333-4333-8333-333333333333
    resourceGroup: {existing: rg-ai}
    localKeys: true
    protect: false
  beside: {kind: openai, resourceGroup: rg-x}
"""
    stack = load(write(tmp_path, text))
    here, there, beside = (stack.workspaces[key] for key in ("here", "there", "beside"))
    assert (here.location, here.local_keys, here.protect, here.tags) == (
        "swedencentral",
        False,
        True,
        {"a": "one", "b": "three"},
    )
    assert (there.location, there.local_keys, there.protect) == ("francecentral", True, False)
    assert (there.resource_group.name, there.resource_group.existing) == ("rg-ai", True)
    assert there.subscription in stack.subscriptions
    assert [group.key for group in stack.resource_groups] == ["main", "rg-ai-33333333", "rg-x"]
    assert here.resource_group.name == "rg-dev"
    assert beside.resource_group.location == "swedencentral"


def test_stacks_are_found_by_name_and_other_files_are_not(tmp_path: Path) -> None:
    for name in (
        "dev.yaml",
        "prod.yml",
        "dev.lock.yaml",
        "Pulumi.dev.yaml",
        "base.yaml",
        "_shared.yaml",
        ".hidden.yaml",
        "notes.txt",
    ):
        write(tmp_path / "stacks", BASE, name)
    write(tmp_path / "stacks" / "templates", BASE, "team.yaml")
    stacks = find_stacks(tmp_path)
    assert list(stacks) == ["dev", "prod"]
    assert find_stack(tmp_path, "prod") == stacks["prod"]
    assert find_stack(tmp_path, str(stacks["dev"])) == stacks["dev"]


def test_loading_imports_neither_pulumi_nor_pydantic_nor_azure(tmp_path: Path) -> None:
    path = write(tmp_path, BASE)
    code = (
        "import sys; from pathlib import Path; from modelform.spec import load_stack; "
        f"stack, _ = load_stack(Path({str(path)!r}), environment={{}}); assert stack; "
        "print([m for m in ('pulumi', 'pydantic', 'azure', 'starlette') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_warnings_alone_do_not_stop_a_stack(tmp_path: Path) -> None:
    stack, report = load_stack(write(tmp_path, BASE + "include: [none/*.yaml]\n"), environment={}, today=TODAY)
    assert stack is not None
    assert [item.severity for item in report] == [Severity.WARNING]
