"""The page of the checks, from the rules: `python -m modelform.checks.documentation > docs/checks.md`."""

from __future__ import annotations

from modelform.checks.rule import every_rule

HEAD = """\
# Checks

What must hold of a stack before anything is touched. Each finding has a code, a severity, a place in the stack file,
and the way out. An error stops a plan; only facts of Azure or Microsoft make one, while what third parties say, or what
is inferred, warns. `policy.rules` sets the level of a code:

```yaml
policy:
  rules: {catalog.stale: off, lifecycle.preview: warning}
```

This page is made from the rules under `src/modelform/checks/rules/` (`python -m modelform.checks.documentation`).

| code | level | what is checked |
|---|---|---|
"""


def render() -> str:
    """The whole page as Markdown: a table of the rules, then each with its reason."""
    table = "".join(f"| [`{r.code}`](#{anchor(r.code)}) | {r.level} | {r.sentence} |\n" for r in every_rule())
    sections = "".join(f"\n## {r.code}\n\n{r.sentence}\n\n{r.reason}\n" for r in every_rule())
    return HEAD + table + sections


def anchor(code: str) -> str:
    """The link that a heading of this text gets."""
    return code.replace(".", "")


if __name__ == "__main__":
    print(render(), end="")
