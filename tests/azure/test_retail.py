"""The price list: pages, what is asked, and answers that are none; against the sandbox's, which is asked as Azure's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_SUBSCRIPTION, SANDBOX_TENANT, ArmError, Connection
from modelform.azure.retail import meters, part_prices, price_list
from modelform.sandbox import create_app
from modelform.sandbox.faults import Fault, Plan
from modelform.sandbox.transport import SandboxTransport


@pytest.fixture(scope="module")
def sandbox() -> SandboxTransport:
    return SandboxTransport(create_app(None))


@pytest.fixture
def connection(sandbox: SandboxTransport) -> Connection:
    return Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, SANDBOX_SUBSCRIPTION, transport=sandbox, target="sandbox")


def test_no_token_is_sent_and_prices_are_of_one_region(connection: Connection, sandbox: SandboxTransport) -> None:
    found = meters(price_list(connection), "swedencentral")
    assert {meter.region for meter in found} == {"swedencentral"}
    assert {meter.unit for meter in found} == {"1K", "1M", "1 Hour"}
    assert all(meter.price > 0 and meter.currency == "USD" for meter in found)


def test_every_page_is_read(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = meters(price_list(connection), "swedencentral")
    monkeypatch.setattr("modelform.sandbox.retail.PAGE", 50)
    paged = meters(price_list(connection), "swedencentral")
    assert paged == whole
    assert len(whole) > 2 * 50


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault("garble"), "azure.unexpected-answer"), (Fault("deny"), "access.denied")],
    ids=lambda value: getattr(value, "kind", value),
)
def test_a_bad_answer_is_an_error_that_names_it(
    connection: Connection, sandbox: SandboxTransport, fault: Fault, code: str
) -> None:
    sandbox.control.trouble.set(Plan((fault,)))
    try:
        with pytest.raises(ArmError) as caught:
            meters(price_list(connection), "swedencentral")
    finally:
        sandbox.control.trouble.set(Plan())
    assert caught.value.diagnostics[0].code == code


def test_another_currency_is_asked_for_as_azure_wants_it(connection: Connection) -> None:
    dollars = {meter.id: meter.price for meter in meters(price_list(connection), "swedencentral")}
    euros = meters(price_list(connection), "swedencentral", "EUR")
    assert {meter.currency for meter in euros} == {"EUR"}
    assert all(meter.price == pytest.approx(0.9 * dollars[meter.id]) for meter in euros)
    with pytest.raises(ArmError, match="Invalid currencyCode"):
        meters(price_list(connection), "swedencentral", "XYZ")


def test_parts_cost_what_they_do_after_their_free_tier_in_every_region(connection: Connection) -> None:
    found = part_prices(price_list(connection), "EUR")
    assert found["logsGb"]["swedencentral"] == found["logsGb"]["eastus2"] == pytest.approx(2.484)
    assert found["privateEndpointHour"] == {"*": pytest.approx(0.009)}
    assert set(found) == {"storageGbMonth", "vault10kCalls", "logsGb", "privateEndpointHour"}


class Told:
    """A transport that answers what a test says."""

    def __init__(self, answer: Callable[[dict[str, str]], dict[str, Any]]) -> None:
        self.answer = answer

    def send(self, request: Any, **options: Any) -> Any:
        from modelform.sandbox.transport import Answer

        asked = dict(parse_qsl(urlsplit(request.url).query))
        return Answer(request, 200, {"Content-Type": "application/json"}, json.dumps(self.answer(asked)).encode())

    def open(self) -> None:
        """Opens nothing."""

    def close(self) -> None:
        """Closes nothing."""


ROW = {"meterId": "A", "meterName": "x Inp glbl Tokens", "armRegionName": "r", "retailPrice": 1, "unitOfMeasure": "1M"}


def test_the_first_tier_is_the_price() -> None:
    rows = [{**ROW, "currencyCode": "USD"}, {**ROW, "currencyCode": "USD", "retailPrice": 0.5, "tierMinimumUnits": 10}]
    told = Connection("https://x.example", "", "s", transport=Told(lambda asked: {"Items": rows}))
    assert [meter.price for meter in meters(price_list(told), "r")] == [1.0]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "no price list"),
        ({"Items": [{**ROW, "currencyCode": "EUR"}]}, "a price in EUR"),
        ({"Items": [{**ROW, "currencyCode": "USD", "retailPrice": "free"}]}, "without id or price"),
        ({"Items": [], "NextPageLink": "https://elsewhere.example/api/retail/prices?$skip=1"}, "elsewhere.example"),
        ({"Items": [], "NextPageLink": "https://prices.azure.com:443/api/retail/prices?$skip=1"}, "more than"),
    ],
)
def test_what_is_no_price_list(body: dict[str, Any], said: str) -> None:
    told = Connection("https://x.example", "", "s", transport=Told(lambda asked: body))
    with pytest.raises(ArmError, match=said):
        meters(price_list(told), "r")
