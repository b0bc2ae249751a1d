"""Which deployments a finding is about, and so which exception covers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from modelform.checks.waiving import Subjects, excuse_of, waived
from modelform.errors import Diagnostic, Severity, Span
from modelform.spec.resolved import Policy, Stack
from modelform.spec.rulebook import Company, Waiver

HERE, THERE, ELSEWHERE = (Span("s.yaml", line, 1) for line in (1, 2, 3))
TODAY = date(2026, 11, 22)


@pytest.fixture
def stack(build_stack: Callable[..., Stack]) -> Stack:
    one = {"model": "openai/gpt-5.4-mini@2026-03-17", "sku": "globalStandard"}
    deployments = {"a": one, "a.b": one, "c": one, "foundry": one}
    spans = {
        "deployments.a": HERE,
        "deployments.a.sku": HERE,
        "deployments.a.b.sku": THERE,
        "deployments.c.sku": THERE,
        "workspaces.foundry": ELSEWHERE,
    }
    return build_stack({"workspaces": {"foundry": {}}, "deployments": deployments}, spans)


def finding(summary: str, span: Span | None, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic("x.y", severity, summary, "d", span, "h")


@pytest.mark.parametrize(
    ("summary", "span", "keys"),
    [
        ("a: too large", HERE, {"a"}),
        ("something: too large", HERE, {"a"}),
        ("a.b: at a place that two share", THERE, {"a.b"}),
        ("c: at a place that two share", THERE, {"c"}),
        ("nobody: at a place that two share", THERE, {"a.b", "c"}),
        ("a, c: share a counter", THERE, {"a", "c"}),
        ("foundry: a workspace of a deployment's name", ELSEWHERE, set()),
        ("a: without a place", None, set()),
    ],
)
def test_the_deployments_of_a_finding(summary: str, span: Span | None, keys: set[str], stack: Stack) -> None:
    assert Subjects(stack).of(finding(summary, span)) == keys


def under(stack: Stack, *waivers: Waiver) -> Stack:
    return replace(stack, company=Company("company.yaml", "0", Policy(), waivers=waivers))


@pytest.mark.parametrize(
    ("waiver", "covered"),
    [
        (Waiver("x.y", "*", "", "r", TODAY), ["a", "a, c", "none"]),
        (Waiver("x.y", "te?t", "a", "r", TODAY), ["a"]),
        (Waiver("x.y", "test", "[ac]", "r", TODAY), ["a", "a, c"]),
        (Waiver("x.y", "test", "z", "r", TODAY), []),
        (Waiver("x.y", "tes", "", "r", TODAY), []),
        (Waiver("x.z", "*", "", "r", TODAY), []),
        (Waiver("x.y", "*", "", "r", date(2026, 11, 21)), []),
    ],
)
def test_what_an_exception_covers(waiver: Waiver, covered: list[str], stack: Stack) -> None:
    found = [finding("a: x", HERE), finding("a, c: x", THERE), finding("none: x", None)]
    held = under(stack, waiver)
    told = waived(found, held, TODAY)
    assert [f.summary.partition(":")[0] for f in told if f.severity is Severity.INFO] == covered
    assert [bool(excuse_of(f, held)) for f in told] == [f.severity is Severity.INFO for f in told]
    assert all(("excused until" in f.detail, f.hint) == (True, "") for f in told if f.severity is Severity.INFO)


def test_a_note_needs_no_exception(stack: Stack) -> None:
    note = finding("a: x", HERE, Severity.INFO)
    held = under(stack, Waiver("x.y", "*", "", "r", TODAY))
    assert waived([note], held, TODAY) == [note]
    assert excuse_of(note, held) == ""
