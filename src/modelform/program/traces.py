"""Declares resources without the stack trace that Pulumi's SDK takes of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_stack_traces() -> Iterator[None]:
    """For as long as it lasts, a stack trace is one frame deep.

    The traces are for the messages of Pulumi's CLI and would name lines of modelform, not of the stack file; taking
    them is a quarter of the time of a program with many resources. Constructors take them at once, so that nothing
    else of an operation runs in between.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
