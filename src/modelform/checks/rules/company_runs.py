"""The stack runs where and with what its company allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase

from modelform.catalog import Catalog
from modelform.errors import Diagnostic, Severity
from modelform.spec.resolved import Stack

code = "company.runs"
level = Severity.ERROR
sentence = "Target and engine are ones that the company file allows, and on Azure backend and secrets provider as well."
reason = (
    "A state on somebody's own disk, or secrets that a passphrase opens, are nobody's but that person's. In the "
    "sandbox both are the project folder's, whatever the file says."
)


def check(stack: Stack, catalog: Catalog, today: date, facts: object | None) -> Iterator[Diagnostic]:
    """One finding a choice that is not allowed."""
    company = stack.company
    if company is None:
        return
    for key, said, allowed in (("target", stack.target, company.targets), ("engine", stack.engine, company.engines)):
        if allowed and said not in allowed:
            summary = f"the {key} is {said}, and the company allows {' or '.join(allowed)}"
            hint = f"say `--{key} {allowed[0]}`, or write `{key}: {allowed[0]}`"
            yield Diagnostic(code, level, summary, _where(stack, f"allow.{key}s"), stack.origins.span(key), hint)
    if stack.target != "azure":
        return
    places = (
        ("backend", stack.backend, company.backends, "backends"),
        ("secretsProvider", stack.secrets_provider, company.secrets_providers, "secretsProviders"),
    )
    for key, written, patterns, where in places:
        if patterns and not any(fnmatchcase(written or "", pattern) for pattern in patterns):
            none = f"the file names no {key}" if stack.file else f"there is no stack file to name a {key}"
            what = f"{key} is {written}" if written else none
            summary = f"{what}, and the company allows {' or '.join(patterns)}"
            detail = _where(stack, f"allow.{where}")
            yield Diagnostic(code, level, summary, detail, stack.origins.span(key), f"write one of these as `{key}:`")


def _where(stack: Stack, path: str) -> str:
    span = stack.company.origins.span(path) if stack.company else None
    return f"the company says so at {span}" if span else ""
