"""docs/cli.md says what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from modelform.cli.commands import assemble
from modelform.cli.reference import MEANINGS, reference
from modelform.errors import Exit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    made = reference()
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m modelform.cli.reference > docs/cli.md"


def test_every_exit_code_and_command_is_in_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(MEANINGS) == set(Exit)
    for command in ("init", "validate", "lock", "preview", "up", "destroy", "stack unlock", "sandbox status", "doctor"):
        assert f"\n## modelform {command}\n" in text


@pytest.mark.parametrize("words", [[], ["stack"], ["sandbox"]])
def test_a_list_of_commands_tells_each_in_full(words: list[str]) -> None:
    told = CliRunner().invoke(assemble(), [*words, "--help"]).output
    listed = told.partition("Commands:")[2]
    assert len(listed.splitlines()) > 3
    assert "..." not in listed
