"""The command reference, made from the commands' own help: `python -m modelform.cli.reference > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelform.cli.commands import assemble
from modelform.errors import Exit

WIDTH = 100

HEAD = """# Command reference

<!-- Made by `python -m modelform.cli.reference > docs/cli.md`; a test holds it against the commands. -->

Every command takes `-C DIR`, `--json` and `--no-color`. An option may stand before the command or after it.
`--json` writes one document to stdout; everything else goes to stderr. Colours are for terminals only, and never
with `NO_COLOR`. Without a terminal, or under `CI`, nothing is ever asked: a command that would have to ask fails and
says that it wants `-y`.

## Exit codes

| code | meaning |
|---:|---|
"""

MEANINGS = {
    Exit.OK: "done, or no changes",
    Exit.FAILED: "failed, nothing applied",
    Exit.CHANGES: "there are changes (only with `--detailed-exitcode`)",
    Exit.STOPPED: "a policy, a check or a guard stops it",
    Exit.STACK_FILE: "the stack file is wrong",
    Exit.STALE_PLAN: "the saved plan is stale",
    Exit.LOCKED: "somebody else works on the stack",
    Exit.ACCESS: "not signed in, or not permitted",
    Exit.PARTIAL: "partly applied; the next `up` goes on from there",
    Exit.UNVERIFIED: "a check that must be made live could not be made",
    Exit.USAGE: "wrong use of the command line",
    Exit.INTERRUPTED: "interrupted",
}

VARIABLES = """
## Variables

| variable | meaning |
|---|---|
| `MODELFORM_TARGET`, `MODELFORM_ENGINE` | as `--target`, `--engine`; the option wins |
| `MODELFORM_COMPANY` | the [company file](company.md), and its pin; as `--company` |
| `MODELFORM_CATALOG` | the overlay of the catalogue, instead of the project's `catalog.overlay.json`; empty: none |
| `MODELFORM_SANDBOX_LATENCY` | milliseconds of each long operation in the sandbox; as `--latency` |
| `MODELFORM_SANDBOX_JOURNAL` | a file; the sandbox appends every exchange to it, one JSON line each |
| `MODELFORM_DEBUG` | `1` shows a traceback after an unexpected error |
| `PULUMI_BACKEND_URL` | where an Azure stack's state is, unless the file says `backend:` |
| `PULUMI_CONFIG_PASSPHRASE`, `PULUMI_CONFIG_PASSPHRASE_FILE` | what a state's secrets are encrypted with |
| `AZURE_*`, `ARM_*` | as the Azure tools have them |
| `NO_COLOR`, `CI`, `COLUMNS` | as everywhere |
"""


def reference() -> str:
    """The whole page."""
    root = assemble()
    codes = "".join(f"| {int(code)} | {MEANINGS[code]} |\n" for code in Exit)
    return HEAD + codes + VARIABLES + "".join(_sections(root, "modelform"))


def _sections(node: Any, name: str, parent: Any = None) -> Iterator[str]:
    # Plain text has one width only, whatever terminal it is made on.
    widths = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = node.make_context(name, [], resilient_parsing=True, parent=parent, **widths)
    yield f"\n## {context.command_path}\n\n```text\n{node.get_help(context).rstrip()}\n```\n"
    for below, child in getattr(node, "commands", {}).items():
        if not child.hidden:
            yield from _sections(child, below, context)


if __name__ == "__main__":
    print(reference(), end="")
