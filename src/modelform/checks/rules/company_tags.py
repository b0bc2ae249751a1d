"""Everything has the tags that the company wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from modelform.catalog import Catalog
from modelform.checks.place import several
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.tags"
level = Severity.ERROR
sentence = "Every resource group, workspace and deployment has the tags of `requiredTags`, with values that it allows."
reason = "Who pays and who is called at night is read from tags; ARM compares their names without case."


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a tag that is missing somewhere, and one a value that is not allowed."""
    company = stack.company
    if company is None:
        return
    for tag, allowed in company.tags.items():
        where = f"the company says so at {company.origins.span(f'requiredTags.{tag}')}"
        lacking: list[str] = []
        paths: list[str] = []
        wrong: dict[tuple[str, str], list[str]] = {}
        for what, path, tags in _tagged(stack):
            value = next((text for name, text in tags.items() if name.lower() == tag.lower()), None)
            if value is None:
                lacking.append(what)
                paths.append(path)
            elif allowed and value not in allowed:
                wrong.setdefault((_origin(stack, path, tag), value), []).append(what)
        for (path, value), which in wrong.items():
            summary = f"{several(which)}: the tag {tag} is {value!r}, and the company allows {' or '.join(allowed)}"
            yield Diagnostic(code, level, summary, where, stack.origins.span(path), f"write one of these as `{tag}:`")
        if lacking:
            everything = len(lacking) == len(list(_tagged(stack)))
            span = stack.origins.span("tags" if everything else f"{paths[0]}.tags")
            example = allowed[0] if allowed else "…"
            who = "nothing" if everything else ", ".join(lacking)
            verb = "has" if everything else ("lacks" if len(lacking) == 1 else "lack")
            hint = f"write `tags: {{{tag}: {example}}}` at the top of the file, and everything has it"
            yield Diagnostic(code, level, f"{who} {verb} the tag {tag}, which the company wants", where, span, hint)


def _origin(stack: Stack, path: str, tag: str) -> str:
    """The path at which a tag was written: the thing's own, its workspace's, or the stack's."""
    homes = [path]
    if path.startswith("deployments."):
        homes.append(f"workspaces.{stack.deployments[path.partition('.')[2]].workspace}")
    for home in (*(f"{place}.tags" for place in homes), "tags"):
        for known in stack.origins.spans:
            if known.lower() == f"{home}.{tag}".lower():
                return known
    return f"{path}.tags"


def _tagged(stack: Stack) -> Iterator[tuple[str, str, dict[str, str]]]:
    for group in stack.resource_groups:
        if not group.existing:
            yield f"resource group {group.name}", "resourceGroup", group.tags
    for key, home in stack.workspaces.items():
        yield f"workspace {key}", f"workspaces.{key}", home.tags
    for key, deployment in stack.deployments.items():
        yield key, f"deployments.{key}", deployment.tags
