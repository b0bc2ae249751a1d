"""Exchanges held against the sandbox, and the mask that a journal wears."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelform.sandbox.altering import altered
from modelform.sandbox.exchange import Response
from modelform.sandbox.faults import Fault
from modelform.verification.comparison import compare, compare_reads
from modelform.verification.recording import Exchange, Mask

from .conftest import SUBSCRIPTION, TODAY

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
QUERY = {"api-version": "2024-03-01"}
BODY = {"location": "swedencentral"}
ANSWER = {
    "id": GROUP,
    "name": "rg",
    "type": "Microsoft.Resources/resourceGroups",
    "location": "swedencentral",
    "properties": {"provisioningState": "Succeeded"},
}


def put(status: int = 201, **changes: Any) -> Exchange:
    return Exchange("make", "PUT", GROUP, QUERY, BODY, status, {}, {**ANSWER, **changes})


def told(*exchanges: Exchange) -> list[str]:
    return [f"{one.type.partition('/')[2]} {one.said}" for one in compare(exchanges, "", TODAY)]


def test_what_is_alike_is_no_difference() -> None:
    assert told(put()) == []
    assert told(put(managedBy=None)) == []  # a null is as good as nothing


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (put(200), "PUT status: 200 on Azure, 201 here"),
        (put(colour="red"), "PUT colour: Azure answers it, the sandbox does not"),
        (put(location=None), "PUT location: the sandbox answers it, Azure does not"),
        (put(location=["swedencentral"]), "PUT type location: list on Azure, text here"),
        (put(properties={"provisioningState": "Ready"}), "PUT state: Ready on Azure, Succeeded here"),
    ],
)
def test_each_difference_is_told(exchange: Exchange, said: str) -> None:
    assert told(exchange) == [f"resourceGroups {said}"]


def test_what_was_asked_again_counts_once() -> None:
    busy = Exchange(
        "make", "PUT", GROUP, QUERY, BODY, 429, {"retry-after": "1"}, {"error": {"code": "TooManyRequests"}}
    )
    late = Exchange("read", "GET", GROUP, QUERY, None, 404, {}, {"error": {"code": "Later"}})
    read = Exchange("read", "GET", GROUP, QUERY, None, 200, {}, ANSWER)
    assert told(busy, put(), late, read) == []
    assert told(put(), late) == [
        "resourceGroups GET status: 404 on Azure, 200 here",
        "resourceGroups GET code: Later on Azure, none here",
    ]


def test_a_refusal_of_the_subscription_itself_says_nothing_of_the_sandbox() -> None:
    error = {"error": {"code": "InsufficientQuota", "message": "no"}}
    assert told(Exchange("make", "PUT", GROUP, QUERY, BODY, 400, {}, error)) == []


def test_a_journal_wears_a_mask() -> None:
    link = f"https://x/subscriptions/{SUBSCRIPTION}/operations/1?api-version=2024-03-01&t=1&c=MII&s=secret"
    one = Exchange(
        "make", "PUT", GROUP, QUERY, {"key1": "hunter2", "who": "a.b@example.org"}, 201,
        {"location": link}, {"createdBy": "Jane", "id": GROUP, "uid": SUBSCRIPTION.replace("-", "")},
    )  # fmt: skip
    line = Mask({"subscription": SUBSCRIPTION}).exchange("embedded", one)
    text = json.dumps(line)
    for private in (SUBSCRIPTION, SUBSCRIPTION.replace("-", ""), "hunter2", "a.b@", "Jane", "secret", "MII"):
        assert private not in text
    assert line["headers"]["location"].endswith("/operations/1?api-version=2024-03-01")
    assert (
        line["path"]
        == line["response"]["id"]
        == "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    )


@pytest.mark.parametrize(
    ("fault", "status", "properties", "items", "headers"),
    [
        (Fault("alter", answer=202), 202, {"provisioningState": "Ok", "a": 1}, [{"b": 1}], ["Location"]),
        (Fault("alter", state="Odd"), 200, {"provisioningState": "Odd", "a": 1}, [{"b": 1}], ["Location"]),
        (Fault("alter", header="location"), 200, {"provisioningState": "Ok", "a": 1}, [{"b": 1}], []),
        (
            Fault("alter", without="properties.a", instead="c"),
            200,
            {"provisioningState": "Ok", "c": 1},
            [{"b": 1}],
            ["Location"],
        ),
        (Fault("alter", without="value.b"), 200, {"provisioningState": "Ok", "a": 1}, [{}], ["Location"]),
    ],
)
def test_an_answer_is_altered(fault: Fault, status: int, properties: Any, items: Any, headers: list[str]) -> None:
    given = {"properties": {"provisioningState": "Ok", "a": 1}, "value": [{"b": 1}]}
    found = altered(Response(200, given, {"Location": "x"}), fault)
    assert found is not None
    assert (found.status, list(found.headers)) == (status, headers)
    assert found.body == {"properties": properties, "value": items}


def test_an_answer_without_what_a_fault_is_about_stays() -> None:
    assert altered(Response(404, {"error": {"code": "X"}}), Fault("alter", answer=202, state="Odd", header="y")) is None
    found = altered(Response(404, {"error": {"code": "X"}}), Fault("alter", code="Y"))
    assert found is not None
    assert found.body == {"error": {"code": "Y"}}


def test_reads_of_a_run_whose_writes_nobody_saw() -> None:
    read = Exchange("read", "GET", GROUP, QUERY, None, 200, {}, ANSWER)
    changed = Exchange("read", "GET", GROUP, QUERY, None, 200, {}, {**ANSWER, "colour": "red"})
    gone = Exchange("destroy", "GET", GROUP, QUERY, None, 404, {}, {"error": {"code": "ResourceGroupNotFound"}})
    other = Exchange("destroy", "GET", GROUP, QUERY, None, 404, {}, {"error": {"code": "Gone"}})
    assert compare_reads([read, read, gone], [read, read, read, gone]) == []
    said = [one.said for one in compare_reads([read, changed, other], [read, read, gone])]
    assert said == [
        "GET colour: Azure answers it, the sandbox does not",
        "GET code: Gone on Azure, ResourceGroupNotFound here",
    ]


def test_a_read_before_it_had_settled_says_nothing() -> None:
    going = {**ANSWER, "properties": {"provisioningState": "Deleting"}}
    assert told(put(), Exchange("read", "GET", GROUP, QUERY, None, 200, {}, going)) == []
    odd = {**ANSWER, "properties": {"provisioningState": "Cooking"}}
    said = told(put(), Exchange("read", "GET", GROUP, QUERY, None, 200, {}, odd))
    assert said == ["resourceGroups GET state: Cooking on Azure, Succeeded here"]
