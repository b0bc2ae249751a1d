"""Tokens for the sandbox's tenant: a token endpoint, the documents that lead to it, and the check of what it gave.

Any client id with any secret or assertion gets a token: the sandbox has no accounts of its own to protect. What a
token is for (its audience) and until when is checked as Azure does.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus

from modelform.errors import StateError
from modelform.record import dataclass
from modelform.sandbox.exchange import Json
from modelform.sandbox.identity import CLIENT, OBJECT, TENANT, principal_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

LIFE = 3600  # seconds that a token is good for
MANAGEMENT = ("https://management.azure.com", "https://management.core.windows.net")
MODELS = ("https://cognitiveservices.azure.com", "https://ai.azure.com", "https://ml.azure.com")
OTHERS = ("https://graph.microsoft.com", "https://vault.azure.net", "https://storage.azure.com")
ANY_TENANT = ("common", "organizations")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KNOWN = 4096  # tokens whose signature need not be checked again
LARGEST = 256 * 1024  # bytes of a token request


class Refused(Exception):
    """A token request that gets none: the status, OAuth's error and Entra's code and words."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.code, self.message = status, error, code, message

    def body(self, moment: float) -> Json:
        """The error as Entra answers it."""
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.message}",
            "error_codes": [self.code],
            "timestamp": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(moment)),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }


@dataclass(frozen=True, slots=True)
class Grant:
    """A token request that is granted: who asks, and for what."""

    client: str
    audience: str


class Tokens:
    """Gives and checks signed tokens; `own` are the addresses under which the sandbox's ARM is an audience itself."""

    def __init__(self, key: RSAPrivateKey, own: Iterable[str], *, clock: Callable[[], float] = time.time) -> None:
        self._key, self.clock = key, clock
        self._own = frozenset(one.rstrip("/").lower() for one in own)
        self._public = key.public_key()
        self._claims: dict[str, Json] = {}
        self.kid = _text(self._public.public_numbers().n.to_bytes(256, "big")[:15])

    # giving

    def grant(self, tenant: str, form: Mapping[str, str], authorization: str = "") -> Grant:
        """Checks a token request; raises `Refused`. `authorization` is the header, which may carry id and secret."""
        self._tenant(tenant, ())
        kind = form.get("grant_type")
        if not kind:
            raise _missing("grant_type")
        if kind != "client_credentials":
            said = f"The app requested an unsupported grant type '{kind}'."
            raise Refused(400, "unsupported_grant_type", 70003, said)
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.lower().startswith("basic "):
            client, secret = _basic(authorization)
        assertion = form.get("client_assertion", "")
        if assertion:
            client = self._asserted(form, assertion, client)
        if not client:
            raise _missing("client_id")
        if not secret and not assertion:
            said = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise Refused(401, "invalid_client", 7000218, said)
        return Grant(client, self._audience(form))

    def _asserted(self, form: Mapping[str, str], assertion: str, client: str) -> str:
        """The client of an assertion: a signed text of any issuer, whose signature nobody here could check."""
        if form.get("client_assertion_type") != ASSERTION:
            said = "The client assertion type is not supported."
            raise Refused(400, "invalid_request", 700022, said)
        parts = assertion.split(".")
        claims = _json(parts[1]) if len(parts) == 3 else None
        if claims is None:
            raise Refused(400, "invalid_request", 50027, "The JWT token is invalid or malformed.")
        ends = claims.get("exp")
        if not isinstance(ends, int | float) or ends < self.clock():
            said = "The client assertion is not within its valid time range."
            raise Refused(401, "invalid_client", 700024, said)
        return client or str(claims.get("sub") or "")

    def _audience(self, form: Mapping[str, str]) -> str:
        """What a token is for: the `resource` of the older endpoint, or the one `/.default` scope."""
        resource = form.get("resource", "")
        if not resource:
            scopes = [
                one for one in form.get("scope", "").split() if one not in ("openid", "profile", "offline_access")
            ]
            if not scopes:
                raise _missing("scope")
            if len(scopes) > 1 or not scopes[0].endswith("/.default"):
                said = (
                    f"The provided value for scope {form['scope']} is not valid: one '<resource>/.default' is expected."
                )
                raise Refused(400, "invalid_scope", 1002012, said)
            resource = scopes[0].removesuffix("/.default")
        folded = resource.rstrip("/").lower()
        if folded not in (*self._own, *MANAGEMENT, *MODELS, *OTHERS):
            said = f"The resource principal named {resource} was not found in the tenant named sandbox."
            raise Refused(400, "invalid_resource", 500011, said)
        return resource

    def token(self, grant: Grant, issuer: str) -> str:
        """A signed token."""
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        now = int(self.clock())
        person = OBJECT if grant.client == CLIENT else str(uuid.uuid5(uuid.NAMESPACE_OID, grant.client))
        claims = {
            "aud": grant.audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE,
            "appid": grant.client,
            "azp": grant.client,
            "idtyp": "app",
            "oid": person,
            "sub": person,
            "tid": TENANT,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        head = {"typ": "JWT", "alg": "RS256", "kid": self.kid}
        signed = f"{_text(_bytes(head))}.{_text(_bytes(claims))}"
        return f"{signed}.{_text(self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"

    # checking

    def manager(self, token: str) -> str | None:
        """The client id of a token for the control plane, or None."""
        return self._principal(token, (*self._own, *MANAGEMENT))

    def caller(self, token: str) -> str | None:
        """The client id of a token for the models, or None."""
        return self._principal(token, MODELS)

    def _principal(self, token: str, audiences: Sequence[str]) -> str | None:
        own = principal_of(token)  # what clients inside modelform send
        if own is not None:
            return own
        claims = self._claims.get(token) or self._verified(token)
        if claims is None or not claims["nbf"] <= self.clock() < claims["exp"]:
            return None
        return str(claims["appid"]) if str(claims["aud"]).rstrip("/").lower() in audiences else None

    def _verified(self, token: str) -> Json | None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        signed, _, signature = token.rpartition(".")
        head, _, body = signed.partition(".")
        try:
            self._public.verify(_raw(signature), signed.encode(), padding.PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return None
        if _json(head) != {"typ": "JWT", "alg": "RS256", "kid": self.kid}:
            return None
        claims = _json(body)
        if claims is not None:
            if len(self._claims) >= KNOWN:
                self._claims.clear()
            self._claims[token] = claims
        return claims

    # the documents that lead here

    def discovery(self, tenant: str, base: str) -> Json:
        """The OpenID configuration of a tenant; raises `Refused` for one that is not the sandbox's."""
        self._tenant(tenant, ANY_TENANT)
        home = f"{base}/{tenant}"
        return {
            "token_endpoint": f"{home}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
            "jwks_uri": f"{home}/discovery/v2.0/keys",
            "response_types_supported": ["token"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": ["openid", "profile", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": self.issuer(base),
            "authorization_endpoint": f"{home}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{home}/oauth2/v2.0/devicecode",
            "tenant_region_scope": None,
        }

    def instance(self, base: str) -> Json:
        """The instance discovery document, which names this address alone."""
        host = base.partition("//")[2]
        return {
            "tenant_discovery_endpoint": f"{base}/{TENANT}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }

    def keys(self) -> Json:
        """The key that tokens are signed with, as a JSON Web Key Set."""
        numbers = self._public.public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid}
        key |= {"n": _text(numbers.n.to_bytes(256, "big")), "e": _text(numbers.e.to_bytes(3, "big"))}
        return {"keys": [key]}

    @staticmethod
    def issuer(base: str) -> str:
        """Who gives the tokens."""
        return f"{base}/{TENANT}/v2.0"

    @staticmethod
    def _tenant(tenant: str, more: Sequence[str]) -> None:
        if tenant.lower() not in (TENANT, *more):
            said = f"Tenant '{tenant}' not found. The sandbox has one tenant: {TENANT}."
            raise Refused(400, "invalid_request", 90002, said)


def load(file: Path, own: Iterable[str], *, clock: Callable[[], float] = time.time) -> Tokens:
    """The tokens signed with the key in a file; raises `StateError` for a file that has none."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error)) from error
    if not isinstance(key, RSAPrivateKey) or key.key_size != 2048:
        raise _unusable(file, "it is no RSA key of 2048 bits")
    return Tokens(key, own, clock=clock)


def _unusable(file: Path, why: str) -> StateError:
    return StateError(
        f"the key {file} cannot be used: {why}",
        code="sandbox.certificates",
        hint=f"Remove the folder {file.parent}: new keys are made, and clients have to trust them anew.",
    )


def routes(tokens: Tokens) -> list[BaseRoute]:
    """The routes of the token endpoint and of the documents that lead to it."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def refused(refusal: Refused) -> JSONResponse:
        return JSONResponse(refusal.body(tokens.clock()), refusal.status, {"Cache-Control": "no-store"})

    async def token(request: Request) -> Response:
        base = base_of(request)
        content = bytearray()
        async for part in request.stream():
            content += part
            if len(content) > LARGEST:
                return refused(Refused(413, "invalid_request", 90014, "The request is too large."))
        form = dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            grant = tokens.grant(request.path_params["tenant"], form, request.headers.get("authorization", ""))
        except Refused as refusal:
            return refused(refusal)
        text = await run_in_threadpool(tokens.token, grant, tokens.issuer(base))
        body: Json = {"token_type": "Bearer", "expires_in": LIFE - 1, "ext_expires_in": LIFE - 1, "access_token": text}
        if "resource" in form:  # the older endpoint counts in texts, and in moments
            now = int(tokens.clock())
            body |= {name: str(body[name]) for name in ("expires_in", "ext_expires_in")}
            body |= {"expires_on": str(now + LIFE - 1), "not_before": str(now), "resource": grant.audience}
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def discovery(request: Request) -> Response:
        try:
            return JSONResponse(tokens.discovery(request.path_params["tenant"], base_of(request)))
        except Refused as refusal:
            return refused(refusal)

    async def instance(request: Request) -> Response:
        return JSONResponse(tokens.instance(base_of(request)))

    async def keys(request: Request) -> Response:
        return JSONResponse(tokens.keys())

    return [
        *(Route(f"/{{tenant}}/oauth2{v}/token", token, methods=["POST"]) for v in ("/v2.0", "")),
        *(Route(f"/{{tenant}}{v}/.well-known/openid-configuration", discovery) for v in ("/v2.0", "")),
        *(Route(f"/{{tenant}}/discovery{v}/keys", keys) for v in ("/v2.0", "")),
        Route("/{tenant}/discovery/instance", instance),
    ]


def base_of(request: Request) -> str:
    """The address that a client asked, as it wrote it."""
    return f"https://{request.headers.get('host') or request.url.netloc}"


def _missing(name: str) -> Refused:
    said = f"The request body must contain the following parameter: '{name}'."
    return Refused(400, "invalid_request", 900144, said)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        pair = base64.b64decode(authorization.partition(" ")[2], validate=True).decode()
    except ValueError as error:
        raise Refused(401, "invalid_client", 7000218, "The Authorization header cannot be read.") from error
    client, _, secret = pair.partition(":")
    return unquote_plus(client), unquote_plus(secret)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


def _json(part: str) -> Json | None:
    """The JSON object of a token's part, or None if it is none."""
    try:
        value = json.loads(_raw(part))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
