"""`preview --out` and `up --plan` as commands: on the sandbox, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelform.drivers import saved_plan
from modelform.plan import Change, Op, Result, Summary

PLAN = Result("preview", "dev", "embedded", "sandbox", True, Summary(create=1), (Change(Op.CREATE, "urn:a", "t", "a"),))


@pytest.fixture
def real(modelform: Any) -> Any:
    """The runner, on the sandbox."""
    modelform.real_driver = True
    modelform.write(_good(modelform) + "policy: {lifecycle: [generallyAvailable, preview]}\n")
    return modelform


def _good(modelform: Any) -> str:
    return str((modelform.folder / "stacks" / "dev.yaml").read_text())


def test_a_plan_is_saved_and_then_done_without_a_question(real: Any) -> None:
    shown = real("preview", "--out", "plan.json")
    assert shown.code == 0
    assert shown.out.endswith("Plan: 3 to create.\n")
    assert "`modelform up --plan plan.json` does exactly this" in shown.err
    done = real("up", "--plan", "plan.json")
    assert done.code == 0, done.err
    assert "Plan: 3 to create." in done.out
    assert "up of dev done" in done.out
    again = real("up", "--plan", "plan.json", "--json")
    assert again.code == 5
    assert [d["code"] for d in again.document["diagnostics"]] == ["plan.state"]
    assert (again.document["ok"], again.document["stack"]) == (False, "dev")


def test_under_ci_too(real: Any) -> None:
    real.environment["CI"] = "true"
    assert real("preview", "-s", "dev", "--out", "plan.json", "--expires", "4h").code == 0
    assert real("up", "-s", "dev", "--plan", "plan.json", "--detailed-exitcode").code == 2
    assert real("preview", "-s", "dev", "--out", "plan.json", "--detailed-exitcode").code == 0
    assert real("up", "-s", "dev", "--plan", "plan.json", "--detailed-exitcode").code == 0


def test_a_file_that_was_edited_is_exit_code_5_and_nothing_is_done(real: Any) -> None:
    assert real("preview", "--out", "plan.json").code == 0
    real.write(_good(real).replace("50k", "60k"))
    ran = real("up", "--plan", "plan.json")
    assert ran.code == 5
    assert "stacks/dev.yaml has changed since the plan was made [plan.file]" in " ".join(ran.err.split())
    assert [stack["resources"] for stack in real("stack", "ls", "--json").document["stacks"]] == [0]


def test_another_name_or_target_is_exit_code_5(real: Any) -> None:
    assert real("preview", "--out", "plan.json").code == 0
    real.write(_good(real).replace("name: dev", "name: prod"), "prod")
    ran = real("up", "-s", "prod", "--plan", "plan.json")
    assert (ran.code, "[plan.stack]" in ran.err) == (5, True)


def test_a_plan_that_is_over(real: Any) -> None:
    assert real("preview", "--out", "plan.json", "--expires", "1m").code == 0
    plan = saved_plan.read(Path("plan.json"))
    assert (plan.expires - plan.created).total_seconds() == 60
    real.now = lambda: plan.expires
    ran = real("up", "--plan", "plan.json")
    assert (ran.code, "[plan.expired]" in ran.err) == (5, True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["preview", "--expires", "4h"], "Say --out FILE."),
        (["preview", "--out", "p", "--expires", "4y"], "--expires takes a time of at most 30 days"),
        (["preview", "--out", "p", "--expires", "0h"], "--expires takes a time of at most 30 days"),
        (["preview", "--out", "p", "--expires", "5w"], "--expires takes a time of at most 30 days"),
        (["preview", "--out", "none/p"], "there is no folder"),
        (["preview", "--out", "stacks"], "is no file that a plan could be written to"),
        (["up", "--plan", "none.json"], "there is no plan none.json"),
        (["up", "--plan", "stacks/dev.yaml"], "is no plan that could be applied"),
        (["up", "--out", "p"], "--out belongs to: preview"),
        (["preview", "--plan", "p"], "--plan belongs to: up."),
        (["destroy", "--plan", "p"], "--plan belongs to: up."),
    ],
)
def test_wrong_use_is_exit_code_64(argv: list[str], said: str, modelform: Any) -> None:
    ran = modelform(*argv)
    assert ran.code == 64
    assert said in " ".join(ran.err.split())
    assert ran.driver is None or ran.driver.asked == []


@pytest.mark.parametrize(
    "option",
    [
        ["--refresh"],
        ["--on-name-taken", "purge"],
        ["--purge", "a"],
        ["--only", "a"],
        ["--replace", "a"],
        ["--continue-on-error"],
    ],
)
def test_options_that_make_another_plan_of_it(option: list[str], modelform: Any) -> None:
    modelform.result = PLAN
    assert modelform("preview", "--out", "plan.json").code == 0
    ran = modelform("up", "--plan", "plan.json", *option)
    assert ran.code == 64
    assert f"{option[0]} decides what a plan is" in ran.err
    assert ran.driver.asked == []


def test_what_the_driver_is_asked_for_a_saved_plan(modelform: Any) -> None:
    modelform.result = PLAN
    assert modelform("preview", "--refresh", "--purge", "a", "--allow-delete", "u", "--out", "plan.json").code == 0
    ran = modelform("up", "--plan", "plan.json", "--allow-delete", "v", "--parallel", "2")
    options = ran.request.options
    assert (options.refresh, options.purge, options.allow_delete, options.parallel) == (True, ("a",), ("u", "v"), 2)
    assert ran.request.confirm is None
    assert ran.request.verify is not None


def test_with_json_the_document_names_the_plan(modelform: Any) -> None:
    modelform.result = PLAN
    without = modelform("preview", "--json").document
    ran = modelform("preview", "--json", "--out", "plan.json")
    assert ran.document == {**without, "plan": "plan.json"}
    assert ran.document["refreshed"] is False


def test_markdown_is_only_the_comment(modelform: Any) -> None:
    modelform.result = PLAN
    alone = modelform("preview", "--markdown").out
    assert modelform("preview", "--markdown", "--out", "plan.json").out == alone
    assert json.loads(Path("plan.json").read_text())["stack"] == "dev"


def test_a_plan_with_errors_is_not_saved(modelform: Any) -> None:
    modelform.result = Result("preview", "dev", "embedded", "sandbox", False, exit_code=1)  # type: ignore[arg-type]
    ran = modelform("preview", "--json", "--out", "plan.json")
    assert ran.code == 1
    assert "was not written" in ran.err
    assert "plan" not in ran.document
    assert not Path("plan.json").exists()
