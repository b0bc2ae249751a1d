"""What an operation is doing, while it does it: lines for logs, a living display for a terminal.

Both take the same events, from any thread. Only steps of resources that a provider manages are told: components and
the stack itself are the program's own bookkeeping.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from modelform.plan import Event, Op, Step
from modelform.report import words
from modelform.report.findings import finding
from modelform.report.ink import Ink, printable

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

REPORT_EVERY = 10.0

Clock = Callable[[], float]


class Progress(Protocol):
    """Takes events between enter and exit."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def on_event(self, event: Event) -> None:
        """Tells of one event."""
        ...


def told(step: Step) -> bool:
    """Is the step one that a person follows? A replacement is told by its delete and its create, which do the work."""
    return step.custom and not step.type.startswith("pulumi:") and step.op not in (Op.SAME, Op.REPLACE)


def ended(running: dict[tuple[str, Op], Any], step: Step) -> bool:
    """Takes what has ended out of what is running; true where it was a refresh, whatever that has found."""
    if running.pop((step.urn, step.op), None) is not None:
        return False
    return running.pop((step.urn, Op.REFRESH), None) is not None


def finished_line(event: Event, ink: Ink, *, refreshed: bool = False) -> str:
    """`  + deployment assistant created (3.2 s)`; for a failure the word `failed`.

    What a refresh has found was done by somebody else: nothing is `deleted` by looking.
    """
    step = event.step
    assert step is not None
    sign, colour = words.SIGNS[step.op]
    if event.kind == "failed":
        sign, colour, said = "!", "red", f"{words.VERBS[step.op][0]} failed"
    elif refreshed and step.op in words.FOUND:
        said = words.FOUND[step.op]
    else:
        said = words.VERBS[step.op][1]
    line = f"{sign:>3} {printable(words.step_name(step))} {said} ({words.duration(event.seconds)})"
    return ink.paint(f"{sign:>3}", colour, "bold") + line[3:]


class Silent:
    """Nothing is told."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def on_event(self, event: Event) -> None:
        """Takes the event and says nothing."""


class Lines:
    """One line for each finished step, and every ten seconds one for each that is still running."""

    def __init__(self, stream: TextIO, ink: Ink, clock: Clock, *, every: float = REPORT_EVERY) -> None:
        self._stream, self._ink, self._clock, self._every = stream, ink, clock, every
        self._lock = threading.Lock()
        self._running: dict[tuple[str, Op], tuple[Step, float, float]] = {}
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._ticker = threading.Thread(target=self._keep_ticking, name="modelform-progress", daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join(timeout=2)

    def on_event(self, event: Event) -> None:
        """Writes a line for what has ended, and remembers what has begun."""
        with self._lock:
            if event.kind == "progress" and event.text:
                self._write(*self._ink.wrap(event.text, first="    ", rest="    "))
            elif event.kind == "diagnostic" and event.diagnostic is not None:
                self._write(*finding(event.diagnostic, self._ink))
            step = event.step
            if step is None:
                return
            if event.kind == "started" and told(step):
                now = self._clock()
                self._running[step.urn, step.op] = (step, now, now)
            elif event.kind in ("done", "failed"):
                refreshed = ended(self._running, step)
                if told(step):
                    self._write(finished_line(event, self._ink, refreshed=refreshed))

    def tick(self) -> None:
        """Writes a line for each step that has run for another ten seconds."""
        with self._lock:
            now = self._clock()
            for key, (step, since, last) in self._running.items():
                if now - last >= self._every:
                    self._running[key] = (step, since, now)
                    name = printable(words.step_name(step))
                    self._write(f"    {name}: still {words.VERBS[step.op][0]} ({words.duration(now - since)})")

    def _keep_ticking(self) -> None:
        while not self._stop.wait(1.0):
            self.tick()

    def _write(self, *lines: str) -> None:
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()


class Screen:
    """A display that stays at the bottom of a terminal: what runs and for how long, and the counts.

    What has ended scrolls away above it, exactly as `Lines` writes it.
    """

    def __init__(self, stream: TextIO, ink: Ink, clock: Clock) -> None:
        from rich.console import Console

        self._ink, self._clock = ink, clock
        self._console = Console(
            file=stream, no_color=not ink.color, width=ink.width, highlight=False, markup=False, emoji=False
        )
        self._lock = threading.Lock()
        self._running: dict[tuple[str, Op], tuple[Step, float]] = {}
        self._finished = 0
        self._failed = 0
        self._began = clock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def on_event(self, event: Event) -> None:
        """Moves what has ended above the display."""
        lines: list[str] = []
        with self._lock:
            if event.kind == "diagnostic" and event.diagnostic is not None:
                lines = finding(event.diagnostic, self._ink)
            elif event.kind == "progress" and event.text:
                lines = self._ink.wrap(event.text, first="    ", rest="    ")
            step = event.step
            if step is not None and event.kind == "started" and told(step):
                self._running[step.urn, step.op] = (step, self._clock())
            elif step is not None and event.kind in ("done", "failed"):
                refreshed = ended(self._running, step)
                if told(step):
                    self._finished += event.kind == "done"
                    self._failed += event.kind == "failed"
                    lines = [finished_line(event, self._ink, refreshed=refreshed)]
        if lines:
            from rich.text import Text

            self._console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)

    def _render(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            running = sorted(self._running.values(), key=lambda item: item[1])
            finished, failed = self._finished, self._failed
        now = self._clock()
        grid = Table.grid(padding=(0, 1))
        for step, since in running[:12]:
            sign, colour = words.SIGNS[step.op]
            name = f"{printable(words.step_name(step))} {words.VERBS[step.op][0]}"
            grid.add_row(
                Text(f"{sign:>3}", style=colour), Text(name, no_wrap=True, overflow="ellipsis"), f"{now - since:.0f} s"
            )
        if len(running) > 12:
            grid.add_row("", f"and {len(running) - 12} more", "")
        counts = f"{finished} done, {len(running)} running" + (f", {failed} failed" if failed else "")
        grid.add_row("", Text(counts, style="bold"), f"{now - self._began:.0f} s")
        return grid
