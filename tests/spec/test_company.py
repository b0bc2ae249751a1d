"""Company files: the pages and the schema come from what reads them, and no stack gets more than its company allows."""

from __future__ import annotations

import re
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modelform.catalog import Catalog
from modelform.errors import Report, Span
from modelform.spec import load_stack
from modelform.spec.company import Pin, load_company, parse_pin
from modelform.spec.companyfile import company_kind
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.records import Record
from modelform.spec.reference import company_reference, inner_records
from modelform.spec.resolved import CostLimit, Policy
from modelform.spec.rulebook import Company
from modelform.spec.schema import company_schema, schema_text
from modelform.spec.tightening import tighten
from modelform.spec.yamlnodes import Mapping, Node, Sequence, parse

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "portfolio" / "company.yaml"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def validator() -> jsonschema.Draft202012Validator:
    schema = company_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def of_the_page() -> str:
    match = re.search(r"```yaml\n(.*?)```", company_reference(), re.DOTALL)
    assert match
    return match.group(1)


def test_the_published_files_are_the_generated_ones() -> None:
    assert (ROOT / "docs/company.md").read_text() == company_reference()
    assert (ROOT / "schema/company.schema.json").read_text() == schema_text(company_schema())


@pytest.mark.parametrize("text", [of_the_page(), EXAMPLE.read_text()], ids=["page", "example"])
def test_what_is_shown_is_right(text: str, catalog: Catalog, tmp_path: Path) -> None:
    report = Report()
    tree = parse(text, "company.yaml", report)
    assert tree is not None
    assert [item.message for item in validator().iter_errors(plain(tree))] == []
    file = tmp_path / "company.yaml"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "_shared.py").write_text("")
    file.write_text(text)
    found = load_company(Pin(file), catalog, TODAY)
    assert found.company is not None, list(found.report)


def records() -> list[Record]:
    found: list[Record] = []

    def walk(record: Record) -> None:
        if record not in found and record.model.__module__ == "modelform.spec.companyfile":
            found.append(record)
            for item in record.fields.values():
                for inner, _ in inner_records(item.metadata["kind"]):
                    walk(inner)

    root = company_kind()
    assert isinstance(root, Record)
    walk(root)
    return found


@pytest.mark.parametrize("record", records(), ids=lambda record: record.model.__name__)
def test_the_examples_of_the_reference_are_read_without_a_complaint(record: Record) -> None:
    page = company_reference()
    section = page[page.index(f"\n{(record.model.__doc__ or '').strip()}\n") :].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` .* \| `\1: (.*)` \|$", section, re.MULTILINE)
    assert [name for name, _ in rows] == list(record.fields)
    for name, text in rows:
        report = Report()
        tree = parse(f"{name}: {text}\n", "example.yaml", report)
        assert tree is not None, (name, text)
        assert record.fields[name].metadata["kind"].read(tree.entries[name].node, name, Reading(report)) is not BROKEN
        assert not list(report), (name, text)


def test_an_interpolation_is_in_no_schema() -> None:
    assert not validator().is_valid({"apiVersion": "modelform/company/v1", "policy": {"proof": "${env:A}"}})
    assert r"\$\{" not in schema_text(company_schema())


def test_the_portfolio_holds_to_its_company_file(catalog: Catalog) -> None:
    from modelform import checks

    company = load_company(Pin(EXAMPLE), catalog, TODAY).company
    file = ROOT / "examples" / "portfolio" / "stacks" / "prod.yaml"
    stack, report = load_stack(file, environment={}, today=TODAY, company=company)
    assert stack is not None, list(report)
    found = checks.run(stack, catalog, today=TODAY)
    assert [item for item in found if item.severity == "error"] == []
    excused = [item for item in found if item.code == "policy.origin"]
    assert len(excused) == 2
    assert all("excused until" in item.detail for item in excused)
    without, _ = load_stack(file, environment={}, today=TODAY)
    assert without is not None
    assert (without.company, without.loosened) == (None, ())


@pytest.mark.parametrize(
    ("text", "path", "kind"),
    [
        ("a.yaml", "a.yaml", ""),
        ("dir@home/a.yaml", "dir@home/a.yaml", ""),
        (f"a@b.yaml@sha256:{'A' * 64}", "a@b.yaml", "sha256"),
        ("a.yaml@git:0123abc", "a.yaml", "git"),
    ],
)
def test_pins(text: str, path: str, kind: str) -> None:
    pin = parse_pin(text, "--company")
    assert (str(pin.path), pin.kind, pin.value) == (path, kind, pin.value.lower())


def both(stack: Policy, company: Policy, catalog: Catalog) -> tuple[Policy, list[str]]:
    file = Company("company.yaml", "0", company)
    policy, loosened = tighten(stack, file, catalog, {"": Span("stack.yaml", 1, 1)})
    return policy, [item.path for item in loosened]


def test_no_residency_allows_more_than_the_companys(catalog: Catalog) -> None:
    words = (None, "global", "us-data-zone", "eu-data-zone", "apac-data-zone", "eu", "SE", "CH", "US", "swedencentral")
    skus = ("GlobalStandard", "DataZoneStandard", "Standard", "serverless")
    regions = ("swedencentral", "switzerlandnorth", "eastus2", "westeurope", "japaneast")
    for said, floor in product(words, words):
        policy, loosened = both(Policy(residency=said), Policy(residency=floor), catalog)
        for sku, region in product(skus, regions):
            if catalog.allowed_by(policy.residency, sku, region):
                assert catalog.allowed_by(floor, sku, region), (said, floor)
        if said is not None and not loosened:
            assert policy.residency == said
        assert bool(loosened) == (said is not None and policy.residency != said), (said, floor)
        for region in regions:
            if catalog.rest_allowed(policy.storage, region):
                assert catalog.rest_allowed(floor, region), (said, floor)


def test_data_at_rest_follows_the_tighter(catalog: Catalog) -> None:
    policy, loosened = both(Policy(residency="SE"), Policy(residency="eu-data-zone", at_rest="eu"), catalog)
    assert (policy.residency, policy.storage, loosened) == ("SE", "SE", [])
    policy, loosened = both(Policy(residency="global"), Policy(at_rest="eu"), catalog)
    assert (policy.residency, policy.storage, loosened) == ("global", "eu", [])
    policy, loosened = both(Policy(at_rest="US"), Policy(residency="eu"), catalog)
    assert (policy.storage, loosened) == ("eu", ["policy.atRest"])
    policy, loosened = both(Policy(at_rest="SE"), Policy(residency="global"), catalog)
    assert (policy.residency, policy.storage, loosened) == ("global", "SE", [])


def test_what_the_stack_leaves_open_is_the_companys(catalog: Catalog) -> None:
    floor = Policy(
        residency="eu",
        proof="documented",
        publishers=("OpenAI",),
        lifecycle=("preview",),
        retirement_notice_days=60,
        monthly_cost=CostLimit(10),
        public_network="deny",
        local_keys="deny",
        origins=("EU",),
        preferred_origins=("FR",),
    )
    assert both(Policy(), floor, catalog) == (floor, [])
    assert both(floor, Policy(), catalog) == (floor, [])


def test_lists_are_cut_to_the_companys_and_never_empty(catalog: Catalog) -> None:
    floor = Policy(publishers=("OpenAI", "Cohere"), origins=("EU",))
    policy, loosened = both(Policy(publishers=("openai", "xAI"), origins=("FR", "US")), floor, catalog)
    assert (policy.publishers, policy.origins) == (("openai",), ("FR",))
    assert sorted(loosened) == ["policy.origins.1", "policy.publishers.1"]
    policy, loosened = both(Policy(publishers=("xAI",)), floor, catalog)
    assert (policy.publishers, loosened) == (("OpenAI", "Cohere"), ["policy.publishers.0"])


def test_another_currency_is_no_lower_limit(catalog: Catalog) -> None:
    floor = Policy(monthly_cost=CostLimit(100, "USD"))
    policy, loosened = both(Policy(monthly_cost=CostLimit(1, "EUR")), floor, catalog)
    assert (policy.monthly_cost, loosened) == (CostLimit(100, "USD"), ["policy.monthlyCost"])


def test_findings_about_what_the_company_says_point_at_its_file(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "company.yaml"
    file.write_text("apiVersion: modelform/company/v1\npolicy:\n  monthlyCost: {limit: 1}\n")
    company = load_company(Pin(file), catalog, TODAY).company
    assert company is not None
    origins: dict[str, Any] = {"": Span("stack.yaml", 1, 1)}
    tighten(Policy(), company, catalog, origins)
    assert (origins["policy.monthlyCost.limit"].file, origins["policy.monthlyCost.limit"].line) == (str(file), 3)
