"""Saved plans: what is in the file, and that exactly that is applied or nothing."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelform.drivers import OperationOptions, Request, open_driver, saved_plan
from modelform.drivers.approval import LIFETIME, Approval, Draft, Ground
from modelform.errors import Exit, ModelformError, PolicyError, StalePlanError, StateError, UsageError
from modelform.plan import Op, Result
from modelform.spec import load_stack, lock
from modelform.state.folder import Folder
from modelform.state.passphrases import KeptFile
from modelform.state.secrets import Passphrase
from modelform.values import Secret

NOW = datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)
PHRASE = {"PULUMI_CONFIG_PASSPHRASE": "correct horse battery"}
GUID = "00000000-0000-4000-8000-000000000009"
BASE = """
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-models
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  main: {kind: foundry}
"""
STACK = """
apiVersion: modelform/v1
extends: base.yaml
policy: {retirementNotice: "${env:NOTICE:-1d}"}
tags: {team: "${env:TEAM:-blue}"}
deployments:
  assistant: {model: mistral-large-3@1, workspace: main, sku: dataZoneStandard, capacity: {tpm: 50k}}
"""
MORE = "  fallback: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: 50k}}\n"


class Bench:
    """A project folder and its surroundings: makes plans, saves them, applies them."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.folder: Path = project.folder
        self.path = self.folder / "plan.json"
        self.environment: dict[str, str] = {}
        self.target: Any = "sandbox"
        self.name = "dev"
        project.write(STACK)
        self.base(BASE)

    def base(self, text: str) -> None:
        (self.folder / "stacks" / "base.yaml").write_text(text)

    def ground(self) -> Ground:
        file = self.folder / "stacks" / f"{self.name}.yaml"
        today = NOW.date()
        stack, report = load_stack(file, environment=self.environment, target=self.target, today=today)
        assert stack is not None, [str(d) for d in report]
        driver = open_driver(
            "embedded",
            project_dir=self.folder,
            target=self.target,
            environment=self.environment,
            allow_local_state=True,
            today=today,
        )
        return Ground(driver, stack, self.folder, self.environment)

    def save(self, now: datetime = NOW, **options: Any) -> Result:
        ground, chosen = self.ground(), OperationOptions(**options)
        draft = Draft(ground)
        request = Request(self.name, self.project.sandbox, ground.stack, chosen)
        result = ground.driver.preview(request, self.project.events.append)
        assert result.ok
        saved_plan.write(self.path, draft.plan(result, chosen, now, LIFETIME))
        return result

    def approval(self, now: datetime = NOW) -> Approval:
        return Approval(saved_plan.read(self.path), self.ground(), now)

    def up(self, **options: Any) -> Result:
        ground = self.ground()
        approval = Approval(saved_plan.read(self.path), ground, NOW)
        chosen = approval.options(OperationOptions(**options))
        request = Request(self.name, self.project.sandbox, ground.stack, chosen, verify=approval.verify)
        return ground.driver.up(request, self.project.events.append)

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found

    def rewrite(self, change: Callable[[dict[str, Any]], None]) -> None:
        document = self.document()
        change(document)
        self.path.write_text(json.dumps(document))

    def states(self) -> list[str]:
        return [entry.name for entry in self.ground().driver.stacks()]


@pytest.fixture
def bench(project: Any) -> Bench:
    return Bench(project)


_MADE: list[bytes] = []


@pytest.fixture
def planned(bench: Bench) -> Bench:
    """A project folder with a plan of its stack, made once: it is good in every checkout of the same files."""
    if not _MADE:
        bench.save()
        _MADE.append(bench.path.read_bytes())
    bench.path.write_bytes(_MADE[0])
    return bench


def refused(bench: Bench, run: Callable[[], Any], *codes: str) -> str:
    """The operation ends as stale, for these reasons, and has changed nothing; what was said."""
    before = bench.states(), [e.kind for e in bench.ground().driver.history("dev")]
    with pytest.raises(StalePlanError) as caught:
        run()
    assert caught.value.exit_code is Exit.STALE_PLAN
    assert [d.code for d in caught.value.diagnostics] == list(codes)
    assert all(d.hint for d in caught.value.diagnostics)
    assert (bench.states(), [e.kind for e in bench.ground().driver.history("dev")]) == before
    return "\n".join(str(d) for d in caught.value.diagnostics)


# the way that it should go


def test_what_was_saved_is_done_and_only_once(bench: Bench) -> None:
    planned = bench.save()
    assert bench.states() == []
    result = bench.up()
    assert result.ok
    assert result.summary == planned.summary
    assert result.summary.create == 3
    assert "perhaps" in refused(bench, bench.up, "plan.state")


def test_what_a_plan_file_says(bench: Bench) -> None:
    planned = bench.save()
    document = bench.document()
    assert document["format"] == "modelform/plan/v1"
    assert (document["created"], document["expires"]) == ("2026-11-22T10:30:15Z", "2026-11-23T10:30:15Z")
    assert document["commit"] is None
    assert (document["stack"], document["project"]) == ("dev", "modelform")
    assert (document["target"], document["engine"], document["version"]) == ("sandbox", "embedded", "0.1.0")
    assert document["cloud"]["endpoint"] == "https://management.sandbox.localhost"
    assert list(document["files"]) == ["stacks/base.yaml", "stacks/dev.yaml"]
    assert document["files"]["stacks/base.yaml"] == hashlib.sha256(BASE.encode()).hexdigest()
    assert document["state"] == ""
    assert document["refreshed"] is False
    assert document["summary"] == planned.summary.to_json()
    assert [(o["op"], o["urn"]) for o in document["operations"]] == [(str(c.op), c.urn) for c in planned.changes]
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600
    assert sorted(p.name for p in bench.folder.iterdir()) == [".modelform", "plan.json", "stacks"]


def test_a_plan_comes_back_as_it_was_written(bench: Bench) -> None:
    bench.save(purge=("a",), allow_delete=("urn:x",))
    plan = saved_plan.read(bench.path)
    other = bench.folder / "again.json"
    saved_plan.write(other, plan)
    assert saved_plan.read(other) == plan
    assert other.read_bytes() == bench.path.read_bytes()


def test_a_plan_without_changes_changes_nothing(bench: Bench) -> None:
    bench.save()
    bench.up()
    bench.save()
    assert bench.up().summary.changes == 0


def test_a_plan_is_good_elsewhere(bench: Bench, tmp_path_factory: Any, monkeypatch: Any) -> None:
    bench.save()
    elsewhere = tmp_path_factory.mktemp("checkout")
    for name in ("stacks/base.yaml", "stacks/dev.yaml", "plan.json"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes((bench.folder / name).read_bytes())
    bench.folder, bench.path = elsewhere, elsewhere / "plan.json"
    monkeypatch.chdir(elsewhere)
    assert bench.up().summary.create == 3


def test_the_commit_is_in_the_plan_and_what_was_changed_since(bench: Bench) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=bench.folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", "stacks")
    git("commit", "-q", "-m", "stacks")
    bench.save()
    commit = bench.document()["commit"]
    assert len(commit["id"]) == 40
    assert commit["dirty"] is False
    (bench.folder / "README").write_text("not read by any plan")
    bench.save()
    assert bench.document()["commit"] == commit
    bench.base(BASE + "# edited\n")
    bench.save()
    assert bench.document()["commit"] == {**commit, "dirty": True}


# what moved


@pytest.mark.parametrize("file", ["base", "dev"])
def test_a_file_that_was_edited(file: str, planned: Bench) -> None:
    path = planned.folder / "stacks" / f"{file}.yaml"
    path.write_text(path.read_text() + "# a comment is enough\n")
    assert f"stacks/{file}.yaml has changed" in refused(planned, planned.approval, "plan.file")


def test_a_file_that_is_read_now(planned: Bench) -> None:
    (planned.folder / "stacks" / "more.yaml").write_text(f"deployments:\n{MORE}")
    planned.project.write(f"include: [more.yaml]\n{STACK}")
    said = refused(planned, planned.approval, "plan.file", "plan.file", "plan.lock")
    assert "stacks/more.yaml is new" in said


def test_a_lock_that_was_upgraded(planned: Bench) -> None:
    stack = planned.ground().stack
    decided = lock.compute(stack)
    lock.write(Path(stack.file), decided)
    planned.approval()  # the same decisions, written down
    lock.write(Path(stack.file), {**decided, "catalog": {**decided["catalog"], "version": "2026-12-01"}})
    refused(planned, planned.approval, "plan.lock")


def test_another_catalogue(planned: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelform.catalog.Catalog.digest", "0" * 64)
    # Without a lock file it is decided with the catalogue of now.
    refused(planned, planned.approval, "plan.lock", "plan.catalog")


def test_another_version_of_modelform(planned: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("modelform.__version__", "0.2.0")
    assert "made by modelform 0.1.0, and this is 0.2.0" in refused(planned, planned.approval, "plan.version")


def test_a_configuration_that_was_changed(planned: Bench) -> None:
    (planned.folder / "stacks" / "Pulumi.dev.yaml").write_text("config: {modelform:a: b}\n")
    refused(planned, planned.approval, "plan.settings")


def test_a_plan_that_has_expired(planned: Bench) -> None:
    planned.approval(NOW + LIFETIME - timedelta(seconds=1))
    said = refused(planned, lambda: planned.approval(NOW + LIFETIME), "plan.expired")
    assert "good until 2026-11-23T10:30:15Z" in said


def test_a_plan_of_another_stack(planned: Bench) -> None:
    (planned.folder / "stacks" / "prod.yaml").write_text(STACK)
    planned.name = "prod"
    assert "-s dev" in refused(planned, planned.approval, "plan.stack")


def test_a_plan_of_another_target(bench: Bench) -> None:
    bench.base(f"{BASE}subscription: {GUID}\ntenant: {GUID}\n")
    bench.save()
    bench.target = "azure"
    assert "--target sandbox" in refused(bench, bench.approval, "plan.target")


def test_a_plan_of_another_engine(planned: Bench) -> None:
    planned.rewrite(lambda document: document.update(engine="pulumi"))
    assert "--engine pulumi" in refused(planned, planned.approval, "plan.engine")


def test_a_state_that_another_up_has_written(bench: Bench) -> None:
    bench.save()
    bench.up()
    bench.project.write(STACK + MORE)
    bench.save()
    bench.project.write(STACK)
    bench.project.up()  # does nothing, and so changes no state
    bench.project.write(STACK + MORE)
    bench.approval()
    bench.project.write(STACK.replace("50k", "60k"))
    bench.project.up()
    bench.project.write(STACK + MORE)
    refused(bench, bench.up, "plan.state")


def test_a_state_that_is_written_at_the_last_moment(bench: Bench, monkeypatch: Any) -> None:
    bench.save()
    approval = bench.approval()
    result = bench.save()
    bench.project.up()
    refused(bench, lambda: approval.verify(result), "plan.state")


# what would be done otherwise


def test_an_environment_value_that_reaches_a_resource(bench: Bench) -> None:
    bench.save()
    bench.environment["TEAM"] = "red"
    said = refused(bench, bench.up, "plan.environment")
    assert "TEAM" in said
    assert "red" not in said.replace("differ", "")
    bench.environment["TEAM"] = "blue"
    bench.save()
    bench.environment["TEAM"] = "green"
    said = refused(bench, bench.up, *["plan.operations"] * 3)
    assert "tags.team" in said
    assert "green" not in said


def _step(result: Result, name: str) -> int:
    return next(n for n, step in enumerate(result.steps) if step.name == name and step.custom)


def test_inputs_that_are_others_where_nothing_shows_it(bench: Bench) -> None:
    result = bench.save()
    approval = bench.approval()
    approval.verify(result)
    number = _step(result, "assistant")
    step = result.steps[number]
    other = dataclasses.replace(step, new={**step.new, "unseen": 1})
    steps = (*result.steps[:number], other, *result.steps[number + 1 :])
    changed = dataclasses.replace(result, steps=steps)
    assert "'assistant' has other inputs" in refused(bench, lambda: approval.verify(changed), "plan.inputs")


def test_operations_that_are_others(bench: Bench) -> None:
    result = bench.save()
    approval = bench.approval()
    last = result.changes[-1]

    def verify(*changes: Any, **more: Any) -> None:
        approval.verify(dataclasses.replace(result, changes=changes, **more))

    first = result.changes[:-1]
    assert "not there any more" in refused(bench, lambda: verify(*first), "plan.operations")
    extra = dataclasses.replace(last, urn="urn:other", name="other", op=Op.DELETE)
    assert "not in the plan" in refused(bench, lambda: verify(*result.changes, extra), "plan.operations")
    gone = dataclasses.replace(last, op=Op.REPLACE)
    assert "is planned to create, and now it would replace" in refused(
        bench, lambda: verify(*first, gone), "plan.operations"
    )
    purged = dataclasses.replace(last, reason="the soft-deleted account is purged first")
    assert "purged first" in refused(bench, lambda: verify(*first, purged), "plan.operations")
    refused(bench, lambda: verify(*result.changes, refreshed=True), "plan.operations")
    refused(bench, lambda: verify(*result.changes, outputs={}), "plan.outputs")
    verify(*reversed(result.changes))


def test_a_cloud_that_drifted_makes_a_refreshed_plan_stale(bench: Bench) -> None:
    bench.save()
    bench.up()
    bench.save(refresh=True)
    assert bench.document()["refreshed"] is True
    stack = bench.ground().stack
    account = stack.workspaces["main"]
    from modelform.azure import Arm

    arm = Arm(bench.project.sandbox(account.subscription))
    path = (
        f"/subscriptions/{account.subscription}/resourceGroups/{account.resource_group.name}"
        f"/providers/Microsoft.CognitiveServices/accounts/{account.name}"
    )
    arm.delete(f"{path}/deployments/{stack.deployments['assistant'].name}", "2025-06-01")
    arm.close()
    assert "'assistant' is planned to same" in refused(bench, bench.up, "plan.operations")


# what may be destroyed


def _without_main(bench: Bench) -> str:
    bench.save()
    made = bench.up()
    bench.base(BASE.replace("  main: {kind: foundry}", "  other: {kind: foundry}"))
    bench.project.write(STACK.replace("workspace: main", "workspace: other"))
    return str(next(c.urn for c in made.changes if c.type.endswith(":Account")))


def test_a_guard_holds_unless_plan_or_up_allow_it(bench: Bench) -> None:
    account = _without_main(bench)
    bench.save()
    with pytest.raises(PolicyError) as caught:
        bench.up()
    assert caught.value.exit_code is Exit.STOPPED
    assert caught.value.diagnostics[0].code == "guard.delete"
    assert bench.up(allow_delete=(account,)).ok


def test_a_plan_that_was_made_with_the_permission_needs_it_no_more(bench: Bench) -> None:
    account = _without_main(bench)
    bench.save(allow_delete=(account,))
    assert bench.up().ok


@pytest.mark.parametrize(
    "option",
    [
        {"refresh": True},
        {"purge": ("a",)},
        {"on_name_taken": "purge"},
        {"targets": ("u",)},
        {"dependents": True},
        {"replace": ("u",)},
        {"continue_on_error": True},
    ],
)
def test_options_that_decide_what_a_plan_is_come_too_late(option: dict[str, Any], planned: Bench) -> None:
    with pytest.raises(UsageError, match="made already"):
        planned.approval().options(OperationOptions(**option))
    kept = planned.approval().options(OperationOptions(parallel=3, yes=True))
    assert kept == OperationOptions(parallel=3, yes=True)


# secrets


@pytest.mark.slow
def test_with_a_passphrase_secrets_take_part_and_cannot_be_guessed(bench: Bench) -> None:
    bench.environment = {**PHRASE, "NOTICE": "7d"}
    result = bench.save()
    number = _step(result, "assistant")
    step = result.steps[number]

    def with_pin(pin: str) -> Result:
        secret = dataclasses.replace(step, new={**step.new, "pin": Secret(pin)})
        return dataclasses.replace(result, steps=(*result.steps[:number], secret, *result.steps[number + 1 :]))

    ground = bench.ground()
    plan = Draft(ground).plan(with_pin("4711"), OperationOptions(), NOW, LIFETIME)
    saved_plan.write(bench.path, plan)
    content = bench.path.read_bytes()
    for guess in (b"4711", *(h(b"4711").hexdigest().encode() for h in (hashlib.sha256, hashlib.sha1, hashlib.md5))):
        assert guess not in content
    assert PHRASE["PULUMI_CONFIG_PASSPHRASE"].encode() not in content
    noted = bench.document()["environment"]["NOTICE"]
    assert len(noted) == 64
    assert noted not in {h(text).hexdigest() for text in (b"7d", b'"7d"') for h in (hashlib.sha256, hashlib.sha3_256)}
    approval = bench.approval()
    approval.verify(with_pin("4711"))
    assert "4712" not in refused(bench, lambda: approval.verify(with_pin("4712")), "plan.inputs")
    # A value that reaches no resource.
    bench.environment["NOTICE"] = "8d"
    assert "NOTICE" in refused(bench, bench.approval, "plan.environment")


@pytest.mark.slow
def test_the_key_of_the_fingerprints_is_not_in_a_sealed_plan(bench: Bench) -> None:
    bench.environment = dict(PHRASE)
    bench.save()
    seal = bench.document()["seal"]
    key = Passphrase(KeptFile(bench.folder / "none", PHRASE), seal["salt"]).decrypt(seal["key"])
    assert len(base64.b64decode(key)) == 32
    assert key.encode() not in bench.path.read_bytes()
    assert not (bench.folder / ".modelform" / "passphrase").exists()


@pytest.mark.parametrize("environment", [{}, {"PULUMI_CONFIG_PASSPHRASE": ""}])
def test_without_a_passphrase_no_secret_takes_part(environment: dict[str, str], bench: Bench) -> None:
    bench.environment = {**environment, "NOTICE": "7d"}
    bench.save()
    document = bench.document()
    assert document["environment"] == {"NOTICE": "", "TEAM": None}
    assert document["seal"]["salt"] == ""
    from modelform.drivers.fingerprints import Seal

    seal = Seal(base64.b64decode(document["seal"]["key"]))
    assert seal.of({"pin": Secret("1")}) == seal.of({"pin": Secret("2")})
    assert seal.of({"pin": Secret("1")}) != seal.of({"pin": "1"})
    assert seal.of({"n": 1}) == seal.of({"n": 1.0}) != seal.of({"n": True})


@pytest.mark.slow
def test_a_passphrase_that_is_missing_wrong_or_new(bench: Bench) -> None:
    bench.environment = dict(PHRASE)
    bench.save()
    for environment, said in (({}, "none is given"), ({"PULUMI_CONFIG_PASSPHRASE": "wrong"}, "does not open the plan")):
        bench.environment = environment
        with pytest.raises(StateError, match=said) as caught:
            bench.approval()
        assert caught.value.diagnostics[0].code == "plan.passphrase"
    bench.environment = {}
    bench.save()
    bench.environment = dict(PHRASE)
    refused(bench, bench.approval, "plan.unsealed")


@pytest.mark.slow
def test_a_passphrase_that_an_engine_needed_for_the_plan_seals_it(bench: Bench) -> None:
    """The CLI cannot preview without one, and a plan of it must be good in the next command."""
    ground = bench.ground()
    draft = Draft(ground)
    result = ground.driver.preview(
        Request(bench.name, bench.project.sandbox, ground.stack, OperationOptions()), bench.project.events.append
    )
    KeptFile(bench.folder / ".modelform" / "passphrase").new()
    saved_plan.write(bench.path, draft.plan(result, OperationOptions(), NOW, LIFETIME))
    assert bench.document()["seal"]["salt"]
    assert bench.up().ok


def test_what_is_secret_in_a_state_is_not_in_a_plan(bench: Bench) -> None:
    hub = BASE.replace("main: {kind: foundry}", "main: {kind: hub, projects: [research]}")
    serverless = "  clerk: {model: mistral-small-2503, workspace: main/research, sku: serverless, terms: accepted}\n"
    bench.base(hub)
    bench.project.write(STACK.split("deployments:")[0] + "deployments:\n" + serverless)
    bench.project.up()
    bench.environment["TEAM"] = "red"
    bench.save(refresh=True)
    content = bench.path.read_text()
    root = bench.folder / ".modelform" / "sandbox" / "state"
    kept = KeptFile(bench.folder / ".modelform" / "passphrase")
    snapshot = Folder(root).load("modelform", "dev", Passphrase(kept))
    secrets = [v for r in snapshot.resources for v in r.outputs.values() if isinstance(v, Secret)]
    assert secrets
    assert not [s for s in secrets if str(s.value) in content]
    assert kept.candidates()[0] not in content
    # The key is sealed with the state's own salt, so that it is derived once.
    assert bench.document()["seal"]["salt"] == snapshot.secrets_providers.salt  # type: ignore[union-attr]
    assert bench.up().summary.update


# files that are no plans


@pytest.mark.parametrize(
    "environment", [pytest.param({}, id="open"), pytest.param(PHRASE, id="sealed", marks=pytest.mark.slow)]
)
def test_a_plan_that_was_changed(environment: dict[str, str], bench: Bench) -> None:
    bench.environment = dict(environment)
    bench.save()
    before = bench.path.read_bytes()
    for change in (
        lambda d: d.update(expires="2027-11-22T10:30:15Z"),
        lambda d: d["options"].update(allow_delete=["urn:x"]),
        lambda d: d["operations"].pop(),
    ):
        bench.path.write_bytes(before)
        bench.rewrite(change)
        with pytest.raises(UsageError, match="changed after it was made") as caught:
            bench.approval()
        assert caught.value.diagnostics[0].code == "plan.damaged"


@pytest.mark.parametrize("at", [0, 1, 40, 1000, -3])
def test_a_plan_that_was_cut_short(at: int, planned: Bench) -> None:
    planned.path.write_bytes(planned.path.read_bytes()[:at])
    with pytest.raises(UsageError, match="no plan that could be applied") as caught:
        planned.approval()
    assert caught.value.exit_code is Exit.USAGE


def test_a_plan_of_a_newer_format(planned: Bench) -> None:
    planned.rewrite(lambda d: d.update(format="modelform/plan/v2"))
    assert "format 2" in refused(planned, planned.approval, "plan.format")


WRONG: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (lambda d: d.update(format="other"), "does not say that it is a plan"),
    (lambda d: d.pop("stack"), "stack is missing"),
    (lambda d: d.update(stack=3), "stack is not text"),
    (lambda d: d.update(expires="2026-11-22T10:30:15"), "expires is not a time"),
    (lambda d: d.update(expires="soon"), "expires is not a time"),
    (lambda d: d.update(cloud=[]), "cloud is no map"),
    (lambda d: d["summary"].update(create=True), "summary.create is not a whole number"),
    (lambda d: d["options"].update(purge=[1]), "options.purge is not a list of texts"),
    (lambda d: d["options"].update(on_name_taken="x"), "options.on_name_taken is 'x'"),
    (lambda d: d["operations"].append("x"), r"operations\[7\] is no map"),
    (lambda d: d["operations"][1].pop("urn"), r"operations\[1\].urn is missing"),
    (lambda d: d["environment"].update(A=1), "environment.A is not text"),
    (lambda d: d.update(commit="abc"), "commit is no map"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_plan_of_another_form(change: Callable[[dict[str, Any]], None], said: str, planned: Bench) -> None:
    planned.rewrite(change)
    with pytest.raises(UsageError, match=said):
        saved_plan.read(planned.path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"3", b"\xff\xfe", b'{"format": NaN}', b"[" * 100_000, b"1" * 10_000, b"apiVersion: x\n"]
)
def test_a_file_that_is_no_plan(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no plan that could be applied"):
        saved_plan.read(file)


def test_files_that_cannot_be_read_or_written(planned: Bench, monkeypatch: Any) -> None:
    with pytest.raises(UsageError, match="there is no plan"):
        saved_plan.read(planned.folder / "none.json")
    with pytest.raises(UsageError, match="is no file"):
        saved_plan.read(planned.folder)
    with pytest.raises(UsageError, match="no file that a plan could be written to"):
        saved_plan.require_place(Path("/dev/null"))
    with pytest.raises(UsageError, match="there is no folder"):
        saved_plan.require_place(planned.folder / "none" / "plan.json")
    monkeypatch.setattr(saved_plan, "LARGEST", 100)
    with pytest.raises(UsageError, match="bytes, and no plan has more than 100"):
        saved_plan.read(planned.path)
    plan = dataclasses.replace(saved_plan_of(planned, monkeypatch))
    with pytest.raises(ModelformError, match="cannot be written"):
        saved_plan.write(planned.folder / "none" / "plan.json", plan)


def saved_plan_of(bench: Bench, monkeypatch: Any) -> saved_plan.SavedPlan:
    monkeypatch.undo()
    return saved_plan.read(bench.path)


# killed

WRITER = """
import os, signal, sys
from pathlib import Path
from modelform.drivers import saved_plan
plan = saved_plan.read(Path(sys.argv[1]))
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
saved_plan.write(Path(sys.argv[1]), plan)
"""

# Applies plan.json and kills itself right after the sandbox has made the account.
VICTIM = """
import datetime, os, signal, sys
from pathlib import Path
from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Connection
from modelform.drivers import OperationOptions, Request, open_driver, saved_plan
from modelform.drivers.approval import Approval, Ground
from modelform.sandbox import Credential, create_app
from modelform.sandbox.transport import SandboxTransport
from modelform.spec import load_stack

folder, now = Path(sys.argv[1]), datetime.datetime.fromisoformat(sys.argv[2])

class Deadly(SandboxTransport):
    def send(self, request, **more):
        answer = super().send(request, **more)
        if request.method == "PUT" and "/accounts/" in request.url:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

transport = Deadly(create_app(folder / ".modelform" / "sandbox", today=now.date()))

def connect(subscription):
    return Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, subscription, Credential(), transport, "sandbox")

stack, report = load_stack(folder / "stacks" / "dev.yaml", environment={}, target="sandbox", today=now.date())
driver = open_driver("embedded", project_dir=folder, target="sandbox", environment={}, today=now.date())
approval = Approval(saved_plan.read(folder / "plan.json"), Ground(driver, stack, folder, {}), now)
options = approval.options(OperationOptions())
driver.up(Request("dev", connect, stack, options, verify=approval.verify), lambda event: None)
"""


def killed(script: str, *arguments: str) -> None:
    command = [sys.executable, "-c", script, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert ran.returncode == -signal.SIGKILL, ran.stderr


@pytest.mark.slow
def test_a_plan_is_written_whole_or_not_at_all(planned: Bench) -> None:
    before = planned.path.read_bytes()
    killed(WRITER, str(planned.path))
    assert planned.path.read_bytes() == before
    planned.save()
    assert planned.up().ok


@pytest.mark.slow
def test_a_plan_whose_up_was_killed_is_not_applied_again_and_a_new_one_goes_on(bench: Bench) -> None:
    bench.save()
    killed(VICTIM, str(bench.folder), NOW.isoformat())
    with pytest.raises(StalePlanError) as caught:
        bench.up()
    assert [d.code for d in caught.value.diagnostics] == ["plan.state"]
    bench.save()
    result = bench.up()
    assert result.ok
    assert any(d.code == "state.lock-taken-over" for d in result.diagnostics)
    assert bench.project.up().summary.same == 3


def test_every_reason_is_in_the_documentation() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "plans.md").read_text()
    sources = [root / "src" / "modelform" / "drivers" / f"{n}.py" for n in ("approval", "saved_plan", "fingerprints")]
    import re

    text = "\n".join(file.read_text() for file in sources)
    codes = {f"plan.{name}" for name in re.findall(r'_stale\("([a-z]+)"', text)}
    codes |= set(re.findall(r'code="(plan\.[a-z]+)"', text)) | {"plan.stack", "plan.project", "plan.target"}
    codes |= {"plan.engine", "plan.lock", "plan.catalog", "plan.settings", "plan.state", "plan.inputs"}
    assert len(codes) > 15
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []
