"""Physical names: legal, unique, and stable."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelform.spec import load_stack, naming
from modelform.spec.resolved import Stack

RULES = [item for item in vars(naming).values() if isinstance(item, naming.Rule)]
MADE = [rule for rule in RULES if rule is not naming.GROUP]
words = st.text(st.sampled_from("abcXYZ019-_."), min_size=1, max_size=64)


@given(st.sampled_from(MADE), st.lists(words, min_size=1, max_size=3), words)
def test_a_made_name_is_legal_and_ends_in_its_hash(rule: naming.Rule, parts: list[str], seed: str) -> None:
    tag = naming.short_hash(seed)
    name = naming.made(rule, tuple(parts), tag)
    assert rule.problem(name) == ""
    assert name.endswith(tag)
    assert name == name.lower()


def test_the_hash_ignores_case_and_tells_parts_apart() -> None:
    assert naming.short_hash("SUB", "rg") == naming.short_hash("sub", "RG")
    assert naming.short_hash("ab", "c") != naming.short_hash("a", "bc")


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (naming.ACCOUNT, ["ab", "a" * 64, "Contoso-1"], ["a", "a" * 65, "-ab", "ab-", "a_b", "a.b"]),
        (naming.HUB, ["abc", "a_b-c", "a" * 33], ["ab", "a" * 34, "-abc", "a.bc"]),
        (naming.STORAGE, ["abc", "a1" * 12], ["ab", "a" * 25, "Abc", "a-b"]),
        (naming.VAULT, ["abc", "a-b-c"], ["1abc", "a--b", "abc-", "a" * 25]),
        (naming.DEPLOYMENT, ["gpt-5.4", "a_b"], ["a", ".ab", "a b", "a/b"]),
        (naming.SERVERLESS, ["abc", "a-1"], ["1ab", "ab", "a" * 33, "a_b", "a.b"]),
        (naming.GROUP, ["rg", "rg.x(1)_"], ["rg.", "", "a" * 91, "a b"]),
        (naming.LOGS, ["logs", "a" * 63], ["log", "-logs", "logs-", "a" * 64]),
    ],
)
def test_the_rules_are_arms(rule: naming.Rule, good: list[str], bad: list[str]) -> None:
    assert [name for name in good if rule.problem(name)] == []
    assert [name for name in bad if not rule.problem(name)] == []


def load(folder: Path, text: str, name: str = "dev.yaml") -> Stack:
    path = folder / name
    path.write_text("apiVersion: modelform/v1\nlocation: swedencentral\n" + text)
    stack, report = load_stack(path, environment={})
    assert stack is not None, [str(item) for item in report]
    return stack


def names(stack: Stack) -> set[str]:
    found = {item.name for item in stack.workspaces.values()}
    found |= {item.name for item in stack.deployments.values()}
    for workspace in stack.workspaces.values():
        found |= {project.name for project in workspace.projects}
        if workspace.hub:
            found |= {workspace.hub.storage_account, workspace.hub.key_vault, workspace.hub.log_analytics}
    return found


def test_a_renamed_thing_keeps_its_physical_name(tmp_path: Path) -> None:
    before = load(
        tmp_path,
        "workspaces: {studio: {kind: hub, projects: [one]}, fo: {kind: foundry, projects: [legal]}}\n"
        "deployments:\n  clerk: {model: mistral-small-2503, workspace: studio}\n"
        "  chat: {model: mistral-large-3, workspace: fo, capacity: {tpm: 1k}}\n",
    )
    after = load(
        tmp_path,
        "workspaces:\n  lab: {kind: hub, formerly: studio, projects: {two: {formerly: one}}}\n"
        "  foundry: {kind: foundry, formerly: [fo], projects: {law: {formerly: legal}}}\n"
        "deployments:\n  writer: {model: mistral-small-2503, workspace: lab, formerly: clerk}\n"
        "  talk: {model: mistral-large-3, workspace: foundry, capacity: {tpm: 1k}, formerly: chat}\n",
    )
    assert names(before) == names(after)
    assert after.workspaces["lab"].aliases == ("studio",)
    assert after.workspaces["lab"].projects[0].logical == "lab/two"
    assert "studio/one" in after.workspaces["lab"].projects[0].aliases
    assert after.deployments["talk"].aliases == ("chat",)


def test_made_names_differ_by_stack_group_and_subscription(tmp_path: Path) -> None:
    text = "workspaces: {fo: {kind: foundry}}\n"
    found = [load(tmp_path, text), load(tmp_path, text, "prod.yaml"), load(tmp_path, text + "resourceGroup: rg-x\n")]
    found.append(load(tmp_path, text + "subscription: 33333333-3333-4333-8333-333333333333\n"))
    subdomains = [stack.workspaces["fo"].subdomain for stack in found]
    assert len(set(subdomains)) == 4
    assert (
        load(tmp_path, text + "location: francecentral\n".replace("location", "tags: {a: b} #"))
        .workspaces["fo"]
        .subdomain
        == subdomains[0]
    )


def test_an_own_name_is_honoured(tmp_path: Path) -> None:
    text = """workspaces: {fo: {kind: foundry, name: Contoso-Models}}
deployments:
  a1: {model: mistral-large-3, capacity: {tpm: 1k}, name: chat}
"""
    stack = load(tmp_path, text)
    assert (stack.workspaces["fo"].name, stack.workspaces["fo"].subdomain) == ("Contoso-Models", "contoso-models")
    assert stack.deployments["a1"].name == "chat"
