"""doctor, sandbox and smoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelform.catalog import Catalog
from modelform.catalog.live import settle
from modelform.catalog.overlay import empty
from modelform.cli.dialogue import Dialogue
from modelform.drivers import StackInfo


def test_doctor_says_which_engine_and_cloud_and_why(modelform: Any) -> None:
    text = " ".join(modelform("doctor").out.split())
    assert "target sandbox: said by the stack file" in text
    assert "engine embedded: said by the stack file" in text
    assert "pulumi-azure-native 3." in text
    modelform.environment = {"MODELFORM_TARGET": "azure", "AZURE_TENANT_ID": "00000000-0000-4000-8000-00000000bbbb"}
    found = modelform("doctor", "--engine", "embedded", "--json").document["found"]
    assert found["Stack"]["target"] == "azure: said by MODELFORM_TARGET"
    assert found["Stack"]["engine"] == "embedded: said by the command line"
    assert found["Environment"]["Azure sign-in"] == "AZURE_TENANT_ID set"


def test_doctor_shows_no_secret(modelform: Any) -> None:
    modelform.environment = {
        "PULUMI_BACKEND_URL": "azblob://user:hunter2@state/x?sig=hunter2",
        "AZURE_CLIENT_SECRET": "hunter2",
        "PULUMI_CONFIG_PASSPHRASE": "hunter2",
    }
    for argv in (["doctor"], ["doctor", "--json"]):
        ran = modelform(*argv)
        assert ran.code == 0
        assert "azblob://state/x" in ran.out
        assert "hunter2" not in ran.out + ran.err


@pytest.mark.parametrize("content", [None, "nonsense: [\n"])
def test_doctor_answers_when_much_is_wrong(content: str | None, modelform: Any) -> None:
    file = modelform.folder / "stacks" / "dev.yaml"
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    ran = modelform("doctor")
    assert ran.code == 0
    assert "none chosen" in ran.out


def test_an_unused_sandbox(modelform: Any) -> None:
    ran = modelform("sandbox", "status")
    assert ran.code == 0
    assert "The sandbox is empty" in ran.out
    assert modelform("sandbox", "status", "--json").document["exists"] is False
    assert not (modelform.folder / ".modelform" / "sandbox" / "sandbox.db").exists()


def test_every_type_says_how_well_it_is_known(modelform: Any) -> None:
    lines = modelform("sandbox", "status", "--types").out.splitlines()
    account = next(line.split() for line in lines if line.startswith("CognitiveServices/accounts "))
    assert account[1] == "0"
    assert account[2] in ("live-verified", "recorded", "documented", "guessed")


def _kept(modelform: Any) -> tuple[Path, Path]:
    folder = modelform.folder / ".modelform" / "sandbox"
    state = folder / "state" / "dev.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    (folder / "sandbox.db").write_text("anything at all")
    return folder / "sandbox.db", state


def test_a_reset_takes_cloud_and_states_together(modelform: Any) -> None:
    database, state = _kept(modelform)
    assert modelform("sandbox", "reset", "-y").out == "The sandbox is empty.\n"
    assert not database.exists()
    assert not state.exists()
    assert modelform("sandbox", "reset", "-y").out == "The sandbox was empty already.\n"


@pytest.mark.parametrize(("typed", "code"), [(None, 64), ("n\n", 1)])
def test_a_reset_is_asked_for(typed: str | None, code: int, modelform: Any) -> None:
    database, state = _kept(modelform)
    modelform.typed = typed
    assert modelform("sandbox", "reset").code == code
    assert database.exists()
    assert state.exists()


def test_no_reset_while_somebody_works(modelform: Any) -> None:
    database, _ = _kept(modelform)
    modelform.given = {"infos": [StackInfo("dev", "sandbox", 3, "", "host:42")]}
    ran = modelform("sandbox", "reset", "-y")
    assert ran.code == 6
    assert "host:42" in ran.err
    assert database.exists()


@pytest.mark.slow
def test_smoke_asks_what_is_deployed(modelform: Any) -> None:
    file = modelform.folder / "stacks" / "dev.yaml"
    more = (
        "  words: {model: text-embedding-3-large@1, workspace: foundry, sku: dataZoneStandard, capacity: {tpm: 50k}}\n"
    )
    more += "routes:\n  chat: {members: [{deployment: assistant}]}\n"
    file.write_text(file.read_text() + more)
    modelform.real_driver = True
    nothing = modelform("smoke")
    assert nothing.code == 1
    assert "modelform up" in nothing.err
    assert modelform("up", "-y").code == 0
    ran = modelform("smoke", "--ask", "Who is there?")
    assert ran.code == 0, ran.out
    assert "ok   assistant (Mistral-Large-3" in ran.out
    assert "Who is there?" in ran.out.split("ok   assistant")[1]
    assert "a vector of " in ran.out
    assert "ok   route chat: answers through assistant" in ran.out
    document = modelform("smoke", "--only", "chat", "--json").document
    assert document["ok"] is True
    assert [r["route"] for r in document["routes"]] == ["chat"]
    assert modelform("smoke", "--only", "nobody").code == 64
    bare, keyed = (modelform("outputs", "--json", *more).document["outputs"] for more in ([], ["--show-secrets"]))
    assert "apiKey" not in bare["deployments"]["assistant"]
    key = keyed["deployments"]["assistant"]["apiKey"]
    assert len(key) >= 32
    assert keyed["deployments"]["words"]["apiKey"] == key
    assert keyed["routes"]["chat"] == [bare["routes"]["chat"][0] | {"apiKey": key}]
    for part in (modelform.folder / ".modelform" / "sandbox").glob("sandbox.db*"):
        part.unlink()
    gone = modelform("smoke", "--json")
    assert gone.code == 1
    assert gone.document["ok"] is False
    assert all("HTTP 404" in answer["error"] for answer in gone.document["answers"])


def test_smoke_knows_what_only_the_overlay_does() -> None:
    made = empty("azure")
    made["models"]["openai/gpt-image-9@1"] = {
        "format": "OpenAI", "name": "gpt-image-9", "version": "1", "publisher": "OpenAI", "status": "ga",
        "retires": None, "features": ["image-generation"], "asOf": "2026-11-20",
        "skus": {
            "GlobalStandard": {
                "usageName": "x", "minimum": 1, "maximum": None, "step": 1, "default": 1, "regions": ["swedencentral"],
            }
        },
    }  # fmt: skip
    settle(made, "2026-11-20", [], [])
    made["regions"]["swedencentral"] = {"models": "2026-11-20"}
    deployment = {"model": "gpt-image-9", "version": "1", "endpoint": "https://x.example"}

    def nobody(subscription: str) -> Any:
        raise AssertionError("an image model is asked nothing")

    outputs = {"deployments": {"draw": deployment}}
    reply = Dialogue(outputs, nobody, Catalog.with_overlay(made, "catalog.overlay.json")).ask("draw", "Who is there?")
    assert (reply.ok, reply.skipped, reply.text) == (True, True, "not asked: it takes no questions (image-generation)")
    with pytest.raises(AssertionError):
        Dialogue(outputs, nobody, Catalog.load()).ask("draw", "Who is there?")
