"""Ctrl-C in the middle of work: the first one lets what runs finish and be saved, the second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from modelform.cli.voice import Voice

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruption(voice: Voice) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the handlers that were there before come back at the end."""
    cancelled = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancelled
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        voice.note("", "Interrupted: what is running is finished and saved first.", "Once more to stop at once.")

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield cancelled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """While a question waits for its answer nothing runs: Ctrl-C and SIGTERM end the command there and then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
