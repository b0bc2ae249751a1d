"""What is said of a state that cannot be used or written: each names the file, what is wrong, and the way out."""

from __future__ import annotations

import errno
from pathlib import Path

from modelform.errors import StateError, UnsupportedError

WAY_OUT = (
    "nothing was changed; the state before the last write is beside it (the same name and .bak), older ones are in "
    "history/; `modelform stack import --file FILE` puts one back"
)

ALONE = "the Pulumi CLI by itself (`pulumi up` in the project folder)"

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is too big",
}


def corrupt(source: str, what: str) -> StateError:
    """A document that is no state: cut short, damaged, or edited into something else."""
    return StateError(f"{source} cannot be read as a state: {what}", code="state.corrupt", hint=WAY_OUT)


def unsupported(source: str, what: str, hint: str = "") -> UnsupportedError:
    """A state in a form that only the Pulumi CLI handles."""
    return UnsupportedError(
        f"{source} {what}",
        code="state.unsupported",
        hint=hint or f"nothing was changed; work on this stack with {ALONE}",
    )


def unreadable(path: Path, error: OSError) -> StateError:
    """A file that the operating system does not let us read."""
    return StateError(
        f"{path} cannot be read: {error.strerror or error}",
        code="state.unreadable",
        hint="nothing was changed; let whoever runs modelform read it, and run the command again",
    )


def unwritable(path: Path, error: OSError) -> StateError:
    """A file that could not be written; what was there before it still is."""
    if error.errno in _FULL:
        return StateError(
            f"{path} cannot be written: {_FULL[error.errno]}",
            code="state.disk-full",
            detail="The last state that was written is still there, unharmed.",
            hint="make room and run the command again: what was under way is found and taken up",
        )
    return StateError(
        f"{path} cannot be written: {error.strerror or error}",
        code="state.unwritable",
        detail="The last state that was written is still there, unharmed.",
        hint="let whoever runs modelform write there, and run the command again",
    )
