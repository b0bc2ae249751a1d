"""The page of the checks is what the rules say."""

from __future__ import annotations

import re
from pathlib import Path

from modelform import checks
from modelform.checks.documentation import render

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"


def test_page_is_in_sync() -> None:
    assert PAGE.read_text() == render()


def test_links_of_the_table_lead_to_the_headings() -> None:
    page = render()
    links = re.findall(r"\]\(#([\w-]+)\)", page)
    headings = {re.sub(r"[^\w -]", "", line[3:]) for line in page.splitlines() if line.startswith("## ")}
    assert len(links) == len(checks.every_rule())
    assert set(links) == headings
