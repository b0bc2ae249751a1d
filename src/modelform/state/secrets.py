"""Secrets as Pulumi's passphrase provider keeps them: a key from a passphrase and a salt, AES-256-GCM with it.

The key costs about half a second of computing on purpose (PBKDF2, a million rounds). It is derived once a process,
only when a secret or a write needs it; `warm` starts that early, beside other work.
"""

from __future__ import annotations

import base64
import binascii
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future

from modelform.errors import StateError
from modelform.state import faults
from modelform.state.model import SecretsProvider
from modelform.state.passphrases import Source

ROUNDS = 1_000_000
_VERSION = "v1"
_PROOF = "pulumi"
_SALT_BYTES = 8
_NONCE_BYTES = 12


class Passphrase:
    """Encrypts and decrypts the secrets of one state, in the form `v1:NONCE:CIPHERTEXT`.

    `state` is the text that a state file has under `secrets_providers.state.salt`: the salt, and a proof by which a
    wrong passphrase is known. With no `state`, the first `encrypt` makes one and tells `on_new` of it, before
    anything that was encrypted with it can be written.
    """

    type = "passphrase"

    def __init__(self, source: Source, state: str = "", on_new: Callable[[str], None] | None = None) -> None:
        self._source = source
        self._state = state
        self._on_new = on_new
        self._key: bytes | None = None
        self._lock = threading.Lock()
        self._others: dict[str, Passphrase] = {}

    @property
    def state(self) -> str:
        """The salt with its proof; empty as long as nothing was encrypted."""
        return self._state

    @property
    def provider(self) -> SecretsProvider | None:
        """What a state says of its secrets; None as long as nothing was encrypted or decrypted with this."""
        return SecretsProvider(self.type, {"salt": self._state}) if self._state and self._key else None

    def at(self, state: str) -> Passphrase:
        """The same passphrases for the salt of an existing state; always the same object for the same salt."""
        if state == self._state or not state:
            return self
        with self._lock:
            return self._others.setdefault(state, Passphrase(self._source, state))

    def encrypt(self, text: str) -> str:
        """The ciphertext of a text."""
        return _seal(self._open(make=True), text)

    def decrypt(self, ciphertext: str) -> str:
        """The text of a ciphertext; `StateError` for a wrong passphrase or a damaged ciphertext."""
        return _unseal(self._open(), ciphertext)

    def verify(self) -> None:
        """Makes sure that the passphrase is the state's, before a write; nothing to do where there is no salt yet.

        Without any passphrase it passes: then nothing can be encrypted or decrypted either.
        """
        if self._state and self._key is None and self._source.candidates():
            self._open()

    def warm(self) -> None:
        """Starts deriving the key in the background, if there are a salt and a passphrase to do it with."""
        if self._state and self._key is None:
            salt, _ = _parse(self._state)
            for phrase in self._source.candidates()[:1]:
                _KEYS.start(phrase, salt)

    def _open(self, make: bool = False) -> bytes:
        with self._lock:
            if self._key is None:
                if self._state:
                    self._key = self._matching_key()
                elif make:
                    self._key = self._new_key()
                else:
                    raise StateError(
                        "the state has a secret, but does not say how it is encrypted",
                        code="state.corrupt",
                        hint=faults.WAY_OUT,
                    )
            return self._key

    def _matching_key(self) -> bytes:
        salt, proof = _parse(self._state)
        candidates = self._source.candidates()
        if not candidates:
            raise StateError(
                "this stack has secrets, and no passphrase is given",
                code="state.passphrase",
                hint="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase",
            )
        for phrase in candidates:
            key = _KEYS.get(phrase, salt)
            if _proves(key, proof):
                return key
        raise StateError(
            "incorrect passphrase",
            code="state.passphrase",
            detail=f"The passphrase from {self._source.describe()} is not the one that this state was encrypted with. "
            "Nothing was changed.",
            hint="set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's own passphrase",
        )

    def _new_key(self) -> bytes:
        salt = os.urandom(_SALT_BYTES)
        key = _KEYS.get(self._source.new(), salt)
        state = f"{_VERSION}:{base64.b64encode(salt).decode()}:{_seal(key, _PROOF)}"
        if self._on_new is not None:
            self._on_new(state)
        self._state = state
        return key


class _Keys:
    """Keys by passphrase and salt, each derived once, in a thread of its own (computing it holds no lock)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, bytes], Future[bytes]] = {}

    def start(self, phrase: str, salt: bytes) -> Future[bytes]:
        """The key to come."""
        with self._lock:
            future = self._found.get((phrase, salt))
            if future is None:
                future = self._found[(phrase, salt)] = Future()
                threading.Thread(target=_derive, args=(future, phrase, salt), daemon=True).start()
        return future

    def get(self, phrase: str, salt: bytes) -> bytes:
        """The key."""
        return self.start(phrase, salt).result()


_KEYS = _Keys()


def _derive(future: Future[bytes], phrase: str, salt: bytes) -> None:
    # Not hashlib: the OpenSSL that Python was built with may take twice as long (1.5 s to 0.7 s on a slow machine).
    try:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

        future.set_result(PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(phrase.encode()))
    except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits for the key
        future.set_exception(error)


def _parse(state: str) -> tuple[bytes, str]:
    version, _, rest = state.partition(":")
    salt, _, proof = rest.partition(":")
    try:
        if version == _VERSION and proof:
            return base64.b64decode(salt, validate=True), proof
    except binascii.Error:
        pass
    raise StateError(
        "the salt of the state's secrets (`encryptionsalt`) is damaged", code="state.corrupt", hint=faults.WAY_OUT
    )


def _proves(key: bytes, proof: str) -> bool:
    try:
        return _unseal(key, proof) == _PROOF
    except StateError:
        return False


def _seal(key: bytes, text: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), None)
    return f"{_VERSION}:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _unseal(key: bytes, ciphertext: str) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        version, nonce, sealed = ciphertext.split(":")
        if version != _VERSION:
            raise ValueError(version)
        opened = AESGCM(key).decrypt(
            base64.b64decode(nonce, validate=True), base64.b64decode(sealed, validate=True), None
        )
        return opened.decode()
    except (ValueError, InvalidTag) as error:
        raise StateError(
            "a secret in the state cannot be decrypted: its ciphertext is damaged, or of another key",
            code="state.corrupt",
            hint=faults.WAY_OUT,
        ) from error
