"""Azure's retail prices: the public list, asked without a token, page after page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from modelform.azure.arm import Arm
from modelform.azure.connection import Connection
from modelform.azure.failures import ArmError, arm_error
from modelform.record import dataclass

ENDPOINT = "https://prices.azure.com"
PATH = "/api/retail/prices"
API_VERSION = "2023-01-01-preview"
SERVICE = "Foundry Models"
# What stands beside models: the catalogue's name of a part -> product and meter of the list, and the unit it is in.
PARTS = {
    "storageGbMonth": ("General Block Blob v2", "Hot LRS Data Stored", "1 GB/Month"),
    "vault10kCalls": ("Key Vault", "Operations", "10K"),
    "logsGb": ("Log Analytics", "Analytics Logs Data Ingestion", "1 GB"),
    "privateEndpointHour": ("Virtual Network Private Link", "Standard Private Endpoint", "1 Hour"),
}
EVERYWHERE = "global"
_MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Meter:
    """One line of the price list: `price` for one `unit` (`1K`, `1M`, `1 Hour`) in a region."""

    id: str
    name: str
    region: str
    price: float
    unit: str
    currency: str


def price_list(connection: Connection) -> Arm:
    """A client for the price list: the way of a connection (proxy, certificates, the sandbox) without its identity."""
    return Arm(
        Connection(
            ENDPOINT,
            connection.tenant,
            connection.subscription,
            transport=connection.transport,
            target=connection.target,
            ca_bundle=connection.ca_bundle,
        )
    )


def meters(arm: Arm, region: str, currency: str = "USD", *, timeout: float = 0) -> list[Meter]:
    """The meters of models in a region, as they are today: those of consumption, not of reservations.

    `timeout` in seconds holds for each page. Raises `ArmError`, also for an answer that is no price list.
    """
    wanted = f"serviceName eq '{SERVICE}' and armRegionName eq '{region}' and priceType eq 'Consumption'"
    # Where a meter has tiers, the first one is the price; the others are for who uses very much.
    return [
        _meter(item, currency)
        for item in _lines(arm, wanted, currency, timeout, f"the price list of {region}")
        if not item.get("tierMinimumUnits")
    ]


def part_prices(arm: Arm, currency: str = "USD", *, timeout: float = 0) -> dict[str, dict[str, float]]:
    """What a hub's parts and private endpoints cost: part -> region -> price; `*` holds everywhere.

    One question for all regions. A part that is free at first costs what it costs after. Raises `ArmError`.
    """
    each = (f"(productName eq '{product}' and meterName eq '{meter}')" for product, meter, _ in PARTS.values())
    about = " or ".join(each)
    named = {(product, meter, unit): part for part, (product, meter, unit) in PARTS.items()}
    tiers: dict[tuple[str, str], tuple[float, float]] = {}
    for item in _lines(arm, f"({about}) and priceType eq 'Consumption'", currency, timeout, "the price list of parts"):
        line = _meter(item, currency)
        part = named.get((str(item.get("productName")), line.name, line.unit))
        if part is None or not line.price:
            continue
        place = "*" if line.region.lower() == EVERYWHERE else line.region
        tier = (float(item.get("tierMinimumUnits") or 0), line.price)
        tiers[part, place] = min(tiers.get((part, place), tier), tier)
    found: dict[str, dict[str, float]] = {}
    for (part, place), (_, price) in tiers.items():
        found.setdefault(part, {})[place] = price
    return found


def _lines(arm: Arm, wanted: str, currency: str, timeout: float, what: str) -> Iterator[dict[str, Any]]:
    """The lines of the list that a filter lets through, page after page."""
    asked = {"currencyCode": f"'{currency}'", "$filter": wanted}
    for _ in range(_MOST_PAGES):
        body = arm.get(PATH, API_VERSION, params=asked, timeout=timeout)
        items, link = body.get("Items"), body.get("NextPageLink")
        if not isinstance(items, list):
            raise _unexpected("the answer is no price list")
        yield from (item for item in items if isinstance(item, dict))
        if not link:
            return
        parts = urlsplit(str(link))
        if parts.hostname != urlsplit(ENDPOINT).hostname or parts.path != PATH:
            raise arm_error(0, "ForeignHost", f"the price list leads to {parts.netloc}", operation=f"GET {PATH}")
        asked = {name: value for name, value in parse_qsl(parts.query) if name != "api-version"}
    raise _unexpected(f"{what} has more than {_MOST_PAGES} pages")


def _meter(item: dict[str, Any], currency: str) -> Meter:
    price = item.get("retailPrice")
    if isinstance(price, bool) or not isinstance(price, (int, float)) or not item.get("meterId"):
        raise _unexpected("a meter without id or price")
    if item.get("currencyCode") != currency:
        raise _unexpected(f"a price in {item.get('currencyCode')}, where {currency} was asked for")
    return Meter(
        id=str(item["meterId"]).lower(),
        name=str(item.get("meterName") or ""),
        region=str(item.get("armRegionName") or ""),
        price=float(price),
        unit=str(item.get("unitOfMeasure") or ""),
        currency=currency,
    )


def _unexpected(what: str) -> ArmError:
    return arm_error(0, "UnexpectedAnswer", what, operation=f"GET {PATH}")
