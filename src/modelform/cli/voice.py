"""Where a command speaks: text for a person, or one JSON document on stdout and everything else on stderr."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from modelform.cli.outside import Outside
from modelform.errors import Diagnostic
from modelform.report.ink import Ink

if TYPE_CHECKING:
    from modelform.report.progress import Progress

WIDEST = 120


class Pipe:
    """A stream whose reader may go away: from then on nothing is written, and the work goes on.

    `modelform up | head` must not lose an operation halfway because nobody reads its lines any more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.open = True

    def write(self, text: str) -> int:
        """Writes, unless the reader is gone."""
        if self.open:
            try:
                return self._stream.write(text)
            except BrokenPipeError:
                self._close()
        return len(text)

    def flush(self) -> None:
        """Flushes, unless the reader is gone."""
        if self.open:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._close()

    def _close(self) -> None:
        """Points the file descriptor at nothing, so that the interpreter's own last flush is quiet too."""
        self.open = False
        try:
            number = self._stream.fileno()
        except (OSError, ValueError):
            return
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, number)
        os.close(nothing)

    def isatty(self) -> bool:
        """Is the reader a terminal?"""
        return self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Voice:
    """The two streams of a command, and how to write on each."""

    def __init__(self, around: Outside, *, json: bool = False, no_color: bool = False) -> None:
        self._around = around
        self.json = json
        self.taken = False
        self._out: Any = Pipe(around.stdout)
        self._err: Any = Pipe(around.stderr)
        self._no_color = no_color

    @property
    def told(self) -> Any:
        """The stream for what a person reads: stdout, or stderr where stdout carries a document."""
        return self._err if self.json or self.taken else self._out

    def ink(self, stream: Any) -> Ink:
        """Colour on terminals unless unwanted; as wide as the terminal is, 80 where there is none."""
        environment = self._around.environment
        terminal = bool(stream.isatty())
        plain = self._no_color or bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        return Ink(color=terminal and not plain, width=_columns(stream, environment.get("COLUMNS", ""), terminal))

    @property
    def page(self) -> Ink:
        """The ink of what a person reads."""
        return self.ink(self.told)

    def say(self, *lines: str) -> None:
        """Writes lines for a person."""
        _write(self.told, lines)

    def complain(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Writes findings to stderr."""
        found = list(diagnostics)
        if found:
            from modelform.report.findings import findings

            _write(self._err, findings(found, self.ink(self._err)))

    def note(self, *lines: str) -> None:
        """Writes lines to stderr, whatever stdout is for."""
        _write(self._err, lines)

    def document(self, document: dict[str, Any]) -> None:
        """Writes the one JSON document."""
        from modelform.report import json

        _write(self._out, [json.dumps(document)])

    def raw(self, text: str) -> None:
        """Writes text to stdout as it is: a schema, an exported state."""
        _write(self._out, [text])

    def progress(self) -> Progress:
        """A living display on a terminal, lines elsewhere."""
        from modelform.report import progress

        stream = self.told
        if stream.isatty() and self._around.environment.get("TERM") != "dumb":
            return progress.Screen(stream, self.page, self._around.clock)
        return progress.Lines(stream, self.page, self._around.clock)


def _write(stream: Any, lines: Iterable[str]) -> None:
    stream.write("".join(f"{line}\n" for line in lines))
    stream.flush()


def _columns(stream: Any, wish: str, terminal: bool) -> int:
    if wish.isdigit() and int(wish) > 0:
        return min(int(wish), WIDEST)
    if not terminal:
        return 80
    try:
        return min(os.get_terminal_size(stream.fileno()).columns or 80, WIDEST)
    except (OSError, ValueError):
        return shutil.get_terminal_size((80, 24)).columns
