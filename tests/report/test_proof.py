"""The proof of residency as a table of 80 columns and as Markdown."""

from __future__ import annotations

from typing import Any

from modelform.report import proof
from modelform.report.ink import Ink


def row(kind: str, *names: str, within: bool | None = True, **more: Any) -> dict[str, Any]:
    made = {
        "kind": kind,
        "names": list(names),
        "members": [],
        "sku": "dataZoneStandard",
        "region": "eastus2",
        "processed": "us data zone",
        "atRest": "United States",
        "within": within,
        "proof": "documented",
        "source": "types",
        "asOf": "2026-08-06",
    }
    return made | more


def document(*rows: dict[str, Any], policy: str | None = "us-data-zone", rest: str | None = None) -> dict[str, Any]:
    sources = {"types": "Deployment types"}
    return {"policy": policy, "atRest": rest or policy, "proof": None, "rows": list(rows), "sources": sources}


def test_a_table_of_80_columns() -> None:
    found = proof.lines(
        document(
            row("deployment", "a-rather-long-name-of-a-deployment", "other", "third"),
            row("route", "chat-with-a-long-name", members=["a", "b"], proof="unproven"),
        ),
        Ink(),
    )
    assert max(map(len, found)) <= 80
    assert found[0] == "Where prompts go (policy: us-data-zone):"
    assert found[2].split()[:4] == ["a-rather-long-…", "+2", "dataZoneStandard", "us"]
    assert found[3].endswith("unproven")
    assert found[-1] == "Sources: Deployment types (2026-08-06)"


def test_what_breaks_the_policy_is_said_even_of_an_empty_workspace() -> None:
    broken = row("store", "studio", region="westus", within=False, sku="storage, secrets and logs")
    found = proof.lines(document(row("deployment", "chat"), broken, rest="eu"), Ink())
    assert found[0] == "Where prompts go (policy: us-data-zone, data in eu):"
    assert next(line for line in found if line.startswith("studio")).endswith("NOT ALLOWED")
    kept = row("store", "home")
    assert not [line for line in proof.lines(document(row("deployment", "chat"), kept), Ink()) if "home" in line]


def test_markdown_escapes_names() -> None:
    text = proof.folded(document(row("deployment", "a_b|c"), policy=None))
    assert "<summary>Where prompts go (no residency policy)</summary>" in text
    assert "| a\\_b\\|c | dataZoneStandard |" in text
    assert proof.folded(document()) == ""
