"""The sandbox's price list: filters as Azure takes them, pages, refusals, and the ids that join it to the models."""

from __future__ import annotations

from typing import Any

import pytest

from modelform.sandbox import create_app
from modelform.sandbox.exchange import Request
from modelform.sandbox.identity import TOKEN
from modelform.sandbox.retail import parse

ROW = {"armRegionName": "eastus2", "meterName": "gpt Inp glbl Tokens", "serviceName": "Foundry Models", "type": "C"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("armRegionName eq 'eastus2'", True),
        ("armRegionName eq 'EastUS2'", False),
        ("armRegionName ne 'eastus2'", False),
        ("armRegionName eq 'x' or priceType eq 'C'", True),
        ("armRegionName eq 'x' or armRegionName eq 'eastus2' and priceType eq 'D'", False),
        ("(armRegionName eq 'eastus2' or armRegionName eq 'x') and contains(meterName, 'Inp')", True),
        ("startswith(meterName, 'Inp')", False),
        ("meterName eq 'it''s'", False),
    ],
)
def test_filters(text: str, fits: bool) -> None:
    assert parse(text)(ROW) is fits


@pytest.mark.parametrize(
    "text", ["armRegionName", "nothing eq 'x'", "armRegionName eq x", "(armRegionName eq 'x'", "'"]
)
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)


@pytest.fixture(scope="module")
def control() -> Any:
    return create_app(None).state.control


def ask(control: Any, base: str = "https://prices.azure.com", path: str = "/api/retail/prices", **query: str) -> Any:
    named = {name.replace("_", "$", 1) if name.startswith("_") else name: value for name, value in query.items()}
    return control.handle(Request("GET", path, named, {}, b"", base))


def test_no_token_is_needed_at_the_host_or_under_its_prefix(control: Any) -> None:
    first = ask(control, _top="3")
    assert (first.status, first.body["Count"]) == (200, 3)
    under = ask(control, "https://127.0.0.1:8443", "/_host/prices.azure.com/api/retail/prices", _top="3")
    assert under.body["Items"] == first.body["Items"]
    assert ask(control, path="/api/retail/other").status == 404


def test_pages_follow_each_other_to_the_end(control: Any) -> None:
    wanted = "armRegionName eq 'swedencentral'"
    whole = ask(control, _filter=wanted)
    half = whole.body["Count"] // 2 + 1
    first = ask(control, _filter=wanted, _top=str(half))
    assert first.body["NextPageLink"].startswith("https://prices.azure.com:443/api/retail/prices?")
    second = ask(control, _filter=wanted, _top=str(half), _skip=str(half))
    assert second.body["NextPageLink"] is None
    assert first.body["Items"] + second.body["Items"] == whole.body["Items"]


@pytest.mark.parametrize("query", [{"_filter": "x y z"}, {"_top": "many"}, {"currencyCode": "'XYZ'"}])
def test_a_wrong_question_is_refused(control: Any, query: dict[str, str]) -> None:
    assert ask(control, **query).status == 400


def test_models_name_the_meters_of_the_list(control: Any) -> None:
    path = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.CognitiveServices/locations"
    head = {"authorization": f"Bearer {TOKEN}"}
    answer = control.handle(Request("GET", f"{path}/swedencentral/models", {"api-version": "2025-06-01"}, head))
    model = next(row["model"] for row in answer.body["value"] if row["model"]["name"] == "gpt-5.4-mini")
    sku = next(sku for sku in model["skus"] if sku["name"] == "GlobalStandard")
    listed = {row["meterId"]: row for row in ask(control, _filter="armRegionName eq 'swedencentral'").body["Items"]}
    found = {cost["name"]: listed[cost["meterId"]]["retailPrice"] for cost in sku["cost"]}
    assert found == {"Inp": 0.00075, "cached Inp": 0.000075, "Outp": 0.0045}


def test_another_currency_is_the_sandboxes_own_rate_for_all_lines(control: Any) -> None:
    wanted = "armRegionName eq 'swedencentral'"
    dollars = ask(control, _filter=wanted).body["Items"]
    euros = ask(control, _filter=wanted, currencyCode="'EUR'").body
    assert euros["BillingCurrency"] == "EUR"
    assert {row["currencyCode"] for row in euros["Items"]} == {"EUR"}
    for was, is_ in zip(dollars, euros["Items"], strict=True):
        assert is_["retailPrice"] == is_["unitPrice"] == pytest.approx(0.9 * was["retailPrice"])
    assert {row["currencyCode"] for row in ask(control, _filter=wanted).body["Items"]} == {"USD"}


def test_what_stands_beside_models_is_listed_with_its_free_tier(control: Any) -> None:
    rows = ask(control, _filter="meterName eq 'Analytics Logs Data Ingestion' and armRegionName eq 'eastus2'")
    assert [(row["tierMinimumUnits"], row["retailPrice"]) for row in rows.body["Items"]] == [(0.0, 0.0), (5.0, 2.76)]
    rows = ask(control, _filter="productName eq 'Virtual Network Private Link'")
    assert [(row["armRegionName"], row["retailPrice"]) for row in rows.body["Items"]] == [("Global", 0.01)]


def test_a_question_about_products_alone_is_answered_as_any_other(control: Any) -> None:
    about = "(productName eq 'Key Vault' and meterName eq 'Operations')"
    more = f"{about} or (productName eq 'Azure OpenAI Models' and meterName eq 'x')"
    quick = ask(control, _filter=f"({about}) and priceType eq 'Consumption'").body["Items"]
    slow = ask(control, _filter=f"({more}) and priceType eq 'Consumption'").body["Items"]
    assert quick == slow
    assert {row["unitOfMeasure"] for row in quick} == {"10K"}
