"""lifecycle: all stacks by the day their models retire, for a person and for a pipeline."""

from __future__ import annotations

from typing import Any

OLD = """\
apiVersion: modelform/v1
location: swedencentral
subscription: 00000000-0000-4000-8000-000000000001
workspaces: {openai: {kind: openai}}
deployments:
  old: {model: gpt-4o@2024-11-20, sku: globalStandard, capacity: {tpm: 10k}}
"""


def test_nothing_is_due(modelform: Any) -> None:
    modelform.write(OLD, "other")
    ran = modelform("lifecycle", "--detailed-exitcode")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert [line.split()[:2] for line in ran.out.splitlines()[1:3]] == [["other", "old"], ["dev", "assistant"]]
    assert "0 deployments of 2 are due." in ran.out


def test_what_is_due_is_2_and_says_what_to_write(modelform: Any) -> None:
    modelform.write(OLD, "other")
    ran = modelform("lifecycle", "--within", "143", "--detailed-exitcode")
    assert ran.code == 2
    said = " ".join(ran.out.split())
    assert "! 2027-04-14" in said
    assert "other/old: with upgrade noAutoUpgrade it stops answering on that day; write `model: gpt-5.1`" in said
    assert modelform("lifecycle", "--within", "143").code == 0
    assert modelform("lifecycle", "--within", "142", "--detailed-exitcode").code == 0
    rows = modelform("lifecycle", "--within", "143", "--json").document["deployments"]
    assert [(row["deployment"], row["due"], row["daysLeft"]) for row in rows if row["due"]] == [("old", True, 143)]


def test_a_broken_stack_is_told_and_the_rest_is_listed(modelform: Any) -> None:
    modelform.write(OLD.replace("gpt-4o@", "gpt-4oo@"), "other")
    ran = modelform("lifecycle", "--json")
    assert ran.code == 4
    assert ran.document["broken"] == ["other"]
    assert [row["stack"] for row in ran.document["deployments"]] == ["dev"]
    assert "gpt-4oo" in ran.err


def test_one_stack(modelform: Any) -> None:
    modelform.write(OLD, "other")
    assert {r["stack"] for r in modelform("lifecycle", "-s", "dev", "--json").document["deployments"]} == {"dev"}
