"""JSON and Markdown say what the text says."""

from __future__ import annotations

import json as standard
from collections.abc import Callable
from dataclasses import replace

from modelform.errors import Diagnostic, Severity, Span
from modelform.plan import Change, Op, Result, Summary
from modelform.report import json, markdown
from modelform.values import Secret


def test_the_document_has_the_published_shape(mixed: Result, golden: Callable[[str, str], None]) -> None:
    text = json.dumps(json.document(mixed))
    assert "hunter" not in text
    document = standard.loads(text)
    assert document["version"] == 1
    assert document["summary"] == {"create": 2, "update": 1, "replace": 2, "delete": 1, "same": 4}
    assert {"op", "urn", "type", "name", "keys", "diff"} <= set(document["changes"][0])
    assert set(document["diagnostics"][0]) == {
        "code",
        "severity",
        "summary",
        "detail",
        "file",
        "line",
        "column",
        "hint",
    }
    golden("plan.json", text + "\n")


def test_a_failure_has_the_same_keys(mixed: Result) -> None:
    failed = json.failure("preview", [Diagnostic("state.locked", Severity.ERROR, "locked")])
    assert set(failed) == set(json.document(mixed))
    assert failed["ok"] is False
    assert failed["diagnostics"][0]["code"] == "state.locked"


def test_findings_are_ok_without_errors() -> None:
    assert json.findings("validate", [Diagnostic("w", Severity.WARNING, "w")])["ok"] is True
    assert json.findings("validate", [Diagnostic("e", Severity.ERROR, "e")])["ok"] is False


def test_answers_hide_secrets_unless_they_are_asked_for() -> None:
    assert json.answer("outputs", outputs={"key": Secret("hunter2")})["outputs"] == {"key": "[secret]"}
    assert json.revealed("outputs", outputs={"key": Secret("hunter2")})["outputs"] == {"key": "hunter2"}


def test_the_comment(mixed: Result, golden: Callable[[str, str], None]) -> None:
    text = markdown.comment(mixed)
    assert "hunter" not in text
    golden("comment.md", text)


def test_a_comment_is_trimmed_and_keeps_the_count() -> None:
    token = "azure-native:cognitiveservices:Deployment"
    changes = tuple(Change(Op.CREATE, f"urn:{i}", token, f"deployment-{i:05}") for i in range(5000))
    found = tuple(Diagnostic("quota.unverified", Severity.WARNING, f"finding {i}" * 5) for i in range(2000))
    text = markdown.comment(Result("preview", "dev", "embedded", "azure", True, Summary(create=5000), changes, found))
    assert len(text) <= 65_536
    assert "5000 to create" in text
    assert "more findings are left out" in text
    assert text.count("```") == 2


def test_a_comment_neither_mentions_nor_marks_up(mixed: Result) -> None:
    nasty = Diagnostic("x", Severity.ERROR, "a | b @team <img src=x> [l](u) `c`\nnext", span=Span("a.yaml", 1, 1))
    text = markdown.comment(replace(mixed, diagnostics=(nasty,)))
    line = next(line for line in text.splitlines() if "a.yaml" in line)
    assert "@team" not in line
    assert "<img" not in line
    assert "\\| b" in line
    assert "\\[l\\](u)" in line
