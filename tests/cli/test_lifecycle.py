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
    assert (
        "other/old (stacks/other.yaml:6): with upgrade noAutoUpgrade it stops answering on that day; "
        "write `model: gpt-5.1@2025-11-13`, which has globalStandard in swedencentral too"
    ) in said
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


GONE = OLD.replace("gpt-4o@2024-11-20", "gpt-4@0613")


def test_a_model_that_the_catalogue_has_no_more_is_due_too(modelform: Any) -> None:
    modelform.write(GONE, "other")
    assert modelform("lifecycle").code == 4
    ran = modelform("lifecycle", "--detailed-exitcode")
    assert ran.code == 2
    assert "its file has errors (above): 1 model of it is gone. 1 deployment of 2 is due." in " ".join(ran.out.split())
    assert "Its replacement was gpt-4o@2024-11-20, which is gone or going too: write `gpt-5.1@2025-11-13`" in " ".join(
        ran.err.split()
    )
    document = modelform("lifecycle", "--json").document
    assert (document["due"], document["retired"], document["broken"]) == (1, ["other"], ["other"])
    modelform.write(GONE + "  broken: {model: nothing}\n", "third")
    assert modelform("lifecycle", "--detailed-exitcode").code == 2
    modelform.write(OLD.replace("gpt-4o@2024-11-20", "nothing"), "fourth")
    assert modelform("lifecycle", "--detailed-exitcode").code == 4


def test_what_is_over_is_told_as_over(modelform: Any) -> None:
    modelform.write(OLD.replace("gpt-4o@2024-11-20", "o1@2024-12-17").replace("10k", "12k"), "other")
    ran = modelform("lifecycle", "-s", "other", "--json")
    (row,) = ran.document["deployments"]
    assert row["onLastDay"] == "with upgrade noAutoUpgrade it has stopped answering"
    assert row["place"] == {"file": "stacks/other.yaml", "line": 6, "column": 16}
