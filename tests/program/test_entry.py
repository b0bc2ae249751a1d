"""What a plain `pulumi` runs in a project folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from modelform.program.entry import main

STACK = """
apiVersion: modelform/v1
location: swedencentral
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  main: {kind: foundry}
deployments:
  assistant: {model: mistral-large-3@1, workspace: main, sku: %s, capacity: {tpm: 50k}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "test.yaml").write_text(STACK % "dataZoneStandard")
    return tmp_path


def test_the_stack_of_the_selected_name_is_declared(folder: Path, run_in: Any) -> None:
    found = run_in(folder, lambda: main({}))
    assert found.inputs("cognitiveservices:Deployment")["sku"] == {"name": "DataZoneStandard", "capacity": 50}
    assert found.inputs("index:Cloud")["target"] == "sandbox"


def test_the_environment_decides_the_target(folder: Path, run_in: Any) -> None:
    subscription = "11111111-1111-4111-8111-111111111111"
    environment = {"MODELFORM_TARGET": "azure", "AZURE_SUBSCRIPTION_ID": subscription, "AZURE_TENANT_ID": subscription}
    with (folder / "stacks" / "test.yaml").open("a") as file:
        file.write("subscription: ${env:AZURE_SUBSCRIPTION_ID}\n")
    found = run_in(folder, lambda: main(environment))
    assert found.inputs("index:Cloud") == {
        "target": "azure",
        "tenant": subscription,
        "subscription": subscription,
        "endpoint": "https://management.azure.com",
    }


def test_every_problem_of_a_wrong_file_is_in_one_error(folder: Path, run_in: Any) -> None:
    (folder / "stacks" / "test.yaml").write_text(STACK % "dataZoneStandart" + "colour: blue\n")
    with pytest.raises(pulumi.RunError) as error:
        run_in(folder, lambda: main({}))
    assert "colour" in str(error.value)
    assert "dataZoneStandart" in str(error.value)
    assert "test.yaml:" in str(error.value)


def test_plain_pulumi_cannot_go_around_the_checks(folder: Path, run_in: Any) -> None:
    text = (STACK % "globalStandard").replace("policy: {", "policy: {residency: eu-data-zone, ")
    (folder / "stacks" / "test.yaml").write_text(text)
    with pytest.raises(pulumi.RunError, match=r"residency\.processing"):
        run_in(folder, lambda: main({}))


def test_a_stack_without_a_file_is_said_to_be_missing(tmp_path: Path, run_in: Any) -> None:
    with pytest.raises(pulumi.RunError, match=r"test\.yaml"):
        run_in(tmp_path, lambda: main({}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy: {residency: SE}\n", "the policy says SE"),
        ("policy: {residence: SE}\n", "did you mean residency"),
        ("allow: {engines: [embedded]}\n", "the engine is pulumi, and the company allows embedded"),
    ],
)
def test_plain_pulumi_is_under_the_company_file_too(text: str, said: str, folder: Path, run_in: Any) -> None:
    file = folder / "company.yaml"
    file.write_text("apiVersion: modelform/company/v1\n" + text)
    with pytest.raises(pulumi.RunError) as error:
        run_in(folder, lambda: main({"MODELFORM_COMPANY": str(file)}))
    assert said in str(error.value).lower() or said in str(error.value)
    file.write_text("apiVersion: modelform/company/v1\npolicy: {residency: eu-data-zone}\n")
    with pytest.raises(pulumi.RunError, match="is not the one that it is pinned to"):
        run_in(folder, lambda: main({"MODELFORM_COMPANY": f"{file}@sha256:{'0' * 64}"}))
    assert run_in(folder, lambda: main({"MODELFORM_COMPANY": str(file)})).inputs("cognitiveservices:Deployment")
