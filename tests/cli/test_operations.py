"""preview, up, refresh, destroy: what the driver is asked, what is shown, what is answered."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest

from modelform.errors import (
    AccessError,
    Diagnostic,
    Exit,
    LockedError,
    PartialError,
    PolicyError,
    ProviderError,
    Severity,
    StalePlanError,
    StateError,
    UnverifiedError,
)
from modelform.plan import Change, Difference, Event, Op, Result, Step, Summary
from modelform.values import Secret

TOKEN = "azure-native:cognitiveservices:Deployment"
STEP = Step(Op.CREATE, "urn:assistant", TOKEN, "assistant")
PLAN = Result(
    "preview",
    "dev",
    "embedded",
    "sandbox",
    True,
    Summary(create=1),
    (Change(Op.CREATE, "urn:assistant", TOKEN, "assistant"),),
)


def end(command: str = "up", code: Exit = Exit.OK, **more: Any) -> Result:
    return Result(command, "dev", "embedded", "sandbox", code is Exit.OK, exit_code=code, **more)


def test_a_preview_shows_the_plan(modelform: Any) -> None:
    modelform.result = PLAN
    ran = modelform("preview")
    assert ran.code == 0
    assert "  + deployment       assistant" in ran.out
    assert ran.out.endswith("Plan: 1 to create.\n")
    assert ran.driver.asked[0][0] == "preview"
    assert ran.request.name == "dev"
    assert ran.request.stack.name == "dev"


def test_a_preview_as_a_comment(modelform: Any) -> None:
    modelform.result = PLAN
    ran = modelform("preview", "--markdown")
    assert ran.out.startswith("### modelform preview: dev on the sandbox")
    assert "+   + deployment       assistant" in ran.out


@pytest.mark.parametrize("alias", [("plan", "preview"), ("apply", "up")])
def test_the_names_that_others_use(alias: tuple[str, str], modelform: Any) -> None:
    ran = modelform(alias[0], "-y")
    assert ran.code == 0
    assert ran.driver.asked[0][0] == alias[1]


def test_the_options_reach_the_driver(modelform: Any) -> None:
    ran = modelform(
        *("up", "-y", "--parallel", "3", "--refresh", "--on-name-taken", "recover", "--purge", "a", "--purge", "b"),
        *("--allow-replace", "urn:1", "--allow-delete", "urn:2", "--allow-delete", "urn:3"),
        *("--only", "a", "--only", "b", "--dependents", "--replace", "c", "--continue-on-error"),
    )
    options = ran.request.options
    assert (options.parallel, options.refresh, options.yes) == (3, True, True)
    assert (options.on_name_taken, options.purge) == ("recover", ("a", "b"))
    assert (options.allow_replace, options.allow_delete) == (("urn:1",), ("urn:2", "urn:3"))
    assert (options.targets, options.dependents, options.replace) == (("a", "b"), True, ("c",))
    assert options.continue_on_error


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_what_works_on_the_state_may_be_limited_too(command: str, modelform: Any) -> None:
    options = modelform(command, "-y", "--only", "a", "--dependents").request.options
    assert (options.targets, options.dependents) == (("a",), True)


def test_dependents_of_nothing(modelform: Any) -> None:
    ran = modelform("up", "-y", "--dependents")
    assert (ran.code, ran.driver) == (64, None) or ran.driver.asked == []
    assert "name a resource: --only NAME" in ran.err


@pytest.mark.parametrize(
    ("summary", "option", "code"),
    [
        (Summary(create=1), [], 0),
        (Summary(create=1), ["--detailed-exitcode"], 2),
        (Summary(same=4), ["--detailed-exitcode"], 0),
    ],
)
def test_the_detailed_exit_code(summary: Summary, option: list[str], code: int, modelform: Any) -> None:
    modelform.result = end("preview", summary=summary)
    assert modelform("preview", *option).code == code


@pytest.mark.parametrize("code", [Exit.FAILED, Exit.PARTIAL, Exit.INTERRUPTED])
def test_a_failed_operation_answers_with_its_own_code(code: Exit, modelform: Any) -> None:
    modelform.result = end(code=code, diagnostics=(Diagnostic("provider", Severity.ERROR, "quota exceeded"),))
    ran = modelform("up", "-y", "--detailed-exitcode")
    assert ran.code == code
    assert "quota exceeded" in ran.err
    how = {Exit.INTERRUPTED: "was interrupted", Exit.PARTIAL: "failed halfway"}.get(code, "failed")
    assert f"up of dev {how}" in ran.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PolicyError, 3),
        (StalePlanError, 5),
        (LockedError, 6),
        (AccessError, 7),
        (PartialError, 8),
        (UnverifiedError, 9),
        (StateError, 1),
        (ProviderError, 1),
    ],
)
@pytest.mark.parametrize("json", [False, True])
def test_every_expected_error_is_one_message_and_its_code(error: Any, code: int, json: bool, modelform: Any) -> None:
    modelform.given = {"problem": error("this is what is wrong", hint="do that")}
    ran = modelform("up", "-y", *(["--json"] if json else []))
    assert ran.code == code
    assert ran.err.count("error:") == 1
    assert "this is what is wrong" in ran.err
    assert "> do that" in ran.err
    if json:
        assert ran.document["ok"] is False
        assert ran.document["command"] == "up"
        assert [ran.document[name] for name in ("stack", "engine", "target")] == ["dev", "embedded", "sandbox"]
        assert ran.document["diagnostics"][0]["hint"] == "do that"
    else:
        assert ran.out == ""


def test_an_unexpected_error_is_one_message(modelform: Any) -> None:
    modelform.given = {"problem": KeyError("lost")}
    ran = modelform("up", "-y")
    assert ran.code == 1
    assert "KeyError: 'lost'" in ran.err
    assert "MODELFORM_DEBUG=1" in ran.err
    assert "://" not in ran.err


def test_a_full_disk_is_no_defect_of_ours(modelform: Any) -> None:
    modelform.given = {"problem": OSError(28, "No space left on device", ".modelform/state.json")}
    ran = modelform("up", "-y")
    assert ran.code == 1
    assert "No space left on device: .modelform/state.json" in " ".join(ran.err.split())
    assert "defect" not in ran.err


def test_ctrl_c_before_anything_is_130(modelform: Any) -> None:
    modelform.given = {"problem": KeyboardInterrupt()}
    ran = modelform("preview")
    assert ran.code == 130
    assert "interrupted" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_preview_at_once(number: int, modelform: Any, monkeypatch: Any) -> None:
    def work(memory: Any, name: str, request: Any, on_event: Any) -> Result:
        os.kill(os.getpid(), number)
        threading.Event().wait(2)
        raise AssertionError("the signal did not end it")

    before = signal.getsignal(number)
    monkeypatch.setattr(_memory_class(modelform), "_operate", work)
    ran = modelform("preview")
    assert ran.code == 130
    assert "interrupted" in ran.err
    assert signal.getsignal(number) is before


def test_ctrl_c_while_the_commands_are_put_together_is_130(modelform: Any, monkeypatch: Any) -> None:
    def pressed(first: str) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("modelform.cli.main.assemble", pressed)
    ran = modelform("preview")
    assert ran.code == 130
    assert "interrupted" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_lets_what_runs_be_finished_and_the_second_one_ends(
    number: int, modelform: Any, monkeypatch: Any
) -> None:
    cancelled: list[bool] = []

    def work(memory: Any, name: str, request: Any, on_event: Any) -> Result:
        os.kill(os.getpid(), number)
        cancelled.append(request.cancelled.wait(5))
        return end(code=Exit.INTERRUPTED)

    before = signal.getsignal(number)
    memory = _memory_class(modelform)
    monkeypatch.setattr(memory, "_operate", work)
    ran = modelform("up", "-y")
    assert cancelled == [True]
    assert ran.code == 130
    assert "Once more to stop at once" in ran.err
    assert signal.getsignal(number) is before

    def twice(memory: Any, name: str, request: Any, on_event: Any) -> Result:
        for _ in range(2):
            os.kill(os.getpid(), number)
            threading.Event().wait(0.2)
        raise AssertionError("the second signal did not end it")

    monkeypatch.setattr(memory, "_operate", twice)
    assert modelform("up", "-y").code == 130


def _memory_class(modelform: Any) -> type:
    driver = modelform("outputs").driver
    assert driver is not None
    return type(driver)


def test_up_shows_the_plan_the_work_and_the_outputs(modelform: Any) -> None:
    modelform.given = {
        "plan": PLAN,
        "events": (Event("started", STEP), Event("done", STEP, seconds=2.0), Event("summary")),
    }
    made = {"assistant": {"model": "m", "version": "1", "endpoint": "https://a.example", "key": Secret("hunter2")}}
    modelform.result = end(summary=Summary(create=1), outputs={"deployments": made}, seconds=3.0)
    ran = modelform("up", "-y")
    assert ran.code == 0
    shown = [line for line in ran.out.splitlines() if line]
    assert shown[0].startswith("Plan for dev")
    assert shown[-5:] == [
        "  + deployment assistant created (2.0 s)",
        "up of dev done in 3.0 s: 1 created.",
        "https://a.example",
        "  assistant  m@1",
        "`modelform outputs` has all that an application needs.",
    ]
    assert "hunter2" not in ran.out


def test_with_json_stdout_is_the_document_and_nothing_else(modelform: Any) -> None:
    modelform.given = {"plan": PLAN, "events": (Event("done", STEP, seconds=2.0),)}
    modelform.result = end(summary=Summary(create=1), outputs={"key": Secret("hunter2")})
    ran = modelform("up", "-y", "--json")
    assert ran.document["summary"]["create"] == 1
    assert ran.document["outputs"] == {"key": "[secret]"}
    assert "deployment assistant created" in ran.err
    assert "hunter2" not in ran.out + ran.err


def test_a_warning_is_told_once(modelform: Any) -> None:
    from dataclasses import replace

    warning = Diagnostic("lifecycle.retiring", Severity.WARNING, "it retires soon")
    modelform.given = {
        "plan": replace(PLAN, diagnostics=(warning,)),
        "events": (Event("diagnostic", diagnostic=warning),),
    }
    modelform.result = end(summary=Summary(create=1), diagnostics=(warning,))
    ran = modelform("up", "-y")
    assert (ran.out + ran.err).count("it retires soon") == 1


@pytest.mark.parametrize("command", ["up", "destroy", "refresh"])
def test_without_a_terminal_nothing_is_asked(command: str, modelform: Any) -> None:
    modelform.given = {"plan": PLAN}
    ran = modelform(command)
    assert ran.code == 64
    assert "Pass -y" in ran.err
    assert ran.driver is None


def test_under_ci_nothing_is_asked_even_at_a_terminal(modelform: Any) -> None:
    modelform.typed, modelform.environment = "y\n", {"CI": "true"}
    ran = modelform("up", "-s", "dev")
    assert ran.code == 64
    assert "Pass -y" in ran.err


@pytest.mark.parametrize(
    ("command", "typed", "code"),
    [
        ("up", "y\n", 0),
        ("up", "YES\n", 0),
        ("up", "\n", 1),
        ("up", "no\n", 1),
        ("destroy", "dev\n", 0),
        ("destroy", "y\n", 1),
        ("destroy", "Dev\n", 1),
        ("up", "", 130),
    ],
)
def test_a_person_is_asked(command: str, typed: str, code: int, modelform: Any) -> None:
    modelform.given, modelform.typed = {"plan": PLAN}, typed
    ran = modelform(command)
    assert ran.code == code
    assert "Plan for dev" in ran.out
    assert ("Type the stack's name (dev)" if command == "destroy" else "Do this? [y/N]") in ran.err
    if code == 1:
        assert "[declined]" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_at_a_question_ends_at_once(number: int, modelform: Any, monkeypatch: Any) -> None:
    def press(stream: Any) -> str:
        os.kill(os.getpid(), number)
        threading.Event().wait(2)
        return "y\n"

    modelform.given, modelform.typed = {"plan": PLAN}, "y\n"
    monkeypatch.setattr(modelform, "terminal_class", type("Pressed", (modelform.terminal_class,), {"readline": press}))
    ran = modelform("up")
    assert ran.code == 130
    assert "Once more" not in ran.err
    assert "done" not in ran.out


def test_a_confirmed_refresh_is_not_done_twice(modelform: Any) -> None:
    assert modelform("refresh", "-y").request.confirm is None
    assert modelform("up", "-y").request.confirm is not None


def test_a_confirmed_refresh_shows_what_it_found(modelform: Any) -> None:
    capacity = Difference("sku.capacity", "update", 50, 60)
    change = Change(Op.UPDATE, "urn:assistant", TOKEN, "assistant", diff=(capacity,))
    modelform.result = end("refresh", summary=Summary(update=1), changes=(change,))
    ran = modelform("refresh", "-y")
    assert "sku.capacity  50 -> 60" in ran.out
    assert ran.out.rstrip().endswith("1 changed.")


@pytest.mark.parametrize(
    ("argv", "environment", "target", "engine"),
    [
        ([], {}, "sandbox", "embedded"),
        (["--target", "azure"], {}, "azure", "pulumi"),
        (["--target", "azure", "--engine", "embedded"], {}, "azure", "embedded"),
        ([], {"MODELFORM_TARGET": "azure"}, "azure", "pulumi"),
        (["--target", "sandbox"], {"MODELFORM_TARGET": "azure"}, "sandbox", "embedded"),
        ([], {"MODELFORM_ENGINE": "pulumi"}, "sandbox", "pulumi"),
    ],
)
def test_which_engine_and_cloud(
    argv: list[str], environment: dict[str, str], target: str, engine: str, modelform: Any
) -> None:
    modelform.environment = {"AZURE_TENANT_ID": "00000000-0000-4000-8000-00000000bbbb", **environment}
    ran = modelform("preview", *argv)
    assert (ran.session.target, ran.session.engine) == (target, engine)


@pytest.mark.parametrize("name", ["MODELFORM_TARGET", "MODELFORM_ENGINE", "MODELFORM_SANDBOX_LATENCY"])
def test_a_variable_that_makes_no_sense(name: str, modelform: Any) -> None:
    modelform.environment = {name: "nonsense"}
    ran = modelform("preview")
    assert ran.code == 64
    assert f"{name} is 'nonsense'" in ran.err


@pytest.mark.parametrize(
    ("argv", "environment", "seconds"),
    [([], {}, 0.0), ([], {"MODELFORM_SANDBOX_LATENCY": "200"}, 0.2), (["--latency", "50"], {}, 0.05)],
)
def test_latency(argv: list[str], environment: dict[str, str], seconds: float, modelform: Any) -> None:
    modelform.environment = environment
    assert modelform("preview", *argv).session.latency == seconds
