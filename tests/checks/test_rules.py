"""Each rule against its cases: a stack that breaks it, one that just does not, the findings with their places."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelform import checks
from modelform.catalog import Catalog
from modelform.checks.facts import Facts
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*/*.yaml"))


def shown(finding: Diagnostic) -> dict[str, Any]:
    place = f"{finding.span.line}:{finding.span.column}" if finding.span else None
    if finding.span and Path(finding.span.file).parent != Path():
        place = f"{Path(finding.span.file).name}:{place}"
    return {
        "at": place,
        "severity": str(finding.severity),
        "code": finding.code,
        "says": finding.summary,
        "hint": finding.hint,
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_case(
    file: Path,
    read_case: Callable[[Path], tuple[Stack, dict[str, Any]]],
    facts_of: Callable[[dict[str, Any]], Facts | None],
    catalog_of: Callable[[dict[str, Any]], Catalog],
) -> None:
    stack, case = read_case(file)
    today = date.fromisoformat(str(case.get("today", "2026-11-22")))
    findings = checks.run(stack, catalog_of(case), today=today, facts=facts_of(case))
    assert [shown(f) for f in findings] == case["findings"]
    others = ("company.yaml", *(case.get("packs") or {}))
    assert all(Path(f.span.file).name in (file.name, *others) for f in findings if f.span)


@pytest.mark.parametrize("rule", checks.every_rule(), ids=lambda rule: rule.code)
def test_every_rule_is_whole_and_has_a_case_that_breaks_it_and_one_that_does_not(rule: checks.Rule) -> None:
    assert isinstance(rule.level, Severity)
    assert rule.sentence.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.__name__.rpartition(".")[2] == rule.code.replace(".", "_").replace("-", "_")  # type: ignore[attr-defined]
    expected = [yaml.safe_load(file.read_text())["findings"] for file in CASES.glob(f"{rule.code}/*.yaml")]
    broken = [any(f["code"] == rule.code for f in findings) for findings in expected]
    assert any(broken)
    assert not all(broken)


def test_codes_are_given_once() -> None:
    codes = [rule.code for rule in checks.every_rule()]
    assert len(codes) == len(set(codes))
    assert codes == sorted(codes)


def test_cases_belong_to_a_rule() -> None:
    assert {file.parent.name for file in FILES} <= {rule.code for rule in checks.every_rule()}


def test_policy_turns_a_rule_off_and_down_and_up(catalog: Catalog, build_stack: Callable[..., Stack]) -> None:
    def found(level: str | None) -> list[Severity]:
        written = {
            "policy": {"residency": "eu", "rules": {"residency.processing": level} if level else {}},
            "workspaces": {"foundry": {}},
            "deployments": {"chat": {"model": "openai/gpt-5.4-mini@2026-03-17", "sku": "globalStandard"}},
        }
        return [f.severity for f in checks.run(build_stack(written), catalog, today=date(2026, 11, 22))]

    assert found(None) == [Severity.ERROR]
    assert found("off") == []
    assert found("warning") == [Severity.WARNING]
    assert found("error") == [Severity.ERROR]


def test_policy_does_not_make_an_error_of_a_third_partys_word(
    catalog: Catalog, build_stack: Callable[..., Stack]
) -> None:
    written = {
        "policy": {"rules": {"availability.region": "error", "quota.exceeded": "off"}},
        "workspaces": {"foundry": {"location": "northeurope"}},
        "deployments": {
            "chat": {"model": "openai/gpt-5.4-mini@2026-03-17", "sku": "provisionedManaged", "capacity": {"ptu": 50}}
        },
    }
    findings = checks.run(build_stack(written), catalog, today=date(2026, 11, 22))
    assert [(f.code, f.severity) for f in findings] == [("availability.region", Severity.WARNING)]


def test_findings_can_be_json(catalog: Catalog, build_stack: Callable[..., Stack]) -> None:
    written = {"workspaces": {"a": {"location": "nowhere"}}, "deployments": {}}
    findings = checks.run(build_stack(written), catalog, today=date(2027, 6, 1))
    assert {f.code for f in findings} == {"availability.region", "catalog.stale"}
    assert json.dumps([shown(f) for f in findings])
