"""Findings as a JUnit report: a suite a stack, a test case a check, as Jenkins, GitLab and Azure DevOps read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as xml

from modelform.errors import Diagnostic, Severity
from modelform.report.review import Check, Review, place, relative

# What XML 1.0 cannot carry, escaped or not.
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(reviews: Iterable[Review]) -> str:
    """The report; a check with an error fails, one that is turned off or was not made is skipped, others pass."""
    suites = [_suite(review) for review in reviews]
    total = {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in ("tests", "failures", "errors")}
    seconds = sum(float(suite.get("time", "0")) for suite in suites)
    root = xml.Element("testsuites", {"name": "modelform", **total, "time": f"{seconds:.3f}"})
    root.extend(suites)
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(review: Review) -> xml.Element:
    found = (*review.found, *(waived.diagnostic for waived in review.waived))
    cases = [_case(check, review) for check in review.described(d.code for d in found)]
    suite = xml.Element(
        "testsuite",
        {
            "name": _clean(review.stack or review.command),
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": "0",
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
            "time": f"{review.seconds:.3f}",
        },
    )
    inside = relative(review.file, review.root) if review.file else None
    if inside:
        suite.set("file", _clean(inside))
    suite.extend(cases)
    return suite


def _case(check: Check, review: Review) -> xml.Element:
    family = check.code.partition(".")[0]
    case = xml.Element(
        "testcase",
        {"classname": _clean(f"modelform.{review.stack or review.command}.{family}"), "name": check.code, "time": "0"},
    )
    found = [d for d in review.found if d.code == check.code]
    errors = [d for d in found if d.severity is Severity.ERROR]
    waived = [w for w in review.waived if w.diagnostic.code == check.code]
    if check.off:
        xml.SubElement(case, "skipped", {"message": "turned off by policy.rules"})
    elif check.unasked and not found:
        xml.SubElement(
            case, "skipped", {"message": "not made: it needs Azure's answers, and this command asks for none"}
        )
    elif not review.ran and not errors and check in review.checks:
        xml.SubElement(case, "skipped", {"message": "not made: what was to be checked could not be read"})
    elif errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        failure = xml.SubElement(case, "failure", {"type": "error", "message": _clean(errors[0].summary + more)})
        failure.text = "\n\n".join(_told(d, review.root) for d in errors)
    # GitLab reads a test's file here and not of the suite.
    own = next((inside for d in errors if d.span and (inside := relative(d.span.file, review.root))), None)
    if inside := own or (relative(review.file, review.root) if review.file else None):
        case.set("file", _clean(inside))
    others = [_told(d, review.root) for d in found if d not in errors]
    others += [f"excepted: {_told(w.diagnostic, review.root)}\n  {_clean(w.reason)}" for w in waived]
    if others:
        xml.SubElement(case, "system-out").text = "\n\n".join(others)
    return case


def _told(diagnostic: Diagnostic, root: str) -> str:
    where = place(diagnostic.span, root)
    lines = [f"{where + ': ' if where else ''}{diagnostic.severity}: {diagnostic.summary}"]
    lines += [f"  {part}" for part in (diagnostic.detail, diagnostic.hint) if part]
    return _clean("\n".join(lines))


def _clean(text: str) -> str:
    return _CONTROL.sub("?", text)
