"""What a company file is pinned to, by digest or by commit; the checks of its packs are pinned with it."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

from modelform.errors import PolicyError, UsageError
from modelform.record import dataclass
from modelform.spec.packs import ENDINGS, PIN, mispinned
from modelform.spec.resolved import Pack
from modelform.spec.source import shown

CODE = "company.pin"
GIT_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Pin:
    """What a company file is asked for by: its path, and what its content must be. `kind` is empty without a pin."""

    path: Path
    kind: str = ""
    value: str = ""

    @property
    def text(self) -> str:
        """The pin as it is written: `sha256:…`."""
        return f"{self.kind}:{self.value}" if self.kind else ""


def parse_pin(text: str, source: str) -> Pin:
    """`FILE`, `FILE@sha256:HEX` or `FILE@git:COMMIT`. Raises UsageError."""
    path, at, pin = text.rpartition("@")
    kind, _, value = pin.partition(":")
    if not at or kind not in ("sha256", "git"):
        return Pin(Path(text))
    wanted = {"sha256": r"[0-9a-fA-F]{64}", "git": r"[0-9a-fA-F]{7,64}"}[kind]
    if not path or not re.fullmatch(wanted, value):
        digits = "64 hexadecimal digits" if kind == "sha256" else "a commit, 7 to 64 hexadecimal digits"
        hint = f"FILE@sha256:… takes what `sha256sum FILE` says, FILE@git:… a commit: {kind}: has {digits}."
        raise UsageError(f"{source} has a pin that cannot be read: {pin!r}", code="usage.company", hint=hint)
    return Pin(Path(path), kind, value.lower())


def require_file(pin: Pin, digest: str) -> None:
    """Raises PolicyError where the company file is not what it is pinned to."""
    if pin.kind == "sha256":
        _require(f"the company file {shown(pin.path)}", digest, pin.value, "the pin")
    elif pin.kind == "git":
        _require(f"the company file {shown(pin.path)}", digest, _digest_in_git(pin, pin.path), f"commit {pin.value}")


def require_packs(pin: Pin, packs: tuple[Pack, ...]) -> None:
    """Raises PolicyError where a pack is not what it is pinned to, before anything of it runs.

    A commit has the packs as well; a digest is of the file alone, so that the file must say theirs.
    """
    for pack in packs:
        if why := mispinned(pack):
            raise PolicyError(
                f"the pack {pack.folder} is not the one that it is pinned to",
                code=CODE,
                detail=f"{why}; nothing was touched, and nothing of the pack was run",
                span=pack.span,
                hint="take the pack that was agreed on, or write its new digest and pin the company file anew",
            )
        if pin.kind == "git":
            _require_committed(pin, pack)
        elif pin.kind and not pack.wanted:
            written = f"{PIN}{pack.digest or '…'}"
            raise PolicyError(
                f"the company file is pinned by its digest, and its pack {pack.folder} is not",
                code=CODE,
                detail="whoever changes a file of the pack changes what is checked; nothing was touched",
                span=pack.span,
                hint=f"write {written} behind the pack's name and pin the file anew, or pin it by its commit",
            )


def _require_committed(pin: Pin, pack: Pack) -> None:
    """The pack has the files that its commit has, each as it is there."""
    folder = Path(pack.folder)
    commit = _commit(pin, folder)
    listed = _git(pin, folder, "ls-tree", "--name-only", "-z", commit, "./").decode(errors="replace").split("\0")
    kept = {name for name in listed if name.endswith(ENDINGS)}
    there = {Path(file.path).name for file in pack.files}
    for name in sorted(kept ^ there):
        said = "has it, and it is not there" if name in kept else "has no such file"
        raise PolicyError(
            f"the pack file {Path(pack.folder) / name} is not as it is pinned",
            code=CODE,
            detail=f"commit {pin.value} {said}; nothing was touched",
            span=pack.span,
            hint="take the pack that was agreed on, or have the new one pinned",
        )
    for file in pack.files:
        path = Path(file.path)
        _require(f"the pack file {file.path}", file.digest, _digest_in_git(pin, path), f"commit {pin.value}")


def _require(what: str, digest: str, wanted: str, of: str) -> None:
    if wanted != digest:
        is_now = f"it is sha256:{digest}" if digest else "it cannot be read"
        raise PolicyError(
            f"{what} is not the one that it is pinned to",
            code=CODE,
            detail=f"{is_now}, and {of} says sha256:{wanted}; nothing was touched",
            hint="take the company file that was agreed on, or have the new one pinned",
        )


def _digest_in_git(pin: Pin, file: Path) -> str:
    """The SHA-256 of a file as a commit of its repository has it."""
    folder = file.absolute().parent
    return hashlib.sha256(_git(pin, folder, "show", f"{_commit(pin, folder)}:./{file.name}")).hexdigest()


def _commit(pin: Pin, folder: Path) -> str:
    commit = _git(pin, folder, "rev-parse", "--verify", f"{pin.value}^{{commit}}").decode().strip()
    if not commit.startswith(pin.value):
        # A branch or a tag may have the name of a commit.
        raise _unproven(pin, f"{pin.value} is the name of something else, at {commit}")
    return commit


def _git(pin: Pin, folder: Path, *words: str) -> bytes:
    try:
        ran = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True, timeout=GIT_PATIENCE)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise _unproven(pin, said[0] if said else "git answered with an error") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise _unproven(pin, f"git could not be asked: {error}") from error
    return ran.stdout


def _unproven(pin: Pin, why: str) -> PolicyError:
    return PolicyError(
        f"whether the company file {shown(pin.path)} is that of commit {pin.value} cannot be told",
        code=CODE,
        detail=f"{why}; nothing was touched",
        hint="the file must lie in a git repository that has the commit; a pin by sha256: needs none",
    )
