"""Secrets as Pulumi's passphrase provider has them, and where a passphrase comes from."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from modelform.errors import StateError
from modelform.state import Environment, KeptFile, Passphrase

PHRASE = "correct horse"


def test_the_published_form_is_understood(crypter: Passphrase) -> None:
    key = hashlib.pbkdf2_hmac("sha256", PHRASE.encode(), b"8 bytes!", 1_000_000, 32)
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, '"wörd"'.encode(), None)
    assert crypter.decrypt(f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}") == '"wörd"'


def test_what_is_encrypted_is_decrypted_and_never_looks_the_same(crypter: Passphrase) -> None:
    one, other = crypter.encrypt("hunter2"), crypter.encrypt("hunter2")
    assert one != other
    assert crypter.decrypt(one) == crypter.decrypt(other) == "hunter2"
    assert "hunter2" not in one


def test_a_wrong_passphrase_is_known_before_anything_else(wrong: Passphrase, crypter: Passphrase) -> None:
    for attempt in (wrong.verify, lambda: wrong.decrypt(crypter.encrypt("x")), lambda: wrong.encrypt("x")):
        with pytest.raises(StateError, match="incorrect passphrase") as caught:
            attempt()
        assert caught.value.diagnostics[0].code == "state.passphrase"
        assert "PULUMI_CONFIG_PASSPHRASE" in caught.value.diagnostics[0].detail
        assert "battery" not in str(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    "damaged", ["", "v1:AAAA", "v2:AAAA:AAAA", "v1:AAAA:AAAA", "v1:!:!", "v1:AAAAAAAAAAAAAAAA:AAAA"]
)
def test_a_damaged_ciphertext_is_an_error_of_its_own(crypter: Passphrase, damaged: str) -> None:
    with pytest.raises(StateError, match="damaged") as caught:
        crypter.decrypt(damaged)
    assert "stack import" in caught.value.diagnostics[0].hint


@pytest.mark.parametrize("state", ["v1", "v1:%%%:v1:a:b", "v3:AAAA:v1:a:b", "v1:AAAA"])
def test_a_damaged_salt_is_an_error_of_its_own(state: str) -> None:
    with pytest.raises(StateError, match="encryptionsalt") as caught:
        Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": "x"}), state).verify()
    assert "stack import" in caught.value.diagnostics[0].hint


def test_the_first_secret_makes_the_salt_and_tells_of_it() -> None:
    told: list[str] = []
    source = Environment({"PULUMI_CONFIG_PASSPHRASE": PHRASE})
    crypter = Passphrase(source, on_new=told.append)
    assert (crypter.state, crypter.provider) == ("", None)
    sealed = crypter.encrypt("hunter2")
    assert told == [crypter.state]
    assert crypter.provider is not None
    assert crypter.provider.salt == crypter.state
    again = Passphrase(source, crypter.state)
    again.verify()
    assert again.decrypt(sealed) == "hunter2"


def test_a_salt_that_cannot_be_recorded_is_never_used() -> None:
    def refuse(state: str) -> None:
        raise StateError("the disk is full")

    crypter = Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": PHRASE}), on_new=refuse)
    with pytest.raises(StateError, match="full"):
        crypter.encrypt("x")
    assert crypter.state == ""


def test_a_passphrase_is_asked_for_only_when_there_is_a_secret(crypter: Passphrase, salt: str) -> None:
    nobody = Passphrase(Environment({}))
    nobody.verify()
    nobody.warm()
    with pytest.raises(StateError, match="no passphrase to encrypt") as caught:
        nobody.encrypt("x")
    assert "PULUMI_CONFIG_PASSPHRASE" in caught.value.diagnostics[0].hint
    nobody.at(salt).verify()
    with pytest.raises(StateError, match="no passphrase is given"):
        nobody.at(salt).decrypt(crypter.encrypt("x"))


def test_warming_derives_the_key_that_is_then_used(crypter: Passphrase) -> None:
    crypter.warm()
    assert crypter.decrypt(crypter.encrypt("x")) == "x"


def test_the_variables_in_pulumis_order(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text("  from the file\n")
    both = {"PULUMI_CONFIG_PASSPHRASE": "", "PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    assert Environment(both).candidates() == [""]
    assert Environment({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}).candidates() == ["from the file"]
    assert Environment({}).candidates() == []


@pytest.mark.parametrize("content", [None, b"", b"\xff"], ids=["missing", "empty", "no text"])
def test_a_passphrase_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "pass"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StateError, match=str(file)):
        Environment({"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}).candidates()


def test_the_sandboxs_passphrase_is_made_at_the_first_need_and_kept(tmp_path: Path) -> None:
    path = tmp_path / ".modelform" / "passphrase"
    assert KeptFile(path).candidates() == []
    assert not path.exists()
    first = KeptFile(path).new()
    assert len(first) > 30
    assert KeptFile(path).new() == first
    assert KeptFile(path).candidates() == [first]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert sorted(file.name for file in path.parent.iterdir()) == [".gitignore", "passphrase"]


def test_the_sandbox_also_opens_what_the_cli_made_with_the_users_passphrase(tmp_path: Path, salt: str) -> None:
    source = KeptFile(tmp_path / "passphrase", {"PULUMI_CONFIG_PASSPHRASE": PHRASE})
    source.new()
    Passphrase(source, salt).verify()


def test_many_processes_that_make_one_at_once_get_the_same(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from modelform.state.passphrases import KeptFile\n"
    program += "print(KeptFile(Path(sys.argv[1])).new())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "passphrase")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
