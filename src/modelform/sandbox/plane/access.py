"""Who may call: keys as the control plane lists them, Entra tokens, keys disabled, networks that keep callers out."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping

from modelform.sandbox.plane import denial
from modelform.sandbox.store import Resource

Authenticate = Callable[[str], str | None]
KEY_HEADERS = ("api-key", "ocp-apim-subscription-key")


def account(resource: Resource, headers: Mapping[str, str], authenticate: Authenticate) -> None:
    """Lets a caller of an account in, or raises `Denial`.

    A key may come in a header of its own or, as OpenAI's clients send it, as a bearer token.
    """
    _reachable(resource)
    keys = [str(resource.secrets[name]) for name in ("key1", "key2") if name in resource.secrets]
    disabled = bool(resource.properties.get("disableLocalAuth"))
    sent = next((headers[name] for name in KEY_HEADERS if headers.get(name)), "")
    token = _bearer(headers)
    if sent:
        if disabled:
            raise denial.keys_disabled()
        if not _among(sent, keys):
            raise denial.bad_key()
        return
    if token and _among(token, keys):
        if disabled:
            raise denial.keys_disabled()
        return
    if not token or authenticate(token) is None:
        raise denial.BadToken()


def endpoint(resource: Resource, headers: Mapping[str, str], authenticate: Authenticate) -> None:
    """Lets a caller of a serverless endpoint in, by what its `authMode` takes, or raises `Denial`."""
    mode = str(resource.properties.get("authMode"))
    sent = next((headers[name] for name in KEY_HEADERS if headers.get(name)), "") or _bearer(headers)
    if not sent:
        raise denial.BadToken("https://ml.azure.com")
    keys = [str(resource.secrets[name]) for name in ("primaryKey", "secondaryKey") if name in resource.secrets]
    is_key = _among(sent, keys)
    if is_key and "Key" in mode:
        return
    if is_key:
        raise denial.keys_disabled()
    token = _bearer(headers)
    if "AAD" in mode and token and authenticate(token) is not None:
        return
    raise denial.BadToken("https://ml.azure.com") if mode == "AAD" else denial.bad_key()


def _reachable(resource: Resource) -> None:
    """Nobody calls the sandbox through a private endpoint or from a listed address."""
    if resource.properties.get("publicNetworkAccess") == "Disabled":
        raise denial.closed()
    if (resource.properties.get("networkAcls") or {}).get("defaultAction") == "Deny":
        raise denial.filtered_out()


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _among(sent: str, keys: Iterable[str]) -> bool:
    return any([hmac.compare_digest(sent.encode(), key.encode()) for key in keys])  # noqa: C419, every key is compared
