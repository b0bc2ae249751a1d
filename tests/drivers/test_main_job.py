"""The main job in one process: plan, up, up again, change, destroy, on the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelform.errors import Exit, ModelformError, PolicyError, StateError, UnsupportedError
from modelform.plan import Op
from modelform.state import binding
from modelform.values import Secret

HEAD = """
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-models
policy: {lifecycle: [generallyAvailable, preview]}
"""
MAIN = "  main: {kind: foundry, projects: [team]}\n"
ASSISTANT = "  assistant: {model: mistral-large-3@1, workspace: main, sku: dataZoneStandard, capacity: {tpm: 50k}}\n"
FALLBACK = "  fallback: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: 50k}}\n"
MIDDLE = "  middle: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: 10k}}\n"


def text(workspaces: str = MAIN, deployments: str = ASSISTANT + FALLBACK, more: str = "") -> str:
    return f"{HEAD}workspaces:\n{workspaces}deployments:\n{deployments}{more}"


def ops(result: Any, op: Op | None = None) -> dict[str, str]:
    """What happens to what a provider manages, without what stays."""
    return {
        f"{c.type.split(':')[-1]} {c.name}": str(c.op)
        for c in result.changes
        if c.custom and not c.provider and c.op is not Op.SAME and (op is None or c.op is op)
    }


def urn(result: Any, type: str, name: str) -> str:
    return str(next(c.urn for c in result.changes if c.type.endswith(type) and c.name == name))


@pytest.mark.slow
def test_up_and_up_again_and_destroy_and_up(project: Any) -> None:
    project.write(text(more="routes:\n  chat: {members: [{deployment: assistant}, {deployment: fallback}]}\n"))
    plan = project.run("preview")
    assert plan.summary.to_json() == {"create": 5, "update": 0, "replace": 0, "delete": 0, "same": 0}
    assert project.driver().stacks() == []

    first = project.up()
    assert first.summary == plan.summary
    assert first.outputs["routes"]["chat"][0]["endpoint"].startswith("https://")
    assert list(first.outputs["deployments"]) == ["assistant", "fallback"]
    assert project.driver().outputs("dev") == first.outputs

    for _ in range(2):
        again = project.up()
        assert again.summary.to_json() == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": 5}
        assert [c.name for c in again.changes if c.op is not Op.SAME] == []
        assert again.outputs == first.outputs

    gone = project.run("destroy")
    assert gone.ok
    assert gone.summary.delete == 5
    assert project.driver().export("dev")["deployment"].get("resources", []) == []
    assert project.up().summary.create == 5
    kinds = [entry.kind for entry in project.driver().history("dev")]
    assert kinds == ["update", "destroy", "update", "update", "update"]
    assert all(entry.result == "succeeded" for entry in project.driver().history("dev"))


def test_a_preview_without_changes_asks_nobody(project: Any) -> None:
    project.write(text())
    project.up()
    before = project.sandbox.connections
    assert project.run("preview").summary.same == 5
    assert project.sandbox.connections == before


@pytest.mark.slow
def test_a_preview_without_changes_loads_neither_azure_nor_the_sandbox(project: Any) -> None:
    project.write(text())
    project.up()
    script = (
        "import sys, datetime\n"
        "from pathlib import Path\n"
        "from modelform.drivers import open_driver, Request\n"
        "from modelform.spec import load_stack\n"
        "folder = Path(sys.argv[1])\n"
        "today = datetime.date(2026, 11, 22)\n"
        "stack, _ = load_stack(folder / 'stacks' / 'dev.yaml', environment={}, today=today)\n"
        "driver = open_driver('embedded', project_dir=folder, target='sandbox', environment={}, today=today)\n"
        "result = driver.preview(Request('dev', None, stack), lambda event: None)\n"
        "assert result.ok and result.summary.same == 5, result\n"
        "heavy = ('azure.core', 'azure.identity', 'azure.ai', 'starlette', 'modelform.sandbox', 'requests')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(project.folder)], capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_a_change_is_told_from_what_to_what(project: Any) -> None:
    project.write(text())
    project.up()
    project.write(text(deployments=ASSISTANT.replace("50k", "80k") + FALLBACK))
    plan = project.run("preview")
    (change,) = [c for c in plan.changes if c.op is not Op.SAME]
    assert (change.op, change.name) == (Op.UPDATE, "assistant")
    assert [(d.path, d.old, d.new, d.replaces) for d in change.diff] == [("sku.capacity", 50, 80, False)]
    assert ops(project.up()) == {"Deployment assistant": "update"}
    assert project.up().summary.same == 5


def test_another_model_replaces_the_deployment_and_nothing_else(project: Any) -> None:
    project.write(text())
    project.up()
    project.write(text(deployments=ASSISTANT + FALLBACK.replace("gpt-5.4-mini", "mistral-large-3@1")))
    plan = project.run("preview")
    assert ops(plan) == {"Deployment fallback": "replace"}
    (change,) = [c for c in plan.changes if c.op is Op.REPLACE]
    assert {d.path for d in change.diff if d.replaces} >= {"properties.model.name", "properties.model.format"}
    assert ops(project.up()) == {"Deployment fallback": "replace"}
    assert project.up().summary.same == 5


def test_a_deployment_in_the_middle_comes_and_goes_alone(project: Any) -> None:
    project.write(text())
    project.up()
    project.write(text(deployments=ASSISTANT + MIDDLE + FALLBACK))
    assert ops(project.up()) == {"Deployment middle": "create"}
    assert project.up().summary.same == 6
    project.write(text())
    assert ops(project.up()) == {"Deployment middle": "delete"}
    assert project.up().summary.same == 5


def test_formerly_keeps_what_is_there(project: Any) -> None:
    project.write(text())
    project.up()
    renamed = FALLBACK.replace("  fallback: {", "  reserve: {formerly: fallback, ")
    project.write(text(deployments=ASSISTANT + renamed))
    assert ops(project.run("preview")) == {}
    assert ops(project.up()) == {}
    assert urn(project.up(), ":Deployment", "reserve")
    workspace = MAIN.replace("  main: {", "  home: {formerly: main, ")
    moved = (ASSISTANT + renamed).replace("workspace: main", "workspace: home")
    project.write(text(workspaces=workspace, deployments=moved))
    assert ops(project.run("preview")) == {}
    assert ops(project.up()) == {}
    assert ops(project.up()) == {}


def test_a_rename_without_formerly_is_a_delete_and_a_create_and_says_so(project: Any) -> None:
    project.write(text())
    project.up()
    project.write(text(deployments=ASSISTANT + FALLBACK.replace("  fallback:", "  reserve:")))
    plan = project.run("preview")
    assert ops(plan) == {"Deployment fallback": "delete", "Deployment reserve": "create"}
    assert any("formerly: fallback" in c.reason for c in plan.changes)


def test_a_deployment_that_moves_keeps_its_urn(project: Any) -> None:
    both = MAIN + "  other: {kind: openai}\n"
    project.write(text(workspaces=both))
    first = project.up()
    project.write(
        text(workspaces=both, deployments=ASSISTANT + FALLBACK.replace("workspace: main", "workspace: other"))
    )
    plan = project.run("preview")
    assert ops(plan) == {"Deployment fallback": "replace"}
    assert urn(plan, ":Deployment", "fallback") == urn(first, ":Deployment", "fallback")
    assert ops(project.up()) == {"Deployment fallback": "replace"}
    assert project.up().summary.changes == 0


def test_replacing_an_account_is_asked_for(project: Any) -> None:
    project.write(text())
    project.up()
    moved = MAIN.replace("kind: foundry", "kind: foundry, location: francecentral")
    project.write(text(workspaces=moved))
    plan = project.run("preview")
    account = urn(plan, ":Account", "main")
    assert ops(plan) == {
        "Account main": "replace",
        "Project main/team": "replace",
        "Deployment assistant": "replace",
        "Deployment fallback": "replace",
    }
    assert [d.code for d in plan.diagnostics if d.code.startswith("guard.")] == ["guard.replace"]
    with pytest.raises(PolicyError) as error:
        project.run("up")
    assert error.value.exit_code is Exit.STOPPED
    assert error.value.diagnostics[0].hint == f"--allow-replace '{account}'"
    assert ops(project.up(allow_replace=(account,))) == ops(plan)
    assert project.up().summary.same == 5


def test_deleting_an_account_is_asked_for(project: Any) -> None:
    project.write(text(workspaces=MAIN + "  other: {kind: openai}\n"))
    project.up()
    project.write(text())
    plan = project.run("preview")
    with pytest.raises(PolicyError) as error:
        project.run("up")
    account = urn(plan, ":Account", "other")
    assert account in error.value.diagnostics[0].summary
    assert ops(project.up(allow_delete=(account,))) == {"Account other": "delete"}


def test_protect_false_and_a_yes_are_enough(project: Any) -> None:
    project.write(text(workspaces=MAIN.replace("kind: foundry", "kind: foundry, protect: false")))
    project.up()
    moved = MAIN.replace("kind: foundry", "kind: foundry, protect: false, location: francecentral")
    project.write(text(workspaces=moved))
    with pytest.raises(PolicyError):
        project.run("up")
    assert project.up(yes=True).summary.replace == 4


def test_openai_becomes_foundry_in_place_and_back_is_a_replacement(project: Any) -> None:
    openai = "  main: {kind: openai, name: fixed-name-1}\n"
    foundry = "  main: {kind: foundry, name: fixed-name-1}\n"
    project.write(text(workspaces=openai, deployments=FALLBACK))
    project.up()
    project.write(text(workspaces=foundry, deployments=FALLBACK))
    assert ops(project.up()) == {"Account main": "update"}
    project.write(text(workspaces=openai, deployments=FALLBACK))
    plan = project.run("preview")
    assert ops(plan)["Account main"] == "replace"


def test_the_state_belongs_to_one_cloud(project: Any) -> None:
    project.write(text())
    project.up()
    project.write(text() + "subscription: 11111111-1111-4111-8111-111111111111\n")
    for command in ("preview", "up"):
        with pytest.raises(PolicyError) as error:
            project.run(command)
        assert error.value.diagnostics[0].code == "state.other-cloud"
        assert error.value.exit_code is Exit.STOPPED


def test_a_plan_that_nobody_agrees_to_changes_nothing(project: Any) -> None:
    project.write(text())
    seen: list[Any] = []

    def no(plan: Any) -> bool:
        seen.append(plan)
        return False

    with pytest.raises(ModelformError) as error:
        project.run("up", confirm=no)
    assert error.value.diagnostics[0].code == "declined"
    assert seen[0].summary.create == 5
    assert project.driver().stacks() == []
    assert project.run("up", confirm=lambda plan: True).ok
    # Nothing to agree to, nothing is asked.
    assert project.run("up", confirm=no).ok
    with pytest.raises(ModelformError):
        project.run("destroy", confirm=no)
    assert project.up().summary.same == 5


def test_a_failure_in_the_middle_keeps_what_was_done(project: Any) -> None:
    # Without the check that would foresee it, Azure's own refusal comes in the middle.
    stack = text(deployments=ASSISTANT + FALLBACK.replace("50k", "500M"))
    project.write(stack.replace("policy: {", "policy: {rules: {quota.exceeded: off}, "))
    result = project.run("up", confirm=None)
    assert not result.ok
    assert result.exit_code is Exit.PARTIAL
    assert "Deployment assistant" in ops(result)
    assert "Deployment fallback" not in ops(result)
    assert [entry.result for entry in project.driver().history("dev")] == ["failed"]
    project.write(text())
    assert ops(project.up()) == {"Deployment fallback": "create"}


def test_a_check_that_says_no_stops_before_anything(project: Any) -> None:
    project.write(text().replace("policy: {", "policy: {publishers: [OpenAI], "))
    for command in ("preview", "up"):
        with pytest.raises(PolicyError) as error:
            project.run(command)
        assert error.value.diagnostics[0].code == "policy.publisher"
    assert project.sandbox.connections == 0


def test_refresh_finds_what_vanished_and_up_makes_it_again(project: Any) -> None:
    project.write(text())
    project.up()
    from modelform.azure import Arm

    export = project.driver().export("dev")["deployment"]["resources"]
    id = next(r["id"] for r in export if r["type"].endswith(":Deployment") and r.get("id", "").endswith("/fallback"))
    arm = Arm(project.sandbox("00000000-0000-4000-8000-000000000001"))
    arm.delete(id, "2025-06-01")
    looked = project.run("refresh", dry_run=True)
    assert ops(looked) == {"Deployment fallback": "delete"}
    assert project.run("preview").summary.same == 5
    assert ops(project.run("refresh")) == {"Deployment fallback": "delete"}
    assert ops(project.up()) == {"Deployment fallback": "create"}


def test_destroy_needs_no_stack_file(project: Any) -> None:
    project.write(text())
    project.up()
    (project.folder / "stacks" / "dev.yaml").unlink()
    assert project.run("destroy").summary.delete == 5


def test_destroy_shows_what_goes(project: Any) -> None:
    project.write(text())
    project.up()
    plan = project.run("destroy", dry_run=True)
    assert plan.summary.delete == 5
    assert set(ops(plan).values()) == {"delete"}
    assert project.up().summary.same == 5


def test_an_interrupt_lets_what_runs_finish_and_the_next_run_goes_on(project: Any) -> None:
    import threading

    from modelform.drivers import Request
    from modelform.plan import Event

    project.write(text())
    cancelled = threading.Event()

    def on_event(event: Event) -> None:
        if event.kind == "done" and event.step and event.step.type.endswith(":Account"):
            cancelled.set()

    result = project.driver().up(Request("dev", project.sandbox, project.stack(), cancelled=cancelled), on_event)
    assert result.exit_code is Exit.INTERRUPTED
    assert not result.ok
    assert "Account main" in ops(result)
    assert "Deployment fallback" not in ops(result)
    assert project.up().summary.same >= 2
    assert project.up().summary.same == 5


def test_outputs_of_a_stack_that_was_never_up(project: Any) -> None:
    with pytest.raises(StateError, match="no state yet"):
        project.driver().outputs("dev")


def test_export_and_import(project: Any) -> None:
    project.write(text())
    project.up()
    document = project.driver().export("dev")
    project.run("destroy")
    project.driver().import_state("dev", json.loads(json.dumps(document)))
    assert project.driver().export("dev")["deployment"]["resources"] == document["deployment"]["resources"]


def test_locks_are_told_of_and_taken_away(project: Any) -> None:
    from modelform.errors import LockedError
    from modelform.state.folder import Folder

    project.write(text())
    project.up()
    folder = Folder(project.folder / ".modelform" / "sandbox" / "state")
    with folder.lock("modelform", "dev"):
        assert project.run("preview").summary.same == 5
        with pytest.raises(LockedError) as error:
            project.run("up")
        assert error.value.exit_code is Exit.LOCKED
        assert project.driver().stacks()[0].locked_by
        assert len(project.driver().unlock("dev")) == 1
    assert project.up().summary.same == 5


@pytest.mark.slow
def test_secrets_are_hidden_in_outputs_and_encrypted_in_the_state(project: Any) -> None:
    project.write(
        HEAD
        + "workspaces:\n  studio: {kind: hub, projects: [research]}\n"
        + "deployments:\n  clerk: {model: mistral-small-2503, workspace: studio/research, sku: serverless, "
        + "terms: accepted}\n"
    )
    project.up()
    raw = (project.folder / ".modelform/sandbox/state/.pulumi/stacks/modelform/dev.json").read_text()
    assert "ciphertext" in raw
    assert "InstrumentationKey=" not in raw
    assert project.up().summary.changes == 0
    assert project.run("destroy").ok
    assert project.up().summary.changes > 0
    assert (project.folder / ".modelform" / "passphrase").stat().st_mode & 0o777 == 0o600
    assert not list((project.folder / "stacks").glob("Pulumi.*"))


def test_the_binding_is_in_the_state(project: Any) -> None:
    from modelform.state.folder import Folder
    from modelform.state.passphrases import Environment
    from modelform.state.secrets import Passphrase

    project.write(text())
    project.up()
    snapshot = Folder(project.folder / ".modelform" / "sandbox" / "state").load(
        "modelform", "dev", Passphrase(Environment({}))
    )
    bound = binding.read(snapshot)
    assert bound is not None
    assert (bound.target, bound.endpoint) == ("sandbox", "https://management.sandbox.localhost")
    assert not any(isinstance(value, Secret) for r in snapshot.resources for value in r.outputs.values())


def test_azure_states_are_local_only_where_that_is_allowed(tmp_path: Path) -> None:
    from modelform.drivers import open_driver

    def driver(**more: Any) -> Any:
        return open_driver("embedded", project_dir=tmp_path, target="azure", environment=more.pop("env", {}), **more)

    with pytest.raises(PolicyError) as error:
        driver().stacks()
    assert error.value.diagnostics[0].code == "state.local"
    assert driver(allow_local_state=True).stacks() == []
    with pytest.raises(ModelformError, match="folders only"):
        driver(backend="azblob://state", allow_local_state=True).stacks()
    with pytest.raises(ModelformError, match="folders only"):
        driver(env={"PULUMI_BACKEND_URL": "s3://bucket"}).stacks()
    chosen = open_driver("auto", project_dir=tmp_path, target="azure", environment={})
    assert chosen.engine == "pulumi"
    with pytest.raises(PolicyError, match="a folder of this machine"):
        chosen.stacks()


def test_a_secrets_provider_that_only_the_cli_has_is_not_passed_over(tmp_path: Path) -> None:
    from modelform.drivers import open_driver

    provider = "azurekeyvault://kv.vault.azure.net/keys/state"
    with pytest.raises(UnsupportedError) as caught:
        open_driver("embedded", project_dir=tmp_path, target="azure", environment={}, secrets_provider=provider)
    (finding,) = caught.value.diagnostics
    assert (finding.code, "--engine pulumi" in finding.hint) == ("state.secrets-provider", True)
    for kept in ("", "default", "passphrase"):
        open_driver("embedded", project_dir=tmp_path, target="azure", environment={}, secrets_provider=kept)
    # The sandbox's states are its own, whatever Azure's are encrypted with.
    open_driver("embedded", project_dir=tmp_path, target="sandbox", environment={}, secrets_provider=provider)
