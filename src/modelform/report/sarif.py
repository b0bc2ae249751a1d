"""Findings as SARIF 2.1.0 (OASIS), which code scanning of GitHub, GitLab and Azure DevOps takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from modelform.errors import Diagnostic, Severity, Span
from modelform.report.review import Check, Review, fingerprint, relative, whole

SCHEMA = "https://json.schemastore.org/sarif-2.1.0-rtm.5.json"
ROOT = "%SRCROOT%"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
CONFIGURED = {"error": "error", "warning": "warning", "warn": "warning", "info": "note"}


def document(review: Review) -> dict[str, Any]:
    """The log with one run; what an exception covers is in it as suppressed."""
    rules = review.described(d.code for d in (*review.found, *(w.diagnostic for w in review.waived)))
    index = {rule.code: at for at, rule in enumerate(rules)}
    overrides = [_override(rule, index[rule.code]) for rule in rules if rule.wanted]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "modelform",
                        "semanticVersion": review.version,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "automationDetails": {"id": f"modelform/{review.command}/{review.stack}/"},
                "invocations": [
                    {
                        "executionSuccessful": review.ran,
                        **({"ruleConfigurationOverrides": overrides} if overrides else {}),
                    }
                ],
                "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": list(_results(review, index)),
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    reason = check.reason or check.sentence
    return {
        "id": check.code,
        "name": "".join(part.capitalize() for part in check.code.replace(".", "-").split("-")),
        "shortDescription": {"text": check.sentence},
        "fullDescription": {"text": reason},
        "help": {
            "text": f"{check.sentence} {check.reason}".strip(),
            "markdown": f"**{check.sentence}**\n\n{check.reason}\n\nIts level is set by "
            f"`policy.rules: {{{check.code}: warning}}`, or `off`.",
        },
        "defaultConfiguration": {"level": LEVELS[check.level]},
        "properties": {
            "tags": ["azure", "ai", check.code.partition(".")[0]],
            "precision": "high",
            "problem.severity": PROBLEMS[check.level],
        },
    }


def _override(rule: Check, index: int) -> dict[str, Any]:
    enabled = {"enabled": False} if rule.off else {"level": CONFIGURED.get(rule.wanted, LEVELS[rule.level])}
    return {"descriptor": {"id": rule.code, "index": index}, "configuration": enabled}


def _results(review: Review, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()

    def result(diagnostic: Diagnostic) -> dict[str, Any]:
        first = fingerprint(diagnostic, review.root, 0)
        seen[first] += 1
        mark = fingerprint(diagnostic, review.root, seen[first] - 1) if seen[first] > 1 else first
        path, span, own = _located(diagnostic, review)
        said = whole(diagnostic)
        return {
            "ruleId": diagnostic.code,
            "ruleIndex": index[diagnostic.code],
            "level": LEVELS[diagnostic.severity],
            "message": {"text": said if own else f"{said} (at {diagnostic.span})"},
            "locations": [_location(diagnostic, path, span)],
            # The second is the only one that GitHub compares; it makes one of the line's text where there is none.
            "partialFingerprints": {"modelform/v1": mark, "primaryLocationLineHash": f"{mark[:16]}:1"},
        }

    for diagnostic in review.found:
        yield result(diagnostic)
    for waived in review.waived:
        said = {"kind": "external", "status": "accepted", "justification": waived.reason}
        yield {**result(waived.diagnostic), "suppressions": [said]}


def _located(diagnostic: Diagnostic, review: Review) -> tuple[str, Span, bool]:
    """The path that a finding is told at, the place in it, and whether that is the finding's own.

    Every finding has one, below the root: code scanning refuses a whole log for one result without, and shows none
    that lies elsewhere. What is found in a file outside of the repository is told at the file that was checked.
    """
    start = Span(review.file, 1, 1)
    for span in (diagnostic.span, start):
        if span is not None and span.file and (inside := relative(span.file, review.root)) is not None:
            return inside, span, span is diagnostic.span or diagnostic.span is None
    span = diagnostic.span or start
    return PurePath(span.file).name.strip("<>") or "stack", span, diagnostic.span is None


def _location(diagnostic: Diagnostic, path: str, span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": ROOT},
            "region": {"startLine": max(span.line, 1), "startColumn": max(span.column, 1)},
        }
    }
    if diagnostic.urn:
        found["logicalLocations"] = [{"fullyQualifiedName": diagnostic.urn, "kind": "resource"}]
    return found
