"""Command lines: options on either side of the command, and one clear message for what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from modelform.cli.arguments import command_words, hoist
from modelform.cli.commands import HOMES, assemble


@pytest.fixture(scope="module")
def root() -> Any:
    return assemble()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("up -y", "up -y"),
        ("-C dir up -y", "up -C dir -y"),
        ("--json -s dev preview", "preview --json -s dev"),
        ("--stack=dev --json preview", "preview --stack=dev --json"),
        ("-Cdir up", "up -Cdir"),
        ("-C dir stack ls --json", "stack ls -C dir --json"),
        ("--version", "--version"),
        ("--help", "--help"),
        ("-C up up", "up -C up"),
        ("-s a up -s b", "up -s a -s b"),
        ("--nonsense x up", "--nonsense x up"),
        ("", ""),
    ],
)
def test_options_before_a_command_are_read_as_its_own(written: str, read: str, root: Any) -> None:
    assert hoist(written.split(), root) == read.split()


def test_words_that_name_a_command(root: Any) -> None:
    assert command_words(["stack", "ls", "--json"], root) == ["stack", "ls"]
    assert command_words(["up", "stack"], root) == ["up"]
    assert command_words(["nonsense"], root) == []


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("upp", "there is no command `modelform upp`", "Did you mean up?"),
        ("-C . upp", "there is no command `modelform upp`", "Did you mean up?"),
        ("stack lss", "there is no command `modelform stack lss`", "Did you mean ls?"),
        ("up --stak dev", "`modelform up` has no option --stak", "Did you mean --stack?"),
        ("--stak dev up", "`modelform` has no option --stak", "--stack"),
        ("outputs --parallel 3", "`modelform outputs` has no option --parallel", "belongs to: preview, up"),
        ("up --nope", "`modelform up` has no option --nope", "`modelform up --help` lists what there is."),
        (
            "stack --stack dev",
            "`modelform stack` has no option --stack",
            "behind what is to be done: `modelform stack ls`",
        ),
        ("stack import", "missing option '--file'", "`modelform stack import --help`"),
        ("stack import x.json", "missing option '--file'", "`modelform stack import --help`"),
        ("up dev", "got unexpected extra argument (dev)", "-s NAME"),
        ("up -s", "option '-s' requires an argument", "--help"),
        ("up --parallel many", "invalid value for '--parallel'", "--help"),
        ("up --parallel 0", "invalid value for '--parallel'", "--help"),
        ("up --target aws", "invalid value for '--target': 'aws' is not one of 'sandbox', 'azure'", "--help"),
        ("up --on-name-taken shrug", "invalid value for '--on-name-taken'", "--help"),
    ],
)
def test_a_wrong_command_line_is_one_message_and_64(line: str, said: str, hint: str, modelform: Any) -> None:
    ran = modelform(*line.split())
    assert ran.code == 64
    assert said in " ".join(ran.err.split())
    assert hint in " ".join(ran.err.split())
    assert ran.err.count("error:") == 1
    assert ran.out == ""
    assert ran.driver is None


def test_a_wrong_command_line_is_a_document_with_json(modelform: Any) -> None:
    ran = modelform("up", "--json", "--stak", "dev")
    assert ran.code == 64
    assert ran.document["ok"] is False
    assert ran.document["command"] == "up"
    assert ran.document["diagnostics"][0]["code"] == "usage"


@pytest.mark.parametrize("line", ["", "stack", "sandbox"])
def test_no_command_is_answered_with_help(line: str, modelform: Any) -> None:
    ran = modelform(*line.split())
    assert ran.code == 64
    assert ran.err.startswith("Usage: modelform")
    assert "Commands:" in ran.err


@pytest.mark.parametrize("line", ["--help", "up -h", "stack ls --help"])
def test_help_succeeds(line: str, modelform: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert modelform(*line.split()).code == 0
    assert "Usage: modelform" in capsys.readouterr().out


def test_every_command_and_option_has_help(root: Any) -> None:
    def walk(node: Any, path: str) -> list[str]:
        missing = [] if node.help else [path]
        missing += [f"{path} {p.opts[0]}" for p in node.params if p.opts[0].startswith("-") and not p.help]
        for name, child in getattr(node, "commands", {}).items():
            missing += walk(child, f"{path} {name}")
        return missing

    assert walk(root, "modelform") == []


def test_a_command_is_found_whether_or_not_the_others_are_there(root: Any) -> None:
    assert list(root.commands) == list(HOMES)
    for name in HOMES:
        alone = assemble(name)
        assert name in alone.commands
        assert [p.opts for p in alone.commands[name].params] == [p.opts for p in root.commands[name].params]
