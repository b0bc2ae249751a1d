"""What the Pulumi CLI says, as events and findings; what is worth another run; where it works. Needs no CLI."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from modelform.drivers import open_driver
from modelform.drivers.place import Place
from modelform.drivers.pulumi_again import MOST_RUNS, Again
from modelform.drivers.pulumi_events import Events, finding, hidden_marked
from modelform.drivers.pulumi_home import PLUGIN, Home
from modelform.drivers.pulumi_installation import find, numbers, require, version
from modelform.drivers.pulumi_process import Command
from modelform.errors import Diagnostic, InterruptedByUser, ModelformError, PolicyError, Severity, StateError
from modelform.plan import Event, Op
from modelform.state import Environment, Passphrase, passphrases
from modelform.values import UNKNOWN, Secret

DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
URN = f"urn:pulumi:dev::modelform::modelform:index:Deployment${DEPLOYMENT}::one"


def event(kind: str, body: dict[str, Any]) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: body})


def step(op: str, urn: str = URN, type: str = DEPLOYMENT, **more: Any) -> dict[str, Any]:
    state = {"type": type, "urn": urn, "custom": True, "id": "/x", "parent": "", "provider": "p"}
    sides = {"old": {**state, **more.pop("old", {})}, "new": {**state, **more.pop("new", {})}}
    return {"metadata": {"op": op, "urn": urn, "type": type, "provider": "p", **sides, **more}}


def heard(*events: EngineEvent) -> tuple[Events, list[Event]]:
    told: list[Event] = []
    found = Events(told.append)
    for one in (*events, event("cancelEvent", {})):
        found(one)
    found.settle()
    return found, told


def test_a_step_keeps_everything_a_report_needs() -> None:
    body = step(
        "update",
        old={"inputs": {"sku": {"capacity": 1.0}, "key": "[secret]"}, "outputs": {"a": 1.5}},
        new={"inputs": {"sku": {"capacity": 2.0}, "id": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}},
        diffs=["sku"],
        detailedDiff={"sku.capacity": {"diffKind": "update-replace", "inputDiff": True}},
        keys=["sku"],
    )
    found, told = heard(event("resourcePreEvent", body), event("resOutputsEvent", body))
    assert [e.kind for e in told] == ["started", "done"]
    (made,) = found.steps
    assert (made.op, made.urn, made.type, made.name, made.id, made.custom) == (
        Op.UPDATE, URN, DEPLOYMENT, "one", "/x", True,
    )  # fmt: skip
    assert made.old == {"sku": {"capacity": 1}, "key": "[secret]"}
    assert isinstance(made.old["sku"]["capacity"], int)
    assert made.new["id"] is UNKNOWN
    assert (made.keys, made.diffs, made.old_outputs) == (("sku",), ("sku",), {"a": 1.5})
    assert made.detailed["sku.capacity"].kind == "update-replace"
    assert found.applied


def test_default_providers_are_not_spoken_of_and_the_stacks_outputs_are_kept() -> None:
    provider = step("create", "urn:pulumi:d::m::pulumi:providers:azure-native::default_3_29_0", "pulumi:providers:x")
    stack = step("update", "urn:pulumi:d::m::pulumi:pulumi:Stack::m-d", "pulumi:pulumi:Stack")
    stack["metadata"]["new"] |= {"custom": False, "outputs": {"key": "[secret]", "n": 2.0}}
    found, told = heard(
        *(event(kind, b) for b in (provider, stack) for kind in ("resourcePreEvent", "resOutputsEvent"))
    )
    assert {e.step.type for e in told if e.step} == {"pulumi:pulumi:Stack"}
    assert hidden_marked(found.outputs) == {"key": Secret("[secret]"), "n": 2}
    assert not found.applied


def test_an_error_is_told_once_with_the_step_that_failed() -> None:
    failing = step("create")
    message = {"urn": URN, "severity": "error", "color": "raw", "message": "<{%reset%}>no quota [quota.exceeded]\n"}
    echo = {"severity": "error", "color": "raw", "message": "update failed"}
    found, told = heard(
        event("resourcePreEvent", failing),
        event("diagnosticEvent", message),
        event("resOpFailedEvent", failing),
        event("diagnosticEvent", echo),
    )
    assert [e.kind for e in told] == ["started", "failed"]
    assert told[1].diagnostic == Diagnostic("quota.exceeded", Severity.ERROR, "no quota", urn=URN)
    assert found.failures == [told[1].diagnostic]
    assert not found.applied


def test_errors_without_a_step_and_warnings_are_findings() -> None:
    found, told = heard(
        event("diagnosticEvent", {"severity": "warning", "message": "old", "color": "raw"}),
        event("diagnosticEvent", {"severity": "info", "message": "chatter", "color": "raw"}),
        event("diagnosticEvent", {"severity": "error", "message": "error: no such thing", "color": "raw"}),
    )
    assert [(d.severity, d.summary) for d in found.diagnostics] == [
        (Severity.WARNING, "old"),
        (Severity.ERROR, "error: no such thing"),
    ]
    assert [e.kind for e in told] == ["diagnostic", "diagnostic"]


def test_an_event_that_cannot_be_taken_is_no_silence() -> None:
    def refuse(event: Event) -> None:
        raise RuntimeError("the report broke")

    found = Events(refuse)
    found(event("resourcePreEvent", step("create")))
    found(event("cancelEvent", {}))
    with pytest.raises(RuntimeError, match="the report broke"):
        found.settle()


@pytest.mark.parametrize(
    ("text", "code", "summary"),
    [
        ("no quota [quota.exceeded]\n  PUT x\n  hint: ask", "quota.exceeded", "no quota"),
        ('Status=409 Code="RequestConflict" Message="busy"', "azure.conflict", None),
        ("PUT https://x\nRESPONSE 403: Forbidden\nERROR CODE: AuthorizationFailed\n{}", "access.denied", None),
        ('{"error": {"code": "InsufficientQuota", "message": "no"}}', "quota.exceeded", None),
        ("something else", "provider", "something else"),
    ],
)
def test_errors_are_known_by_our_codes_or_by_arms(text: str, code: str, summary: str | None) -> None:
    found = finding(text, Severity.ERROR, URN)
    assert found.code == code
    assert summary is None or found.summary == summary


def test_our_own_error_keeps_its_detail_and_its_way_out() -> None:
    found = finding("no quota [quota.exceeded]\n  PUT x\n  hint: ask for more", Severity.ERROR, URN)
    assert (found.detail, found.hint) == ("PUT x", "ask for more")


def errors(*texts: str) -> Sequence[Diagnostic]:
    return [finding(text, Severity.ERROR, URN) for text in texts]


BUSY = 'Status=409 Code="RequestConflict" Message="Another operation is being performed"'


def test_what_a_target_needs_is_told_by_name() -> None:
    own, needed = "urn:pulumi:dev::p::a$b:c:Deployment::two", "urn:pulumi:dev::p::a$b:c:Deployment::one"
    text = f"Resource '{own}' depends on '{needed}' which was was not specified in --target list."
    found = finding(text, Severity.ERROR, own)
    assert (found.code, found.urn, found.hint) == ("engine.target", own, f"add --only '{needed}'")
    assert found.summary == "two needs one, no target and not there yet under that name"


GONE = "PUT https://x\nRESPONSE 503: Service Unavailable\nERROR CODE: ServiceUnavailable"


def test_what_a_killed_cli_has_left_is_told_with_the_way_out() -> None:
    text = (
        "Attempting to deploy or update resources with 1 pending operations from previous deployment.\n"
        f"  * {URN}, interrupted while creating\n"
        "These resources are in an unknown state because the Pulumi CLI was interrupted while waiting."
    )
    found, _ = heard(event("diagnosticEvent", {"severity": "warning", "message": text, "color": "never"}))
    (told,) = found.diagnostics
    assert (told.code, told.severity) == ("state.pending", Severity.WARNING)
    assert "creating one" in told.summary
    assert "modelform refresh --engine embedded" in told.hint


def test_busy_accounts_are_worth_another_run_and_it_is_said() -> None:
    waits: list[float] = []
    again = Again(threading.Event(), sleep=waits.append)
    said = again.reason(errors(BUSY, BUSY), progressed=True)
    assert "2 resources" in said
    assert "RequestConflict" in said
    assert "run 2" in said
    assert again.wait()
    for _ in range(MOST_RUNS - 2):
        assert again.reason(errors(BUSY), progressed=True)
        again.wait()
    assert again.reason(errors(BUSY), progressed=True) == ""
    assert waits == sorted(waits)
    assert waits[0] == 5
    assert waits[-1] == 60


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("something else",),
        ('Code="InsufficientQuota" Status=400',),
        (BUSY, 'Code="InvalidResourceProperties" Status=400'),
        ("RequestConflict: asked again for an hour [azure.conflict]",),  # our own provider has waited already
    ],
)
def test_what_does_not_pass_is_not_run_again(texts: tuple[str, ...]) -> None:
    assert Again(threading.Event()).reason(errors(*texts), progressed=True) == ""


def test_faults_are_tried_a_few_times_as_long_as_nothing_comes_of_it() -> None:
    again = Again(threading.Event(), sleep=lambda _: None)
    assert [bool(again.reason(errors(GONE), progressed=False)) for _ in range(4)] == [True, True, True, False]


def test_time_and_ctrl_c_end_it() -> None:
    moments = iter([0.0, 0.0, 4000.0])
    again = Again(threading.Event(), clock=lambda: next(moments))
    assert again.reason(errors(BUSY), progressed=True)
    assert again.reason(errors(BUSY), progressed=True) == ""
    cancelled = threading.Event()
    waiting = Again(cancelled)
    assert waiting.reason(errors(BUSY), progressed=True)
    cancelled.set()
    assert not waiting.wait()
    assert waiting.reason(errors(BUSY), progressed=True) == ""


# ---- where the CLI works


def home(folder: Path, target: Any = "sandbox", secrets: str = "", **more: Any) -> Home:
    environment = more.pop("environment", {})
    return Home(Place(folder, target, environment, "models", **more), secrets)


def test_the_sandbox_has_a_folder_of_its_own_whatever_the_backend_is(tmp_path: Path) -> None:
    found = home(tmp_path, backend="s3://bucket", environment={"PULUMI_BACKEND_URL": "azblob://x"})
    assert found.near
    assert found.backend() == (tmp_path / ".modelform" / "sandbox" / "state").resolve().as_uri()


@pytest.mark.parametrize("backend", ["azblob://state", "s3://bucket", "https://api.pulumi.com"])
def test_other_backends_are_the_clis(tmp_path: Path, backend: str) -> None:
    assert home(tmp_path, "azure", backend=backend).backend() == backend
    assert home(tmp_path, "azure", environment={"PULUMI_BACKEND_URL": backend}).backend() == backend
    assert not home(tmp_path, "azure", backend=backend).near
    assert not home(tmp_path, "azure", "azurekeyvault://v", backend="file://x", allow_local_state=True).near


def test_local_state_for_azure_must_be_allowed(tmp_path: Path) -> None:
    for more in ({}, {"backend": f"file://{tmp_path}"}):
        with pytest.raises(PolicyError) as refused:
            home(tmp_path, "azure", **more).backend()
        assert refused.value.diagnostics[0].code == "state.local"
    allowed = home(tmp_path, "azure", allow_local_state=True)
    assert allowed.near
    assert allowed.backend() == (tmp_path / ".modelform" / "azure" / "state").resolve().as_uri()


def test_azure_needs_the_passphrase_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="needs the passphrase"):
        home(tmp_path, "azure", backend="s3://bucket").environment("", {})
    given = {"PULUMI_CONFIG_PASSPHRASE": ""}
    found = home(tmp_path, "azure", backend="s3://bucket", environment=given).environment("", {"MORE": "x"})
    assert (found["PULUMI_BACKEND_URL"], found["PULUMI_CONFIG_PASSPHRASE"], found["MORE"]) == ("s3://bucket", "", "x")
    assert home(tmp_path, "azure", "gcpkms://k", backend="s3://bucket").environment("", {})


def test_the_cli_gets_a_project_of_our_own_and_the_users_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: models # mine\nruntime: python\n")
    (tmp_path / "stacks").mkdir()
    for target in ("sandbox", "azure"):
        home(tmp_path, target).prepare("dev", "", ["python", "-m", "a plugin"])
    kept = tmp_path / ".modelform" / "pulumi"
    sandbox = json.loads((kept / "sandbox" / "Pulumi.yaml").read_text())
    azure = json.loads((kept / "azure" / "Pulumi.yaml").read_text())
    assert sandbox["name"] == azure["name"] == "models"
    assert sandbox["plugins"]["providers"][0]["path"] == str(kept / "plugins")
    assert "plugins" not in azure
    assert (kept / "azure" / azure["stackConfigDir"]).resolve() == tmp_path / "stacks"
    script = kept / "plugins" / PLUGIN
    assert script.stat().st_mode & stat.S_IXUSR
    assert "'a plugin'" in script.read_text()
    assert (tmp_path / "Pulumi.yaml").read_text().startswith("name: models # mine")
    assert (tmp_path / ".modelform" / ".gitignore").read_text() == "*\n"


@pytest.mark.slow
def test_the_sandboxs_configuration_has_its_own_salt_and_no_secret_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    phrase = passphrases.KeptFile(tmp_path / ".modelform" / "passphrase").new()
    old, new = (Passphrase(Environment({"PULUMI_CONFIG_PASSPHRASE": phrase})) for _ in range(2))
    secret = old.encrypt("hunter2")
    new.encrypt("x")
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(
        f"encryptionsalt: {old.state}\nconfig: {{'a:plain': x, 'a:secret': {{secure: '{secret}'}}}}\n"
    )
    home(tmp_path).prepare("dev", new.state, ["python"])
    written = json.loads((tmp_path / ".modelform" / "pulumi" / "sandbox" / "Pulumi.dev.yaml").read_text())
    assert written["encryptionsalt"] == new.state
    assert written["config"]["a:plain"] == "x"
    assert "hunter2" not in json.dumps(written)
    assert new.decrypt(written["config"]["a:secret"]["secure"]) == "hunter2"


# ---- the command


def test_without_the_cli_the_way_to_it_is_said(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert find(environment) is None
    with pytest.raises(ModelformError) as missing:
        require(environment)
    assert missing.value.diagnostics[0].code == "engine.no-pulumi"
    assert "doctor --install-pulumi" in missing.value.diagnostics[0].hint


def test_the_newest_installed_one_is_taken_where_none_is_on_path(tmp_path: Path) -> None:
    for name in ("3.99.0", "3.260.0", "3.100.1"):
        command = tmp_path / ".pulumi" / "versions" / name / "bin" / "pulumi"
        command.parent.mkdir(parents=True)
        command.touch()
    assert find({"PATH": str(tmp_path), "HOME": str(tmp_path)}) == str(
        tmp_path / ".pulumi" / "versions" / "3.260.0" / "bin" / "pulumi"
    )
    assert numbers("v3.260.0-dev") == (3, 260, 0)


def test_an_old_cli_is_refused(tmp_path: Path) -> None:
    from modelform.drivers.pulumi_process import Command

    old = tmp_path / "pulumi"
    old.write_text("#!/bin/sh\necho v3.10.0\n")
    old.chmod(0o700)
    with pytest.raises(ModelformError, match=r"is Pulumi 3\.10\.0"):
        Command(str(old), {"PATH": "/bin:/usr/bin"})
    old.write_text("#!/bin/sh\necho v3.260.0\n")
    assert str(Command(str(old), {"PATH": "/bin:/usr/bin"}).version) == "3.260.0"


def test_the_command_does_not_hear_a_ctrl_c_of_our_terminal(tmp_path: Path) -> None:
    telling = tmp_path / "pulumi"
    telling.write_text(f"#!{sys.executable}\nimport os\nprint(os.getpgrp())\n")
    telling.chmod(0o700)
    assert version(str(telling), {}) != str(os.getpgrp())


@pytest.mark.parametrize(("operation", "said"), [("preview", "nothing was begun"), ("up", "may or may not")])
def test_a_command_that_is_ended_at_once_says_what_that_means(operation: str, said: str, tmp_path: Path) -> None:
    from modelform.drivers.pulumi_process import Command

    slow = tmp_path / "pulumi"
    slow.write_text("#!/bin/sh\necho begun\nexec sleep 30\n")
    slow.chmod(0o700)
    command = Command(str(slow), {"PATH": "/bin:/usr/bin"}, asked=lambda: "3.260.0")
    with pytest.raises(InterruptedByUser, match=said):
        command.run([operation], str(tmp_path), {}, on_output=lambda _: os.kill(os.getpid(), signal.SIGINT))


def test_states_in_a_folder_are_read_without_the_cli(tmp_path: Path) -> None:
    driver = open_driver("pulumi", project_dir=tmp_path, target="sandbox", environment={"PATH": ""})
    assert driver.stacks() == []
    assert driver.unlock("dev") == []
    with pytest.raises(StateError, match="no state yet"):
        driver.outputs("dev")


@pytest.mark.parametrize(("says", "code"), [("echo v3.100.0", "engine.old-pulumi"), ("exit 3", "engine.no-pulumi")])
def test_a_cli_on_path_that_is_of_no_use_is_not_outdone_by_an_installed_one(
    says: str, code: str, tmp_path: Path
) -> None:
    for place, way_out in (("bin", "in its place on PATH"), (".pulumi/versions/3.100.0/bin", "installs one, or")):
        (tmp_path / place).mkdir(parents=True)
        command = tmp_path / place / "pulumi"
        command.write_text(f"#!/bin/sh\n{says}\n")
        command.chmod(0o700)
        with pytest.raises(ModelformError) as caught:
            Command(str(command), {"PATH": "/usr/bin:/bin"})
        [found] = caught.value.diagnostics
        assert (found.code, way_out in found.hint, "--engine embedded" in found.hint) == (code, True, True)
