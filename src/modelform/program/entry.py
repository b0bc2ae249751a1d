"""What `main:` of a Pulumi.yaml runs: the stack of the name that Pulumi was given, with nothing of ours on top.

`pulumi preview -s NAME` in a project folder reads `stacks/NAME.yaml` there. The target is the file's own, or
`MODELFORM_TARGET`; a folder that has a `__main__.py` in place of `main:` calls `main()`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pulumi

from modelform import pace
from modelform.catalog.data import find_overlay
from modelform.errors import ModelformError, Severity
from modelform.program import build, findings
from modelform.spec import load_stack
from modelform.spec.resolved import Stack
from modelform.spec.rulebook import Company


def main(environment: Mapping[str, str] | None = None) -> None:
    """Declares the selected stack's resources; every problem in its file is in the one `RunError` that stops it."""
    variables, today = os.environ if environment is None else environment, date.today()
    pace.keep_up(quiet=not variables.get("MODELFORM_DEBUG"))
    stack = load(Path(pulumi.runtime.get_root_directory()), variables, today)
    found = findings(stack, today=today)
    for diagnostic in found:
        if diagnostic.severity is Severity.WARNING:
            pulumi.log.warn(str(diagnostic))
    build(stack, found=found)()


def company(environment: Mapping[str, str], today: date) -> Company | None:
    """The company file that MODELFORM_COMPANY names; what is wrong with it stops the program."""
    if not environment.get("MODELFORM_COMPANY"):
        return None
    from modelform.catalog import Catalog
    from modelform.spec.company import find_company

    try:
        found = find_company(None, environment, Catalog.load(), today)
    except ModelformError as error:
        raise pulumi.RunError("\n".join(str(item) for item in error.diagnostics)) from error
    if found is not None and found.company is None:
        raise pulumi.RunError("\n".join(["the company file is wrong:", *(str(e) for e in found.report.errors)]))
    return found.company if found else None


def load(root: Path, environment: Mapping[str, str], today: date) -> Stack:
    """The resolved stack of the selected name."""
    file = root / "stacks" / f"{pulumi.get_stack()}.yaml"
    stack, report = load_stack(
        file,
        environment=environment,
        target=environment.get("MODELFORM_TARGET"),
        engine="pulumi",
        project=pulumi.get_project(),
        today=today,
        company=company(environment, today),
        overlay=find_overlay(root, environment),
    )
    if stack is None or report.errors:
        raise pulumi.RunError("\n".join(["the stack file is wrong:", *(str(error) for error in report.errors)]))
    for diagnostic in report.sorted():
        if diagnostic.severity is Severity.WARNING:
            pulumi.log.warn(str(diagnostic))
    return stack


if __name__ == "__main__":
    main()
