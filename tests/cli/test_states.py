"""A state that cannot be worked on: every command says why before anything is touched, and what the way out is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelform.state import Folder, Passphrase
from modelform.state.passphrases import KeptFile
from modelform.values import Secret

pytestmark = pytest.mark.slow
COMMANDS = (["preview"], ["up", "-y"], ["refresh", "-y"], ["destroy", "-y"], ["outputs"])


class Stack:
    """A stack that was brought up on the sandbox, its files, and the command line."""

    def __init__(self, modelform: Any) -> None:
        modelform.real_driver = True
        self.modelform = modelform
        self.kept: Path = modelform.folder / ".modelform"
        assert modelform("up", "-y").code == 0
        self.states = self.kept / "sandbox" / "state" / ".pulumi"
        self.file = self.states / "stacks" / "modelform" / "dev.json"
        self.good = self.file.read_bytes()

    def touched(self) -> Any:
        """Everything that a command could have written to: the states, the locks, the sandbox's resources."""
        files = {path: path.read_bytes() for path in self.states.rglob("*") if path.is_file()}
        return files, self.modelform("sandbox", "status").out

    def refuse(self, code: str, *said: str, exit_code: int = 1) -> None:
        """Each command says this, and has changed nothing."""
        before = self.touched()
        for command in COMMANDS:
            ran = self.modelform(*command)
            text = " ".join(ran.err.split())
            assert (ran.code, text.count("error:")) == (exit_code, 1), (command, ran.err)
            for word in (code, *said):
                assert word in text, command
            assert ran.driver is None
        assert self.touched() == before

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        document = json.loads(self.good)
        change(document)
        self.file.write_text(json.dumps(document))

    def works_again(self) -> None:
        ran = self.modelform("up", "-y", "--json")
        assert ran.code == 0, ran.err
        summary = ran.document["summary"]
        assert summary["same"] > 0
        assert sum(summary.values()) == summary["same"]


@pytest.fixture
def stack(modelform: Any) -> Stack:
    return Stack(modelform)


def latest(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["checkpoint"]["latest"]
    return found


@pytest.mark.parametrize(
    "content",
    [
        lambda good: b"",
        lambda good: good[: len(good) // 2],
        lambda good: good[:-1] + b",}",
        lambda good: b"\x00" * len(good),
        lambda good: b"[]",
        lambda good: b'{"version": 3}',
    ],
    ids=["empty", "cut", "hand-edited", "zeros", "a-list", "no-checkpoint"],
)
def test_a_file_that_is_no_state(content: Callable[[bytes], bytes], stack: Stack) -> None:
    stack.file.write_bytes(content(stack.good))
    stack.refuse("state.corrupt", "dev.json", "stack import")
    backup = stack.file.with_name("dev.json.bak")
    assert json.loads(backup.read_bytes())
    stack.file.write_bytes(stack.good)
    stack.works_again()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda d: latest(d)["resources"].pop(0), "state.integrity", "dev.json"),
        (lambda d: latest(d)["resources"].append(latest(d)["resources"][-1]), "state.integrity", "twice"),
        (lambda d: latest(d)["resources"].reverse(), "state.integrity", "dev.json"),
        (lambda d: latest(d)["resources"][1].pop("urn"), "state.", "dev.json"),
        (lambda d: d.update(version=5), "state.unsupported", "Pulumi CLI"),
        (lambda d: d.update(version=2), "state.unsupported", "version 2"),
        (lambda d: d.update(version=4, features=["views"]), "state.unsupported", "views"),
        (
            lambda d: latest(d).update(secrets_providers={"type": "service", "state": {"url": "https://x"}}),
            "state.unsupported",
            "service",
        ),
        (
            lambda d: latest(d).update(secrets_providers={"type": "cloud", "state": {"url": "azurekeyvault://v/k"}}),
            "state.unsupported",
            "cloud",
        ),
    ],
    ids=["hole", "twice", "reversed", "no-urn", "newer", "older", "feature", "service", "key-vault"],
)
def test_a_state_that_breaks_a_rule_or_needs_the_cli(
    change: Callable[[dict[str, Any]], Any], code: str, said: str, stack: Stack
) -> None:
    stack.edit(change)
    stack.refuse(code, said)
    stack.file.write_bytes(stack.good)
    stack.works_again()


def test_a_state_of_another_stack(stack: Stack) -> None:
    stack.file.write_bytes(stack.good.replace(b"urn:pulumi:dev::", b"urn:pulumi:prod::"))
    stack.refuse("state.other-stack", "prod")


def test_a_compressed_state(stack: Stack) -> None:
    stack.file.with_name("dev.json.gz").write_bytes(gzip.compress(stack.good))
    stack.file.unlink()
    stack.refuse("state.unsupported", "gzip")


def test_a_wrong_passphrase(stack: Stack) -> None:
    """Nothing can be written with it, not even by an operation that has no secret of its own."""
    passphrase = stack.kept / "passphrase"
    folder, crypter = Folder(stack.kept / "sandbox" / "state"), Passphrase(KeptFile(passphrase, {}))
    snapshot = folder.load("modelform", "dev", crypter)
    snapshot.resources[0] = snapshot.resources[0].with_(outputs={"word": Secret("hidden")})
    folder.save("modelform", "dev", snapshot, crypter)
    assert b"hidden" not in stack.file.read_bytes()
    right = passphrase.read_text()
    passphrase.write_text("another one")
    stack.refuse("state.passphrase", "incorrect passphrase")
    passphrase.unlink()
    stack.refuse("state.passphrase")
    assert not passphrase.exists()
    passphrase.write_text(right)
    ran = stack.modelform("outputs", "--show-secrets")
    assert (ran.code, "hidden" in ran.out) == (0, True)


def test_a_wrong_passphrase_of_a_state_without_secrets(stack: Stack) -> None:
    """It is known before anything is begun or written, and before anybody is asked; a preview needs none."""
    passphrase = stack.kept / "passphrase"
    folder, crypter = Folder(stack.kept / "sandbox" / "state"), Passphrase(KeptFile(passphrase, {}))
    crypter.encrypt("a word")  # which makes the salt
    snapshot = folder.load("modelform", "dev", crypter)
    folder.save("modelform", "dev", replace(snapshot, secrets_providers=crypter.provider), crypter)
    assert b"ciphertext" not in stack.file.read_bytes()
    passphrase.write_text("another one")
    before = stack.touched()
    assert stack.modelform("preview").code == 0
    for command in ("up", "destroy", "refresh"):
        ran = stack.modelform(command, "-y")
        assert ran.code == 1
        assert ran.err.startswith("error: incorrect passphrase [state.passphrase]"), ran.err
        assert stack.touched() == before


def test_a_foreign_lock(stack: Stack) -> None:
    lock = stack.states / "locks" / "organization" / "modelform" / "dev" / "5f9b3c1e.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    owner = {"pid": 1, "username": "ada", "hostname": "elsewhere", "timestamp": "2026-11-22T00:00:00Z"}
    lock.write_text(json.dumps(owner))
    before = stack.touched()
    for command in (["up", "-y"], ["refresh", "-y"], ["destroy", "-y"]):
        ran = stack.modelform(*command)
        text = " ".join(ran.err.split())
        assert ran.code == 6
        for word in ("state.locked", "ada@elsewhere", "stack unlock"):
            assert word in text
    assert stack.modelform("preview").code == 0
    assert stack.touched() == before
    assert stack.modelform("stack", "unlock", "-y").code == 0
    assert not lock.exists()
    stack.works_again()


def test_the_way_out_of_a_broken_state_is_the_one_before(stack: Stack) -> None:
    stack.works_again()
    stack.file.write_bytes(stack.good[:100])
    stack.refuse("state.corrupt")
    ran = stack.modelform("stack", "import", "-y", "--file", str(stack.file.with_name("dev.json.bak")))
    assert ran.code == 0, ran.err
    stack.works_again()
