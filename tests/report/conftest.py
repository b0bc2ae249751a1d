"""Hand-made results and a comparison with text files; MODELFORM_UPDATE_GOLDEN=1 writes the files anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modelform.errors import Diagnostic, Severity, Span
from modelform.plan import Change, Difference, Op, Result, Summary
from modelform.values import Secret

GOLDEN = Path(__file__).parent / "golden"
GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:cognitiveservices:Account"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::modelform:index:Workspace${token}::{name}"


def change(op: Op, token: str, name: str, *diff: Difference, **more: object) -> Change:
    return Change(op, urn(token, name), token, name, diff=diff, **more)  # type: ignore[arg-type]


def add(path: str, value: object) -> Difference:
    return Difference(path, "add", None, value)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if os.environ.get("MODELFORM_UPDATE_GOLDEN"):
            GOLDEN.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def source() -> Callable[[str], list[str] | None]:
    text = [
        "name: dev",
        "deployments:",
        "  assistant:",
        "    model: mistral-larg-3",
        "    " + "x" * 90 + ": here",
        "\tsku: tabbed\x1b[31m",
    ]
    return lambda name: text if name == "stacks/dev.yaml" else None


@pytest.fixture
def mixed() -> Result:
    """A plan with one of everything, with long names and values."""
    model = "properties.model"
    changes = (
        change(Op.CREATE, GROUP, "rg-models-eu", add("location", "swedencentral")),
        change(
            Op.CREATE,
            DEPLOYMENT,
            "assistant",
            add(f"{model}.name", "Mistral-Large-3"),
            add(f"{model}.version", "1"),
            add("sku.name", "DataZoneStandard"),
            add("sku.capacity", 50),
        ),
        change(
            Op.UPDATE,
            DEPLOYMENT,
            "assistant-fallback-for-the-legal-department",
            Difference("sku.capacity", "update", 20, 50),
            add("properties.raiPolicyName", "strict"),
            Difference("tags.costCenter", "delete", "4711", None),
        ),
        change(
            Op.REPLACE,
            DEPLOYMENT,
            "chat",
            Difference(f"{model}.name", "update-replace", "gpt-5", "mistral-medium-2505-" + "long-" * 8, True),
            Difference(f"{model}.version", "update-replace", "2025-08-07", "1", True),
            Difference("properties.key", "update", Secret("hunter2"), Secret("hunter3")),
            Difference("tags", "update", {"text": "y" * 400}, ["a", "b"]),
        ),
        change(Op.REPLACE, ACCOUNT, "openai", keys=("location",)),
        change(Op.DELETE, ACCOUNT, "old", reason="its name and quota are held for 48 hours"),
        change(Op.SAME, ACCOUNT, "foundry"),
        Change(Op.CREATE, "urn:c", "modelform:index:Workspace", "foundry", custom=False),
        Change(Op.CREATE, "urn:p", "pulumi:providers:azure-native", "default", provider=True),
    )
    found = (
        Diagnostic("sku.chosen", Severity.INFO, "assistant: sku dataZoneStandard was chosen"),
        Diagnostic(
            "lifecycle.retiring",
            Severity.WARNING,
            "gpt-5 retires on 2027-02-01, in 71 days, which is earlier than the notice that the policy wants",
            detail="policy.retirementNotice is 90d.",
            span=Span("stacks/dev.yaml", 4, 12),
            hint="Move to gpt-5.4-mini.",
        ),
    )
    return Result(
        "preview",
        "dev",
        "embedded",
        "sandbox",
        True,
        Summary(2, 1, 2, 1, 4),
        changes,
        found,
        {"key": Secret("hunter2")},
    )
