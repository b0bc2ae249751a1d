"""The page of the checks is what the rules say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from modelform import checks
from modelform.catalog import Catalog
from modelform.checks.documentation import render, render_packs
from modelform.checks.fields import FIELDS, scopes
from modelform.checks.packs import pack_rules
from modelform.spec.resolved import Pack, PackFile, Stack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"


def test_page_is_in_sync() -> None:
    assert PAGE.read_text() == render()


def test_links_of_the_table_lead_to_the_headings() -> None:
    page = render()
    links = re.findall(r"\]\(#([\w-]+)\)", page)
    headings = {re.sub(r"[^\w -]", "", line[3:]) for line in page.splitlines() if line.startswith("## ")}
    assert len(links) == len(checks.every_rule())
    assert set(links) == headings


def test_page_of_the_packs_is_in_sync_and_what_it_shows_works() -> None:
    text = render_packs()
    assert (PAGE.parent / "packs.md").read_text() == text
    conditions = re.findall(r"```yaml\n(checks:.*?)```", text, re.DOTALL)
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    files = tuple(PackFile(f"pack/{i}.yaml", part) for i, part in enumerate(conditions))
    files += tuple(PackFile(f"pack/{i}.py", part) for i, part in enumerate(code))
    loaded = pack_rules((Pack("pack", files),))
    assert loaded.failures == ()
    assert [rule.code for rule in loaded.rules] == ["acme.owner", "acme.pilot"]


def test_every_field_that_is_documented_has_a_value(build_stack: Callable[..., Stack], catalog: Catalog) -> None:
    deployments = {"chat": {"model": "openai/gpt-5.4-mini@2026-03-17", "sku": "globalStandard"}}
    stack = build_stack({"workspaces": {"foundry": {}}, "deployments": deployments})
    for each, fields in FIELDS.items():
        found = list(scopes(each, stack, catalog, date(2026, 11, 22)))
        assert len(found) == 1
        assert set(found[0][1]) == {*fields, *FIELDS["stack"]}
