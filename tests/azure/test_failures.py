"""Error bodies of every shape, what they mean, and what they must never hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.azure import ArmAccessError, ArmError
from modelform.azure.advice import BY_CODE, advice_for
from modelform.azure.failures import arm_error, read_refusal, redact
from modelform.errors import AccessError, Exit, ProviderError
from modelform.values import Secret

CASES = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text())
TOKEN = "eyJhbGciOiJSUzI1NiJ9.c2FuZGJveC10b2tlbg.c2lnbmF0dXJl"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_error_body(case: dict[str, Any]) -> None:
    found = read_refusal(case["body"], case["status"])
    assert (found.code, found.message) == (case["code"], case["message"])
    assert found.target == case.get("target", "")
    assert [list(detail) for detail in found.details] == case.get("details", [])


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.integers(400, 599))
def test_any_body_is_read(body: str, status: int) -> None:
    assert read_refusal(body, status).message


@pytest.mark.parametrize(
    ("status", "code", "message", "diagnostic", "exit_code"),
    [
        (403, "AuthorizationFailed", "no", "access.denied", Exit.ACCESS),
        (403, "", "no", "access.denied", Exit.ACCESS),
        (401, "InvalidAuthenticationToken", "no", "access.not-signed-in", Exit.ACCESS),
        (404, "SubscriptionNotFound", "no", "access.subscription", Exit.ACCESS),
        (403, "RequestDisallowedByPolicy", "no", "azure.policy", Exit.FAILED),
        (400, "InsufficientQuota", "no", "quota.exceeded", Exit.FAILED),
        (400, "InvalidResourceProperties", "The specified SKU 'X' is not supported", "availability.sku", Exit.FAILED),
        (400, "InvalidResourceProperties", "something else", "azure.refused", Exit.FAILED),
        (409, "ConflictError", "A vault exists in deleted state", "azure.name-soft-deleted", Exit.FAILED),
        (400, "BadRequest", "Soft-deleted workspace exists.", "azure.name-soft-deleted", Exit.FAILED),
        (400, "UserError", "Marketplace Subscription purchase failed", "azure.marketplace", Exit.FAILED),
        (409, "CustomDomainInUse", "no", "azure.name-taken", Exit.FAILED),
        (409, "SomethingNew", "no", "azure.conflict", Exit.FAILED),
        (500, "SomethingNew", "no", "azure.unavailable", Exit.FAILED),
        (418, "SomethingNew", "no", "azure.refused", Exit.FAILED),
    ],
)
def test_what_an_error_means(status: int, code: str, message: str, diagnostic: str, exit_code: Exit) -> None:
    error = arm_error(status, code, message)
    assert isinstance(error, ProviderError)
    assert isinstance(error, AccessError) == (exit_code is Exit.ACCESS)
    assert (error.diagnostics[0].code, error.exit_code) == (diagnostic, exit_code)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_known_code_says_what_to_do(code: str) -> None:
    assert advice_for(400, code, "").hint


def test_an_error_names_the_operation_and_the_request(rig: Callable[..., Any]) -> None:
    made = rig(
        {
            "status": 400,
            "headers": {"X-Ms-Request-Id": "abc"},
            "body": {"error": {"code": "A", "message": "b", "details": [{"code": "C", "message": "d"}]}},
        }
    )
    with pytest.raises(ArmError) as caught:
        made.arm.get("/subscriptions/s", "1")
    assert caught.value.diagnostics[0].summary == "A: b"
    assert caught.value.diagnostics[0].detail == "C: d\n  GET /subscriptions/s was answered 400; request id abc"


def test_a_partial_failure_stays_the_same_error() -> None:
    error = arm_error(403, "AuthorizationFailed", "no", request_id="r", operation="PUT /r")
    partial = error.with_partial(("/r", {"a": 1}, {"b": 2}))
    assert isinstance(partial, ArmAccessError)
    assert (partial.partial, partial.reasons) == (("/r", {"a": 1}, {"b": 2}), ("AuthorizationFailed: no",))
    assert partial.diagnostics == error.diagnostics


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"the token {TOKEN} is bad", "the token [secret] is bad"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: [secret]"),
        ("https://x.blob/?sv=1&sig=aB%2Fc&se=2", "https://x.blob/?sv=1&sig=[secret]&se=2"),
        ("X;InstrumentationKey=123-456;Y", "X;InstrumentationKey=[secret];Y"),
        ("a;AccountKey=abc==;EndpointSuffix=x", "a;AccountKey=[secret];EndpointSuffix=x"),
        ("nothing to hide: code 7", "nothing to hide: code 7"),
    ],
)
def test_secrets_are_cut_out(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_secret_of_the_body_is_cut_out_of_the_answer(rig: Callable[..., Any]) -> None:
    body = {"error": {"code": "Bad", "message": "pa55word is weak", "details": [{"message": "'pa55word'"}]}}
    made = rig({"status": 400, "body": body})
    with pytest.raises(ArmError) as caught:
        made.arm.put("/r", "1", {"properties": {"key": Secret("pa55word")}})
    assert made.script.requests[0].content == b'{"properties": {"key": "pa55word"}}'
    assert "pa55word" not in "".join(str(d) for d in caught.value.diagnostics) + caught.value.message


def test_a_broken_connection_tells_no_token(rig: Callable[..., Any]) -> None:
    made = rig({"drop": "after"})
    with pytest.raises(ArmError) as caught:
        made.arm.get("/r", "1")
    assert "[secret]" in str(caught.value.diagnostics[0])
    assert "eyJ" not in str(caught.value.diagnostics[0])
    assert len(made.script.requests) == 10
