"""Where a command speaks: colour, width, readers that go away."""

from __future__ import annotations

import io
from typing import Any

import pytest

from modelform.cli.outside import Outside
from modelform.cli.voice import Voice
from modelform.errors import Diagnostic, Severity
from modelform.report.progress import Lines, Screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        raise BrokenPipeError


def around(out: io.StringIO, err: io.StringIO | None = None, **environment: str) -> Outside:
    return Outside(environment=environment, stdin=io.StringIO(), stdout=out, stderr=err or io.StringIO())


@pytest.mark.parametrize(
    ("stream", "environment", "no_color", "colour"),
    [
        (Terminal(), {"TERM": "xterm"}, False, True),
        (Terminal(), {"TERM": "xterm"}, True, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, False, True),
        (Terminal(), {"TERM": "dumb"}, False, False),
        (io.StringIO(), {"TERM": "xterm"}, False, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    stream: io.StringIO, environment: dict[str, str], no_color: bool, colour: bool
) -> None:
    assert Voice(around(stream, **environment), no_color=no_color).page.color is colour


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("400", 120), ("", 80), ("wide", 80)])
def test_width(columns: str, width: int) -> None:
    assert Voice(around(io.StringIO(), COLUMNS=columns)).page.width == width


def test_with_json_only_the_document_is_on_stdout() -> None:
    out, err = io.StringIO(), io.StringIO()
    voice = Voice(around(out, err), json=True)
    voice.say("a plan")
    voice.complain([Diagnostic("x", Severity.WARNING, "careful")])
    assert out.getvalue() == ""
    voice.document({"version": 1})
    assert out.getvalue() == '{\n  "version": 1\n}\n'
    assert err.getvalue() == "a plan\nwarning: careful [x]\n"


def test_a_reader_that_leaves_does_not_end_the_work() -> None:
    gone = Gone()
    voice = Voice(around(gone))
    for _ in range(3):
        voice.say("more")
    assert gone.writes == 1


def test_a_terminal_gets_a_display_and_a_log_gets_lines() -> None:
    made: list[Any] = [
        Voice(around(Terminal(), TERM="xterm")).progress(),
        Voice(around(Terminal(), TERM="dumb")).progress(),
        Voice(around(io.StringIO(), TERM="xterm")).progress(),
    ]
    assert [type(progress) for progress in made] == [Screen, Lines, Lines]
