"""The pages of the checks and of packs: `python -m modelform.checks.documentation > docs/checks.md`, and with the word
`packs` docs/packs.md."""

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

A company's own file may stand above it ([company](company.md)), and checks of your own run beside these
([packs](packs.md)).

This page is made from the rules under `src/modelform/checks/rules/` (`python -m modelform.checks.documentation`).

| code | level | what is checked |
|---|---|---|
"""


PACKS = """\
# Checks of your own

A pack is a folder of checks that `policy.packs` names, in a stack file (or a base file of it) or in a
[company file](company.md), as seen from the file that names it. Its checks run like [modelform's own](checks.md): in
`validate`, `preview` and `up`, before anything is touched, in every report, with a level that `policy.rules` may set.
A saved plan stands on their files as well.

```yaml
policy:
  packs: [../rules]
  rules: {acme.owner: error}
```

Every `.py`, `.yaml` and `.yml` file that lies in the folder itself is read; Python files that begin with an underscore
are left alone. A code is words with dots between them, and starts best with a name of your own: `acme.owner`. One of
modelform's own is refused, and so is one that is given twice.

Whatever does not work is found as `pack.failed`, with the file and the line, and the rest is checked all the same: a
file that cannot be read or does not load, a field that does not exist, a check that raises or answers with something
else. Only a folder that is not there, or has no check, is a mistake in the file that names it.

**Pinned.** `FOLDER@sha256:…` takes the pack only with just these files; with others nothing of it is run, and
`pack.failed` (in a company file `company.pin`, which ends the command) says which digest they have. It is that of what
`sha256sum` says of its files in the order of their names: `(export LC_ALL=C; sha256sum * | sha256sum)` in a folder
that has nothing else. What a check reads itself while it runs is not in it.

**Python packs are code.** They run in modelform's process with your rights, network and environment included, as a
Pulumi program does. There is no switch that leaves them out, for a check that is not made has not been passed: look at
a stranger's stack before you validate it, or do it where it can do no harm. Conditions in YAML can reach nothing but
the fields below, and a company file may let stacks have only these (`allow: {packs: conditions}`).

## Conditions

```yaml
checks:
  - code: acme.owner
    level: warning
    sentence: Every deployment of OpenAI's models has an owner.
    reason: Somebody must be called when it is retired.
    when: deployment.model.publisher == "OpenAI" and deployment.tags["owner"] == None
    at: model
    says: "{deployment.key}: nobody owns {deployment.model.name}"
    hint: "write `tags: {owner: …}`"
```

`when` is the breach: where it is true, there is a finding. It is written as Python writes expressions: `and`, `or`,
`not`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, texts in quotes, numbers, lists in brackets, `True`, `False`,
`None`, and these functions: `matches(text, "regular expression")` of the whole text, `startswith(text, "…")`,
`endswith(text, "…")`, `lower(text)` and `count(list)`. Nothing else is one. What is None is never less or greater.

"""

PYTHON = """\
## Python

A file is a check if it has these names, and so is each class in it that has them:

```python
code = "acme.pilot"
level = "error"  # or warning, info
sentence = "A pilot takes at most 20,000 tokens a minute."
reason = "Its budget is small."


def check(stack, catalog, today, facts):
    for key, made in stack.deployments.items():
        if made.capacity and made.capacity.unit == "tpm" and made.capacity.amount > 20_000:
            yield f"deployments.{key}.capacity", f"{key} takes {made.capacity.amount}", "take 20k"
```

`check` answers with findings, or with None: `(path, summary)` or `(path, summary, hint)`, where the path is one of the
stack file's (the place is looked up; that of the nearest key above where it was not written), or a `Diagnostic` of
`modelform.errors`. `stack` is the resolved stack (`modelform.spec.resolved.Stack`), `catalog` the catalogue
(`modelform.catalog.Catalog`), `today` a date, `facts` what Azure said, None offline (under `modelform check` what
its file says is there already).
"""


def render_packs() -> str:
    """The page of the packs as Markdown: the keys of a condition, the fields that it may ask for, Python."""
    from modelform.checks.conditions import ConditionForm
    from modelform.checks.fields import DEPLOYMENT, STACK, WORKSPACE
    from modelform.spec.records import Record
    from modelform.spec.reference import section

    parts = [PACKS, section("checks[]", Record(ConditionForm)), "### Fields\n"]
    for fields, when in ((DEPLOYMENT, "deployment"), (WORKSPACE, "deployment, workspace"), (STACK, "all")):
        parts += [f"With `each: {when}`:\n" if when != "all" else "Always:\n", "| field | what it says |", "|---|---|"]
        parts += [f"| `{name}` | {said} |" for name, said in fields.items()]
        parts.append("")
    return "\n".join([*parts, PYTHON])


def render() -> str:
    """The whole page as Markdown: a table of the rules, then each with its reason."""
    table = "".join(f"| [`{r.code}`](#{anchor(r.code)}) | {r.level} | {r.sentence} |\n" for r in every_rule())
    sections = "".join(f"\n## {r.code}\n\n{r.sentence}\n\n{r.reason}\n" for r in every_rule())
    return HEAD + table + sections


def anchor(code: str) -> str:
    """The link that a heading of this text gets."""
    return code.replace(".", "")


if __name__ == "__main__":
    import sys

    print(render_packs() if sys.argv[1:] == ["packs"] else render(), end="")
