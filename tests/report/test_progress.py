"""Progress: lines for a log, a display for a terminal; both from the same events."""

from __future__ import annotations

import io
from dataclasses import replace

from modelform.errors import Diagnostic, Severity
from modelform.plan import Event, Op, Step
from modelform.report.ink import Ink
from modelform.report.progress import Lines, Screen, Silent, finished_line

TOKEN = "azure-native:cognitiveservices:Deployment"
STEP = Step(Op.CREATE, "urn:assistant", TOKEN, "assistant")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_line_for_each_finished_step() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Ink(), Clock())
    lines.on_event(Event("started", STEP))
    assert stream.getvalue() == ""
    lines.on_event(Event("done", STEP, seconds=3.21))
    assert stream.getvalue() == "  + deployment assistant created (3.2 s)\n"


def test_a_failed_step_says_so() -> None:
    assert finished_line(Event("failed", STEP, seconds=2), Ink()) == "  ! deployment assistant creating failed (2.0 s)"


def test_components_and_unchanged_resources_are_not_told() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Ink(), Clock())
    for step in (
        Step(Op.CREATE, "urn:c", "modelform:index:Workspace", "foundry", custom=False),
        Step(Op.CREATE, "urn:p", "pulumi:providers:azure-native", "default"),
        Step(Op.SAME, "urn:s", TOKEN, "same"),
    ):
        lines.on_event(Event("done", step))
    assert stream.getvalue() == ""


def test_a_replacement_is_told_once_for_each_thing_that_is_done() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Ink(), Clock())
    for op in (Op.DELETE_REPLACED, Op.REPLACE, Op.CREATE_REPLACEMENT):
        step = Step(op, "urn:assistant", TOKEN, "assistant")
        lines.on_event(Event("started", step))
        lines.on_event(Event("done", step, seconds=1))
    assert stream.getvalue() == (
        "  - deployment assistant deleted the old (1.0 s)\n +- deployment assistant replaced (1.0 s)\n"
    )


def test_a_refresh_tells_what_it_has_found_and_not_that_it_did_it() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, Ink(), clock)
    for name, op in (("gone", Op.DELETE), ("drifted", Op.UPDATE), ("same", Op.SAME)):
        begun = Step(Op.REFRESH, f"urn:{name}", TOKEN, name)
        lines.on_event(Event("started", begun))
        lines.on_event(Event("done", replace(begun, op=op), seconds=1))
    clock.now = 60.0
    lines.tick()
    deleting = Step(Op.DELETE, "urn:gone", TOKEN, "gone")
    lines.on_event(Event("started", deleting))
    lines.on_event(Event("done", deleting, seconds=1))
    assert stream.getvalue().splitlines() == [
        "  - deployment gone is gone (1.0 s)",
        "  ~ deployment drifted has changed (1.0 s)",
        "  - deployment gone deleted (1.0 s)",
    ]


def test_a_long_step_reports_every_ten_seconds_until_it_ends() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, Ink(), clock)
    lines.on_event(Event("started", STEP))
    for now in (5.0, 9.9, 10.0, 15.0, 20.5):
        clock.now = now
        lines.tick()
    assert stream.getvalue().splitlines() == [
        "    deployment assistant: still creating (10 s)",
        "    deployment assistant: still creating (20 s)",
    ]
    lines.on_event(Event("done", STEP, seconds=21))
    clock.now = 90.0
    lines.tick()
    assert len(stream.getvalue().splitlines()) == 3


def test_notes_and_findings_are_written_at_once() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Ink(), Clock())
    lines.on_event(Event("progress", text="recovering the account rg/foundry"))
    lines.on_event(Event("diagnostic", diagnostic=Diagnostic("quota.exceeded", Severity.ERROR, "too much")))
    assert stream.getvalue() == "    recovering the account rg/foundry\nerror: too much [quota.exceeded]\n"


def test_the_ticker_ends_with_the_work() -> None:
    lines = Lines(io.StringIO(), Ink(), Clock())
    with lines:
        ticker = lines._ticker
        assert ticker is not None
        assert ticker.is_alive()
    assert not ticker.is_alive()


def test_the_display_shows_what_runs_and_keeps_what_ended() -> None:
    stream, clock = io.StringIO(), Clock()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    screen = Screen(stream, Ink(True, 80), clock)
    slow = Step(Op.UPDATE, "urn:slow", TOKEN, "slow-one")
    with screen:
        screen.on_event(Event("started", STEP))
        screen.on_event(Event("started", slow))
        clock.now = 7.0
        screen.on_event(Event("done", STEP, seconds=7))
        assert screen._live is not None
        screen._live.refresh()
    text = stream.getvalue()
    assert "deployment assistant created (7.0 s)" in text
    assert "deployment slow-one updating" in text
    assert "1 done, 1 running" in text


def test_silence() -> None:
    with Silent() as silent:
        silent.on_event(Event("done", STEP))
