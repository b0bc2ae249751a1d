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

from modelform.catalog import Catalog
from modelform.errors import Severity
from modelform.program import build, findings
from modelform.spec import load_stack
from modelform.spec.resolved import Stack


def main(environment: Mapping[str, str] | None = None) -> None:
    """Declares the selected stack's resources; every problem in its file is in the one `RunError` that stops it."""
    today = date.today()
    stack = load(Path(pulumi.runtime.get_root_directory()), os.environ if environment is None else environment, today)
    found = findings(stack, today=today)
    for diagnostic in found:
        if diagnostic.severity is Severity.WARNING:
            pulumi.log.warn(str(diagnostic))
    build(stack, found=found)()


def load(root: Path, environment: Mapping[str, str], today: date) -> Stack:
    """The resolved stack of the selected name."""
    file = root / "stacks" / f"{pulumi.get_stack()}.yaml"
    stack, report = load_stack(
        file,
        environment=environment,
        target=environment.get("MODELFORM_TARGET"),
        project=pulumi.get_project(),
        catalog=Catalog.load(),
        today=today,
    )
    if stack is None or report.errors:
        raise pulumi.RunError("\n".join(["the stack file is wrong:", *(str(error) for error in report.errors)]))
    for diagnostic in report.sorted():
        if diagnostic.severity is Severity.WARNING:
            pulumi.log.warn(str(diagnostic))
    return stack


if __name__ == "__main__":
    main()
