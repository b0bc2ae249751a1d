"""Stacks to work on: a folder, one passphrase whose key is derived once a run, and snapshots with what states have."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modelform.state import Environment, Folder, Manifest, Passphrase, Resource, Snapshot
from modelform.values import Secret

PHRASE = "correct horse"
STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:rec::default"


@pytest.fixture(scope="session")
def salt() -> str:
    """A state text made from the published format alone, without the code under test."""
    raw = b"8 bytes!"
    key = hashlib.pbkdf2_hmac("sha256", PHRASE.encode(), raw, 1_000_000, 32)
    nonce = os.urandom(12)
    proof = AESGCM(key).encrypt(nonce, b"pulumi", None)
    b64 = [base64.b64encode(part).decode() for part in (raw, nonce, proof)]
    return f"v1:{b64[0]}:v1:{b64[1]}:{b64[2]}"


@pytest.fixture
def crypter(salt: str) -> Passphrase:
    """The right passphrase."""
    return Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": PHRASE}), salt)


@pytest.fixture
def wrong(salt: str) -> Passphrase:
    """Another passphrase for the same salt."""
    return Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": "battery staple"}), salt)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder without anything in it."""
    return Folder(tmp_path / "state")


@pytest.fixture
def thing() -> Callable[..., Resource]:
    """Makes a custom resource of the stack."""

    def make(name: str, **fields: Any) -> Resource:
        given: dict[str, Any] = {
            "urn": f"urn:pulumi:dev::shop::rec:index:Thing::{name}",
            "type": "rec:index:Thing",
            "custom": True,
            "id": f"{name}/0",
            "parent": STACK,
            "provider": f"{PROVIDER}::a-provider",
        }
        return Resource(**(given | fields))

    return make


@pytest.fixture
def snapshot(thing: Callable[..., Resource]) -> Snapshot:
    """A stack, a provider, and two things of which one needs the other and has a secret."""
    first = thing("first", inputs={"size": 3}, outputs={"size": 3, "key": Secret("s3cret-word")})
    second = thing(
        "second",
        inputs={"of": "first/0"},
        dependencies=(first.urn,),
        property_dependencies={"of": (first.urn,), "empty": ()},
    )
    return Snapshot(
        manifest=Manifest("2026-11-22T00:00:00Z", "v3.260.0"),
        resources=[
            Resource(STACK, "pulumi:pulumi:Stack", outputs={"size": 3}),
            Resource(PROVIDER, "pulumi:providers:rec", custom=True, id="a-provider", inputs={"version": "1"}),
            first,
            second,
        ],
    )
