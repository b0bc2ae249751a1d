"""Fingerprints of values: equal values have equal ones, and nobody learns a secret from them.

A plain digest of a short secret gives it away to whoever tries all short texts, salted or not. So there are two kinds
of seal. With the stack's passphrase, a seal's key is random and encrypted with it: secrets take part in fingerprints,
and only who has the passphrase can make or check one. Without a passphrase the key stands in the clear, and what may
be secret takes no part.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from dataclasses import field
from typing import Any

from modelform.errors import StalePlanError, StateError
from modelform.record import dataclass
from modelform.state.passphrases import Source
from modelform.state.secrets import Passphrase
from modelform.values import UNKNOWN, Reference, Secret

_KEY_BYTES = 32
# No property has such a name, so that no value of a program looks like a mark.
_MARK = "\0mark"


@dataclass(frozen=True, slots=True)
class Seal:
    """A key for fingerprints; `salt` is that of the passphrase that it is encrypted with, empty where there is none."""

    key: bytes = field(repr=False)
    salt: str = ""
    text: str = field(default="", repr=False)

    @property
    def closed(self) -> bool:
        """Is the key encrypted, so that secrets may take part?"""
        return bool(self.salt)

    def of(self, value: Any) -> str:
        """The fingerprint of a value with its marks."""
        return self._digest("value", encode(self._plain(value)))

    def of_secret(self, value: Any) -> str:
        """The fingerprint of something that may be secret; empty where none can be given."""
        return self._digest("secret", encode(self._plain(value))) if self.closed else ""

    def proof(self, content: bytes) -> str:
        """What proves that a content is as it was made, where the seal is closed to whoever might change it."""
        return self._digest("proof", content)

    def proves(self, content: bytes, proof: str) -> bool:
        """Is the proof that of this content?"""
        return hmac.compare_digest(self.proof(content).encode(), proof.encode())

    def _digest(self, kind: str, content: bytes) -> str:
        return hmac.new(self.key, kind.encode() + b"\0" + content, hashlib.sha256).hexdigest()

    def _plain(self, value: Any) -> Any:
        """The value as JSON has it, marks as maps of their own; a secret as its fingerprint, or as nothing."""
        if isinstance(value, dict):
            return {key: self._plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]
        if isinstance(value, Secret):
            return {_MARK: "secret", "value": self.of_secret(value.value)}
        if value is UNKNOWN:
            return {_MARK: "unknown"}
        if isinstance(value, Reference):
            return {_MARK: "reference", "urn": value.urn, "id": self._plain(value.id)}
        # Numbers are doubles on Pulumi's wire: 1.0 and 1 are one.
        return int(value) if isinstance(value, float) and value.is_integer() else value


def new_seal(source: Source, salt: str = "") -> Seal:
    """A new seal: closed where there is a passphrase. `salt` is that of the stack's state, if it has one.

    Raises `StateError` where the passphrase is not the one of that salt.
    """
    key = os.urandom(_KEY_BYTES)
    given = _Given(source)
    if not given.candidates():
        return Seal(key, text=base64.b64encode(key).decode())
    crypter = Passphrase(given, salt)
    text = crypter.encrypt(base64.b64encode(key).decode())
    return Seal(key, crypter.state, text)


def open_seal(salt: str, text: str, source: Source) -> Seal:
    """The seal that was written as `salt` and `text`.

    Raises `StateError` where the passphrase that it needs is missing or wrong, and `StalePlanError` where it was made
    without the passphrase that is given now: who could change such a seal could make another.
    """
    given = _Given(source)
    if not salt:
        if given.candidates():
            raise StalePlanError(
                "the plan was made without the stack's passphrase, and now there is one",
                code="plan.unsealed",
                detail=f"It comes from {source.describe()}. Without it a plan proves nothing of secrets.",
                hint="give it to the `preview --out` too",
            )
        return Seal(_decoded(text), text=text)
    if not given.candidates():
        raise StateError(
            "the plan was sealed with the stack's passphrase, and none is given",
            code="plan.passphrase",
            hint="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to what it was for `preview --out`",
        )
    try:
        return Seal(_decoded(Passphrase(given, salt).decrypt(text)), salt, text)
    except StateError as error:
        raise StateError(
            f"the passphrase from {source.describe()} does not open the plan",
            code="plan.passphrase",
            detail=f"{error} Nothing was changed.",
            hint="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to what it was for `preview --out`",
        ) from error


def encode(value: Any) -> bytes:
    """The one way to write a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
        "utf-8", "surrogatepass"
    )


def digest(content: bytes) -> str:
    """The SHA-256 of what is no secret."""
    return hashlib.sha256(content).hexdigest()


class _Given:
    """The passphrases that are there already: none is made up for a plan, and an empty one protects nothing."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def candidates(self) -> list[str]:
        """Those that are not empty."""
        return [phrase for phrase in self._source.candidates() if phrase]

    def new(self) -> str:
        """The likeliest."""
        return self.candidates()[0]

    def describe(self) -> str:
        """Where they come from."""
        return self._source.describe()


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StateError("its key is damaged.", code="plan.damaged") from error
    if len(key) != _KEY_BYTES:
        raise StateError("its key is damaged.", code="plan.damaged")
    return key
