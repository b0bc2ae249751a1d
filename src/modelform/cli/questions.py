"""Questions to a person, and the guard that none is asked where nobody can answer."""

from __future__ import annotations

from modelform.cli.interruption import ending_at_once
from modelform.cli.outside import Outside
from modelform.cli.voice import Voice
from modelform.errors import InterruptedByUser, UsageError


def must_answer(around: Outside, command: str) -> None:
    """Stops a command that would have to ask where there is nobody to ask."""
    if not around.interactive:
        raise UsageError(
            f"`{command}` asks before it changes anything, and there is no terminal to ask at",
            code="usage.unconfirmed",
            hint="Pass -y to go ahead without a question.",
        )


def agree(around: Outside, voice: Voice, question: str) -> bool:
    """Asks a yes-or-no question; anything but yes is no."""
    return _ask(around, voice, f"{question} [y/N]").lower() in ("y", "yes")


def type_name(around: Outside, voice: Voice, name: str) -> bool:
    """Asks for a name to be typed, as the consent to lose something."""
    return _ask(around, voice, f"Type the stack's name ({name}) to destroy it:") == name


def _ask(around: Outside, voice: Voice, prompt: str) -> str:
    lines = voice.ink(around.stderr).wrap(prompt, rest="   ")
    around.stderr.write("\n".join(lines) + " ")
    around.stderr.flush()
    with ending_at_once():
        answer = around.stdin.readline()
    if not answer:
        raise InterruptedByUser("the input ended before the question was answered")
    return answer.strip()
