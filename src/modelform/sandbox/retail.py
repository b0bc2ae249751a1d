"""The price list that Azure has at prices.azure.com: the catalogue's prices as meters, without a token, in pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from modelform.sandbox.exchange import Handler, Json, Request, Response
from modelform.sandbox.offers import Offers
from modelform.sandbox.plane.hosts import PREFIX

HOST = "prices.azure.com"
PATH = "/api/retail/prices"
PAGE = 1000
SERVICE = "Foundry Models"
NAMES = {"input": "Inp", "cachedInput": "cached Inp", "output": "Outp"}
SCOPES = {"global": "glbl", "dataZone": "DZone", "region": "regnl"}
TOKENS = re.compile(r"\s*(\(|\)|,|'(?:[^']|'')*'|[A-Za-z]+)")
# What the sandbox's own prices in other currencies are, for one dollar: round numbers, no market's.
RATES = {"USD": 1.0, "EUR": 0.9, "GBP": 0.8, "CHF": 0.9, "SEK": 10.0, "NOK": 10.0, "DKK": 6.0, "CAD": 1.4, "JPY": 150.0}
EVERYWHERE = "Global"
# A hub's parts and private endpoints: (key of the price, service, product, sku, meter, unit); tiers that are free.
PARTS = (
    ("storageGbMonth", "Storage", "General Block Blob v2", "Hot LRS", "Hot LRS Data Stored", "1 GB/Month"),
    ("vault10kCalls", "Key Vault", "Key Vault", "Standard", "Operations", "10K"),
    ("logsGb", "Log Analytics", "Log Analytics", "Analytics Logs", "Analytics Logs Data Ingestion", "1 GB"),
    (
        "privateEndpointHour", "Virtual Network", "Virtual Network Private Link", "Standard",
        "Standard Private Endpoint", "1 Hour",
    ),
)  # fmt: skip
# A filter that is about products alone: then the models' many rows need not be made.
PRODUCT = r"\(productName eq '([^']*)' and meterName eq '[^']*'\)"
PRODUCTS = re.compile(rf"\({PRODUCT}(?: or {PRODUCT})*\) and priceType eq 'Consumption'")
FREE_TIER = {"logsGb": 5.0}
ONE_REGION = re.compile(r"armRegionName eq '([^']+)'")
SPACE = uuid.UUID("6f1d3c1e-2f0b-5a53-9f3e-0a4a2c1d7b10")
Test = Callable[[Mapping[str, Any]], bool]


def meters(model: Json, sku: str, offer: Json) -> list[Json]:
    """A sku's meters as ARM's answers name them."""
    price = offer.get("price") or {}
    if "ref" in price:
        return [{"name": "Provisioned Throughput Unit", "meterId": _id(model, sku, "ptuHour"), "unit": "1 Hour"}]
    rows = [rates for rates in price.values() if isinstance(rates, dict)]
    kinds = [kind for kind in NAMES if any(kind in rates for rates in rows)]
    return [{"name": NAMES[kind], "meterId": _id(model, sku, kind), "unit": _unit(model)} for kind in kinds]


def _id(model: Json, sku: str, kind: str) -> str:
    return str(uuid.uuid5(SPACE, f"{model['id']}|{sku}|{kind}"))


def _unit(model: Json) -> str:
    return "1K" if model["format"] == "OpenAI" else "1M"


class PriceList:
    """Answers what is asked of the price list's host; a layer, so that other requests pass through."""

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._rows: dict[str, list[Json]] = {}

    def __call__(self, request: Request, inner: Handler) -> Response:
        """The layer."""
        parts = [part for part in request.path.split("/") if part]
        host = urlsplit(request.base).hostname
        if parts[:2] == [PREFIX, HOST]:
            host, parts = HOST, parts[2:]
        if host != HOST:
            return inner(request)
        if "/" + "/".join(parts) != PATH or request.method != "GET":
            return Response(404, {"Error": {"Code": "NotFound", "Message": "Resource not found"}})
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        currency = (request.parameter("currencyCode") or "'USD'").strip("'")
        if currency not in RATES:
            return _bad(f"Invalid currencyCode: the sandbox has prices in {', '.join(RATES)}")
        try:
            test = parse(request.parameter("$filter") or "")
            skip, top = int(request.parameter("$skip") or 0), int(request.parameter("$top") or PAGE)
        except ValueError:
            return _bad("Invalid OData parameters supplied")
        found = [row for row in self._of(request.parameter("$filter") or "") if test(row)]
        size = max(min(top, PAGE), 1)
        page = [_in(currency, row) for row in found[skip : skip + size]]
        link = None
        if skip + size < len(found):
            link = f"https://{HOST}:443{PATH}?{urlencode({**request.query, '$skip': skip + size})}"
        head = {"BillingCurrency": currency, "CustomerEntityId": "Default", "CustomerEntityType": "Retail"}
        return Response(200, {**head, "Items": page, "NextPageLink": link, "Count": len(page)})

    def _of(self, wanted: str) -> list[Json]:
        """The rows that a filter may be about: those of its one region, of parts, or all; kept, for they are asked for
        often."""
        if PRODUCTS.fullmatch(wanted) and set(re.findall(PRODUCT, wanted)) <= {product for _, _, product, *_ in PARTS}:
            return list(self._parts(""))
        regions = ONE_REGION.findall(wanted)
        region = regions[0] if len(regions) == 1 and " or " not in wanted else ""
        if region not in self._rows:
            self._rows[region] = list(self._list(region))
        return self._rows[region]

    def _list(self, only: str) -> Iterator[Json]:
        for model in self._offers.data["models"]:
            for sku, offer in ((model.get("deployment") or {}).get("skus") or {}).items():
                for region in offer.get("regions") or ():
                    if only and region != only:
                        continue
                    for kind, rate in self._rates(sku, offer, region).items():
                        yield self._row(model, sku, kind, region, rate)
        yield from self._parts(only)

    def _parts(self, only: str) -> Iterator[Json]:
        """What stands beside the models: by region, but private endpoints, which cost the same everywhere."""
        prices = self._offers.data["prices"]["parts"]
        regions = [name for name, row in self._offers.data["regions"].items() if row.get("aiServicesAccounts")]
        for key, service, product, sku, meter, unit in PARTS:
            for region in (EVERYWHERE,) if key == "privateEndpointHour" else regions:
                if only and region != only:
                    continue
                free = FREE_TIER.get(key)
                for least, price in ((0.0, prices[key]),) if free is None else ((0.0, 0.0), (free, prices[key])):
                    yield {
                        **self._line(region, price, unit, str(uuid.uuid5(SPACE, key))),
                        "tierMinimumUnits": least,
                        "meterName": meter,
                        "productName": product,
                        "skuName": sku,
                        "armSkuName": "",
                        "serviceName": service,
                        "serviceFamily": service,
                    }

    def _rates(self, sku: str, offer: Json, region: str) -> dict[str, float]:
        """Dollars a million tokens by kind, or an hour of a provisioned unit."""
        price = offer.get("price") or {}
        if "ref" in price:
            scope = str(self._offers.data["skus"][sku]["processingScope"])
            column = {"global": "global", "dataZone": "datazone"}.get(scope, "regional")
            return {"ptuHour": self._offers.data["prices"]["ptuRates"]["perPtuHour"][column]}
        zone = self._offers.data["regions"].get(region, {}).get("dataZone")
        rates = price.get(region) or price.get(zone) or price.get("all") or {}
        return {kind: rates[kind] for kind in NAMES if kind in rates}

    def _row(self, model: Json, sku: str, kind: str, region: str, rate: float) -> Json:
        scope = SCOPES.get(str(self._offers.data["skus"][sku]["processingScope"]), "")
        unit, price = ("1 Hour", rate) if kind == "ptuHour" else (_unit(model), rate)
        if unit == "1K":
            price = round(rate / 1000, 12)
        batch = "Batch " if "Batch" in sku else ""
        name = f"{model['name']} {model['version']} {batch}{NAMES.get(kind, 'PTU')} {scope}"
        named = name if kind == "ptuHour" else f"{name} Tokens"
        return {
            **self._line(region, price, unit, _id(model, sku, kind)),
            "meterName": named,
            "productName": f"Azure {model['publisher']} Models",
            "skuName": name,
            "serviceName": SERVICE,
            "serviceFamily": "AI + Machine Learning",
            "armSkuName": name,
        }

    def _line(self, region: str, price: float, unit: str, meter: str) -> Json:
        """What every line of the list has, in dollars."""
        return {
            "currencyCode": self._offers.data["prices"]["currency"],
            "tierMinimumUnits": 0.0,
            "retailPrice": price,
            "unitPrice": price,
            "armRegionName": region,
            "location": "" if region == EVERYWHERE else self._offers.display_name(region),
            "effectiveStartDate": f"{self._offers.data['prices']['asOf']}T00:00:00Z",
            "meterId": meter,
            "unitOfMeasure": unit,
            "type": "Consumption",
            "isPrimaryMeterRegion": True,
        }


def _in(currency: str, row: Json) -> Json:
    """A line in a currency, by the sandbox's own rate."""
    price = round(row["retailPrice"] * RATES[currency], 12)
    return {**row, "currencyCode": currency, "retailPrice": price, "unitPrice": price}


def _bad(message: str) -> Response:
    return Response(400, {"Error": {"Code": "BadRequest", "Message": message}})


def parse(text: str) -> Test:
    """An OData filter of `eq`, `ne`, `contains`, `startswith`, `and`, `or` and parentheses, as a test of a row.

    Values are compared with their letter case. Raises ValueError for anything else.
    """
    words, place = [], 0
    while text[place:].strip():
        found = TOKENS.match(text, place)
        if found is None:
            raise ValueError(text)
        words.append(found[1])
        place = found.end()
    if not words:
        return lambda row: True
    test, rest = _either(words)
    if rest:
        raise ValueError(text)
    return test


def _either(words: list[str]) -> tuple[Test, list[str]]:
    left, rest = _both(words)
    while rest[:1] == ["or"]:
        right, rest = _both(rest[1:])
        left = _or(left, right)
    return left, rest


def _both(words: list[str]) -> tuple[Test, list[str]]:
    left, rest = _term(words)
    while rest[:1] == ["and"]:
        right, rest = _term(rest[1:])
        left = _and(left, right)
    return left, rest


def _or(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def _and(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)


def _term(words: list[str]) -> tuple[Test, list[str]]:
    if words[:1] == ["("]:
        inner, rest = _either(words[1:])
        if rest[:1] != [")"]:
            raise ValueError("a parenthesis is open")
        return inner, rest[1:]
    if len(words) >= 6 and words[0] in ("contains", "startswith") and (words[1], words[3], words[5]) == ("(", ",", ")"):
        field, wanted, starts = _field(words[2]), _value(words[4]), words[0] == "startswith"
        return (lambda row: str(row[field]).startswith(wanted) if starts else wanted in str(row[field])), words[6:]
    if len(words) >= 3 and words[1] in ("eq", "ne"):
        field, wanted, same = _field(words[0]), _value(words[2]), words[1] == "eq"
        return (lambda row: (str(row[field]) == wanted) is same), words[3:]
    raise ValueError(" ".join(words))


def _field(word: str) -> str:
    known = {
        "armRegionName", "location", "meterId", "meterName", "productName", "skuName", "serviceName", "serviceFamily",
        "armSkuName",
    }  # fmt: skip
    if word == "priceType":
        return "type"
    if word not in known:
        raise ValueError(word)
    return word


def _value(word: str) -> str:
    if not word.startswith("'"):
        raise ValueError(word)
    return word[1:-1].replace("''", "'")
