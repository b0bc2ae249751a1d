"""SARIF and JUnit say what was found, in files that their readers take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from modelform.errors import Diagnostic, Severity, Span
from modelform.report import junit, markdown, sarif
from modelform.report.review import Check, Review, Waived, fingerprint

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text()), format_checker=FormatChecker())
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))

CHECKS = (
    Check("cost.limit", Severity.ERROR, "A month costs no more than the limit.", "Because.", "off"),
    Check("lifecycle.preview", Severity.ERROR, "No model is in preview.", "It may go.", "warning"),
    Check("naming.invalid", Severity.ERROR, "Every name has the form that ARM wants.", "ARM refuses others."),
    Check("residency.processing", Severity.ERROR, "Prompts stay where they may be.", "The sku decides."),
)
PLACE = Span("/project/stacks/dev & co.yaml", 12, 10)
FOUND = (
    Diagnostic("residency.processing", Severity.ERROR, "chat: anywhere <at all>", "source: 'x'", PLACE, "write it"),
    Diagnostic("residency.processing", Severity.ERROR, "mini: anywhere", "", replace(PLACE, line=20), ""),
    Diagnostic("lifecycle.preview", Severity.WARNING, "chat: the model is in preview", "", PLACE, ""),
    Diagnostic("company.pin", Severity.INFO, "the company file is pinned\x07 to nothing"),
)
REVIEW = Review(
    command="validate",
    stack="dev",
    file="/project/stacks/dev & co.yaml",
    root="/project",
    version="0.1.0",
    checks=CHECKS,
    found=FOUND,
    waived=(
        Waived(Diagnostic("naming.invalid", Severity.ERROR, "acct: no", "", PLACE), "until 2027-01-31: being renamed"),
    ),
    seconds=0.25,
)


def run_of(review: Review) -> dict[str, Any]:
    document = sarif.document(review)
    SARIF.validate(document)
    found: dict[str, Any] = document["runs"][0]
    return found


def cases_of(review: Review) -> dict[str, Any]:
    JUNIT.validate(junit.document([review]))
    whole: Any = JUNIT.to_dict(junit.document([review]))
    return {case["@name"]: case for case in whole["testsuite"][0]["testcase"]}


def test_sarif(golden: Callable[[str, str], None]) -> None:
    run = run_of(REVIEW)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == [*(check.code for check in CHECKS), "company.pin"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact == {"uri": "stacks/dev%20%26%20co.yaml", "uriBaseId": "%SRCROOT%"}
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "note", "error"]
    assert [bool(result.get("suppressions")) for result in run["results"]] == [False] * 4 + [True]
    overrides = run["invocations"][0]["ruleConfigurationOverrides"]
    assert [o["configuration"] for o in overrides] == [{"enabled": False}, {"level": "warning"}]
    golden("review.sarif", json.dumps(sarif.document(REVIEW), indent=2) + "\n")


@pytest.mark.parametrize(
    ("file", "span", "uri", "said"),
    [
        ("/project/a.yaml", None, "a.yaml", "no"),
        ("/project/a.yaml", Span("/lib/base.yaml", 3, 4), "a.yaml", "no (at /lib/base.yaml:3:4)"),
        ("/tmp/plan.json", Span("/tmp/plan.json", 3, 4), "plan.json", "no (at /tmp/plan.json:3:4)"),
        ("/tmp/plan.json", None, "plan.json", "no"),
        ("<stdin>", Span("<stdin>", 3, 4), "stdin", "no (at <stdin>:3:4)"),
        ("<stdin>", None, "stdin", "no"),
        ("", None, "stack", "no"),
    ],
)
def test_every_result_has_a_place_below_the_root(file: str, span: Span | None, uri: str, said: str) -> None:
    """Code scanning refuses a whole log for one result without a place."""
    finding = Diagnostic("naming.invalid", Severity.ERROR, "no", "", span)
    (result,) = run_of(replace(REVIEW, file=file, found=(finding,), waived=()))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"], result["message"]["text"]) == (
        {"uri": uri, "uriBaseId": "%SRCROOT%"},
        f"{said}." if " " not in said else said.replace("no ", "no. "),
    )
    assert place["region"]["startLine"] == (1 if uri == "a.yaml" or span is None else 3)
    JUNIT.validate(junit.document([replace(REVIEW, file=file, found=(finding,))]))


def test_a_fingerprint_is_the_same_on_another_machine_and_no_two_are_alike() -> None:
    def marks(found: tuple[Diagnostic, ...], root: str) -> list[str]:
        results = run_of(replace(REVIEW, root=root, file=f"{root}/a.yaml", found=found, waived=()))["results"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]

    here = tuple(replace(d, span=Span("/srv/a.yaml", 1, 1)) for d in FOUND)
    there = tuple(replace(d, span=Span("/builds/a.yaml", 9, 9)) for d in FOUND)
    assert marks(here, "/srv") == marks(there, "/builds")
    assert len(set(marks((*here, *here), "/srv"))) == 2 * len(FOUND)


def test_junit(golden: Callable[[str, str], None]) -> None:
    cases = cases_of(REVIEW)
    assert list(cases) == [*(check.code for check in CHECKS), "company.pin"]
    assert cases["cost.limit"]["skipped"]["@message"] == "turned off by policy.rules"
    assert "failure" not in cases["lifecycle.preview"]
    assert "in preview" in cases["lifecycle.preview"]["system-out"]
    assert cases["residency.processing"]["failure"]["@message"] == "chat: anywhere <at all> (and 1 more)"
    assert "stacks/dev & co.yaml:20:10" in cases["residency.processing"]["failure"]["$"]
    assert "being renamed" in cases["naming.invalid"]["system-out"]
    assert "pinned? to" in cases["company.pin"]["system-out"]
    golden("review.xml", junit.document([REVIEW]))


def test_the_comment_of_a_validation(golden: Callable[[str, str], None]) -> None:
    text = markdown.validation(replace(REVIEW, beside="\n<details>beside</details>\n"))
    assert "chat: anywhere &lt;at all&gt;" in text
    golden("review.md", text)
    assert "Nothing stops it" in markdown.validation(replace(REVIEW, found=(), waived=()))
    many = replace(REVIEW, found=FOUND * 1000)
    assert len(markdown.validation(many)) <= markdown.LIMIT
    assert "more findings are left out" in markdown.validation(many)


def test_several_stacks_are_several_suites_with_their_sum() -> None:
    text = junit.document([REVIEW, replace(REVIEW, stack="prod", found=())])
    JUNIT.validate(text)
    whole: Any = JUNIT.to_dict(text)
    assert (whole["@tests"], whole["@failures"]) == (5 + 4, 1)
    assert [suite["@name"] for suite in whole["testsuite"]] == ["dev", "prod"]


def test_checks_that_were_not_made_are_skipped_and_not_passed() -> None:
    broken = Diagnostic("stack-file.unknown-key", Severity.ERROR, "no such key", "", PLACE)
    review = replace(REVIEW, found=(broken,), waived=(), ran=False)
    cases = cases_of(review)
    assert "failure" in cases["stack-file.unknown-key"]
    assert all("skipped" in case for name, case in cases.items() if name != "stack-file.unknown-key")
    assert run_of(review)["invocations"][0]["executionSuccessful"] is False


def test_a_fingerprint_outlives_lines_and_numbers() -> None:
    first = FOUND[0]
    moved = replace(first, span=replace(PLACE, line=99), summary="chat: somewhere else, 12 days")
    assert fingerprint(first, "/project", 0) == fingerprint(moved, "/project", 0)
    assert fingerprint(first, "/project", 0) != fingerprint(replace(first, summary="mini: anywhere"), "/project", 0)
    assert fingerprint(first, "/project", 0) != fingerprint(replace(first, code="other"), "/project", 0)
    month = replace(first, summary="a month is estimated at 1,200 USD")
    assert fingerprint(month, "/", 0) == fingerprint(replace(month, summary="a month is estimated at 9 USD"), "/", 0)
    twice = run_of(replace(REVIEW, found=(first, first)))
    marks = [result["partialFingerprints"]["modelform/v1"] for result in twice["results"]]
    assert len(set(marks)) == len(marks)


TEXT = st.text(max_size=30)
DIAGNOSTICS = st.builds(
    Diagnostic,
    st.sampled_from(["a.b", "naming.invalid", "residency.processing"]),
    st.sampled_from(list(Severity)),
    TEXT.filter(str.strip),
    TEXT,
    st.none() | st.builds(Span, st.just("/project/a.yaml"), st.integers(0, 9), st.integers(0, 9)),
    TEXT,
    TEXT,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(DIAGNOSTICS, max_size=4), st.booleans())
def test_any_findings_make_files_that_hold_to_their_schemas(found: list[Diagnostic], ran: bool) -> None:
    review = replace(REVIEW, found=tuple(found), ran=ran)
    assert len(run_of(review)["results"]) == len(found) + 1
    assert "naming.invalid" in cases_of(review)
