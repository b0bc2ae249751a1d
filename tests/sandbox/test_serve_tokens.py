"""The sandbox's tokens: who gets one, for what, and where each one opens."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from modelform.errors import StateError
from modelform.sandbox.identity import CLIENT, OBJECT, TENANT, TOKEN
from modelform.sandbox.tokens import ASSERTION, Refused, Tokens, load

HOME = "https://localhost:4443"
ARM = "https://management.azure.com"
MODELS = "https://cognitiveservices.azure.com"
ISSUER = Tokens.issuer(HOME)
ASKED = {
    "grant_type": "client_credentials",
    "client_id": CLIENT,
    "client_secret": "anything",
    "scope": f"{HOME}/.default",
}


class Clock:
    now = 1_795_305_600.0

    def __call__(self) -> float:
        return self.now


@cache
def key(number: int = 1) -> rsa.RSAPrivateKey:
    """Keys take long to make; a test needs two at most."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(key(), [HOME], clock=clock)


def given(tokens: Tokens, **form: str) -> str:
    return tokens.token(tokens.grant(TENANT, {**ASKED, **form}), ISSUER)


def signed(seconds: float, **claims: Any) -> str:
    """An assertion of some issuer, `seconds` from its end."""
    parts = [{"alg": "none"}, {"exp": Clock.now + seconds, **claims}]
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "x"])


@pytest.mark.parametrize("audience", [HOME, HOME.upper(), ARM, ARM + "/", "https://management.core.windows.net/"])
def test_a_token_for_arm_opens_arm_alone(tokens: Tokens, audience: str) -> None:
    token = given(tokens, scope=f"{audience}/.default")
    assert tokens.manager(token) == CLIENT
    assert tokens.caller(token) is None


@pytest.mark.parametrize("audience", [MODELS, "https://ai.azure.com", "https://ml.azure.com"])
def test_a_token_for_models_opens_models_alone(tokens: Tokens, audience: str) -> None:
    token = given(tokens, scope=f"{audience}/.default", client_id="app")
    assert tokens.caller(token) == "app"
    assert tokens.manager(token) is None


def test_a_token_says_what_entras_do(tokens: Tokens) -> None:
    public = jwt.PyJWK(tokens.keys()["keys"][0]).key
    token = given(tokens)
    claims = jwt.decode(
        token, public, ["RS256"], audience=HOME, options={"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    )
    assert (claims["iss"], claims["tid"], claims["appid"], claims["oid"]) == (ISSUER, TENANT, CLIENT, OBJECT)
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(token)["kid"] == tokens.keys()["keys"][0]["kid"]


def test_a_client_is_always_the_same_principal(tokens: Tokens) -> None:
    def principal(client: str) -> str:
        token = given(tokens, client_id=client)
        return str(jwt.decode(token, options={"verify_signature": False})["oid"])

    assert principal("a") == principal("a") != principal("b")


def test_a_token_ends(tokens: Tokens, clock: Clock) -> None:
    token = given(tokens)
    clock.now += 3599
    assert tokens.manager(token) == CLIENT
    clock.now += 1
    assert tokens.manager(token) is None


def test_a_token_of_the_future_is_refused(tokens: Tokens, clock: Clock) -> None:
    token = given(tokens)
    clock.now -= 60
    assert tokens.manager(token) is None


def test_the_token_of_this_process_opens_everything(tokens: Tokens) -> None:
    assert tokens.manager(TOKEN) == tokens.caller(TOKEN) == CLIENT


@pytest.mark.parametrize("change", ["", "x", "a.b", "a.b.c", "é.é.é", "...", "Ω" * 50])
def test_what_is_no_token_is_refused(tokens: Tokens, change: str) -> None:
    assert tokens.manager(change) is None


def test_a_changed_token_is_refused(tokens: Tokens) -> None:
    head, body, signature = given(tokens).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "aud": MODELS}).encode()).decode().rstrip("=")
    assert tokens.caller(f"{head}.{forged}.{signature}") is None


def test_another_sandboxes_token_is_refused(tokens: Tokens, clock: Clock) -> None:
    assert tokens.manager(given(Tokens(key(2), [HOME], clock=clock))) is None


def test_an_unsigned_token_is_refused(tokens: Tokens) -> None:
    claims = {"aud": HOME, "nbf": 0, "exp": 9e9, "appid": "x"}
    assert tokens.manager(jwt.encode(claims, None, algorithm="none")) is None
    assert tokens.manager(jwt.encode(claims, "secret" * 8, algorithm="HS256")) is None


def test_a_secret_can_be_in_the_header(tokens: Tokens) -> None:
    form = {name: value for name, value in ASKED.items() if not name.startswith("client")}
    header = "Basic " + base64.b64encode(b"my%20app:s%3Acret").decode()
    assert tokens.grant(TENANT, form, header).client == "my app"


def test_an_assertion_does_for_a_secret(tokens: Tokens) -> None:
    form = {name: value for name, value in ASKED.items() if name != "client_secret"}
    form |= {"client_assertion_type": ASSERTION, "client_assertion": signed(60, sub="workload")}
    assert tokens.grant(TENANT, form).client == CLIENT
    assert tokens.grant(TENANT, {**form, "client_id": ""}).client == "workload"


def test_the_older_endpoints_resource_is_the_audience(tokens: Tokens) -> None:
    assert tokens.grant(TENANT, {**ASKED, "resource": ARM + "/"}).audience == ARM + "/"


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"grant_type": ""}, "invalid_request", 900144),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"client_id": ""}, "invalid_request", 900144),
        ({"client_secret": ""}, "invalid_client", 7000218),
        ({"scope": ""}, "invalid_request", 900144),
        ({"scope": "openid"}, "invalid_request", 900144),
        ({"scope": ARM}, "invalid_scope", 1002012),
        ({"scope": f"{ARM}/.default {MODELS}/.default"}, "invalid_scope", 1002012),
        ({"scope": "https://elsewhere.example/.default"}, "invalid_resource", 500011),
        ({"resource": "https://elsewhere.example"}, "invalid_resource", 500011),
        ({"client_assertion": signed(60)}, "invalid_request", 700022),
        ({"client_assertion_type": ASSERTION, "client_assertion": "x"}, "invalid_request", 50027),
        ({"client_assertion_type": ASSERTION, "client_assertion": "x.y.z"}, "invalid_request", 50027),
        ({"client_assertion_type": ASSERTION, "client_assertion": signed(-1)}, "invalid_client", 700024),
    ],
)
def test_a_wrong_request_gets_entras_answer(tokens: Tokens, change: Any, error: str, code: int) -> None:
    with pytest.raises(Refused) as raised:
        tokens.grant(TENANT, {**ASKED, **change})
    body = raised.value.body(0.0)
    assert (body["error"], body["error_codes"]) == (error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert raised.value.status == (401 if error == "invalid_client" else 400)


@pytest.mark.parametrize("tenant", ["common", "organizations", "11111111-1111-4111-8111-111111111111", ""])
def test_another_tenant_gives_no_token(tokens: Tokens, tenant: str) -> None:
    with pytest.raises(Refused, match="not found"):
        tokens.grant(tenant, ASKED)


@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_a_key_that_cannot_be_used_is_one_clear_error(tmp_path: Any, content: bytes | None) -> None:
    file = tmp_path / "token-key.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StateError, match="cannot be used"):
        load(file, [HOME])
