"""ARM's refusals: error bodies of every shape as one exception, without secrets, and with what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from modelform.azure.advice import advice_for
from modelform.errors import AccessError, ProviderError
from modelform.record import dataclass

_SECRETS = re.compile(
    r"\bBearer\s+[\w.~+/=-]+"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]+){1,2}"
    r"|(?<=[?&;\s\"'])((?:sig|code|client_secret|AccountKey|SharedAccessKey|InstrumentationKey|api[-_]?key)=)[^&;\s\"']+",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^>]*>")
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error body says; `details` are (code, message) of the errors inside it."""

    code: str = ""
    message: str = ""
    target: str = ""
    details: tuple[tuple[str, str], ...] = ()


class ArmError(ProviderError):
    """ARM refused a request, or an operation failed: status, ARM's code and message, and the id to give to support.

    `status` is 0 where there was no answer. `operation` says what was asked for: method and path.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        request_id: str = "",
        target: str = "",
        details: tuple[tuple[str, str], ...] = (),
        *,
        operation: str = "",
        retry_after: float | None = None,
        reasons: tuple[str, ...] = (),
        partial: tuple[str, dict[str, object], dict[str, object]] | None = None,
    ) -> None:
        self.status, self.code, self.message, self.request_id = status, code, message, request_id
        self.target, self.details, self.operation, self.retry_after = target, details, operation, retry_after
        advice = advice_for(status, code, message)
        super().__init__(
            f"{code}: {message}" if code else message,
            code=advice.diagnostic,
            detail=self._detail(),
            hint=advice.hint,
            reasons=reasons,
            partial=partial,
        )

    def _detail(self) -> str:
        lines = [f"{code}: {message}" if code else message for code, message in self.details]
        answered = f"{self.operation} was answered {self.status}" if self.status else self.operation
        lines.append(
            "; ".join(part for part in (answered, self.request_id and f"request id {self.request_id}") if part)
        )
        return "\n  ".join(line for line in lines if line)

    @property
    def missing(self) -> bool:
        """Is what was asked for not there? Where the subscription is not found, nothing is known of it."""
        return self.status == 404 and self.code not in ("SubscriptionNotFound", "InvalidSubscriptionId")

    @property
    def accepted(self) -> bool:
        """Was the write itself accepted, or is it unknown, so that something may be there that shows late?"""
        is_later = 200 <= self.status < 300 or self.operation.startswith("GET ")
        return is_later or self.code in ("Unreachable", "Dropped", "TimedOut")

    @property
    def uncertain(self) -> bool:
        """May what was asked for have happened all the same? There was no answer, or none that says."""
        return self.code in ("Unreachable", "Dropped", "TimedOut") or self.status >= 500 or self.status == 408

    def with_partial(self, partial: tuple[str, dict[str, object], dict[str, object]]) -> ArmError:
        """The same error of a resource that exists all the same."""
        return type(self)(
            self.status,
            self.code,
            self.message,
            self.request_id,
            self.target,
            self.details,
            operation=self.operation,
            retry_after=self.retry_after,
            reasons=(f"{self.code}: {self.message}" if self.code else self.message,),
            partial=partial,
        )


class ArmAccessError(ArmError, AccessError):
    """ARM does not know us, or does not let us."""


def arm_error(status: int, code: str, message: str, **more: Any) -> ArmError:
    """The right exception for what ARM says: access is a class of its own, since it has an exit code of its own."""
    access = advice_for(status, code, message).diagnostic.startswith("access.")
    return (ArmAccessError if access else ArmError)(status, code, message, **more)


def read_refusal(body: str, status: int, reason: str = "") -> Refusal:
    """Reads an error body: `{"error": {…}}`, a flat `{"code", "message"}`, an operation with an error, ML's UserError
    with its inner error, text, HTML, or nothing at all."""
    value = _json(body)
    if isinstance(value, dict):
        inner = value.get("error")
        if isinstance(value.get("Error"), dict):  # the price list's shape
            inner = {name[:1].lower() + name[1:]: said for name, said in value["Error"].items()}
        if not isinstance(inner, dict):
            inner = value if "message" in value or "code" in value else {}
            if isinstance(value.get("error"), str):  # OAuth's shape
                inner = {"code": value["error"], "message": value.get("error_description", "")}
        found = _refusal(inner)
        if found.code or found.message:
            return Refusal(found.code, found.message or f"status {status}", found.target, found.details)
    text = " ".join(_TAGS.sub(" ", body).split()) if value is None else ""
    return Refusal("", text[:300] or f"ARM answered {status} {reason}".strip())


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _refusal(error: dict[str, Any]) -> Refusal:
    code, message = _text(error.get("code")), _text(error.get("message"))
    nested = _json(message) if message.lstrip().startswith("{") else None
    if isinstance(nested, dict):  # some providers hand on another service's body as text
        below = read_refusal(message, 0)
        code, message = below.code or code, below.message or message
    details = [
        (_text(item.get("code")), _text(item.get("message")))
        for item in error.get("details") or []
        if isinstance(item, dict) and (item.get("message") or item.get("code"))
    ]
    inner = error.get("innererror") or error.get("innerError")
    if isinstance(inner, dict) and (inner.get("message") or inner.get("code")) and inner.get("code") != code:
        details.append((_text(inner.get("code")), _text(inner.get("message"))))
    details = [item for item in details if item != (code, message)]
    return Refusal(code, message, _text(error.get("target")), tuple(details))


def _text(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without tokens, signatures, keys, and the given secrets; at most 2,000 characters of it."""
    for secret in sorted((s for s in secrets if len(s) > 3), key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return _SECRETS.sub(lambda match: f"{match.group(1) or ''}[secret]", text)[:_LONGEST]
