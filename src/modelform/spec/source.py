"""Reading the files that a stack is made of: bytes to text to nodes, and a digest of everything that was read."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

from modelform.errors import Report, Span
from modelform.spec.yamlnodes import Mapping, parse

LARGEST_FILE = 1024 * 1024


class Sources:
    """The files read for one stack; each is read and parsed once, and takes part in the digest."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._parsed: dict[Path, Mapping | None] = {}
        self._digests: dict[str, str] = {}

    def read(self, path: Path, *, mentioned: Span | None = None, what: str = "stack file") -> Mapping | None:
        """The tree of one file; None when it cannot be read, with the reason in the report.

        `mentioned` is the place that names the file, which is where a missing file is reported.
        """
        key = path.resolve()
        if key not in self._parsed:
            self._parsed[key] = self._load(path, mentioned, what)
        return self._parsed[key]

    def digest_of(self, path: Path) -> str:
        """The SHA-256 of a file that was read."""
        return self._digests[shown(path)]

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of every file that was read, by absolute path."""
        return {os.path.abspath(file): digest for file, digest in sorted(self._digests.items())}

    def digest(self, used: dict[str, str | None]) -> str:
        """The SHA-256 of all files' contents and of the environment values that they used."""
        total = hashlib.sha256()
        for _, content in sorted(self._digests.items()):
            total.update(content.encode())
        for name, value in sorted(used.items()):
            total.update(f"\0{name}\0{value!r}".encode())
        return total.hexdigest()

    def content(self, path: Path) -> bytes:
        """The bytes of a file, which take part in the digest. Raises OSError, also for what is no file or too large."""
        if path.is_file() and path.stat().st_size > LARGEST_FILE:
            raise OSError(errno.EFBIG, f"it is larger than 1 MiB ({path.stat().st_size:,} bytes)")
        if path.exists() and not path.is_file() and not path.is_dir():
            raise OSError(errno.EINVAL, "it is a device or a pipe, and not a file")
        content = path.read_bytes()
        self._digests[shown(path)] = hashlib.sha256(content).hexdigest()
        return content

    def _load(self, path: Path, mentioned: Span | None, what: str) -> Mapping | None:
        text = self._text(path, mentioned, what)
        return None if text is None else parse(text, shown(path), self.report, what)

    def _text(self, path: Path, mentioned: Span | None, what: str) -> str | None:
        file = shown(path)
        try:
            if path.is_file() and path.stat().st_size > LARGEST_FILE:
                self._refuse(
                    "stack-file.too-large",
                    f"the file is larger than 1 MiB ({path.stat().st_size:,} bytes)",
                    file,
                    "Split it with `include`, or into several stacks.",
                )
                return None
            content = self.content(path)
        except OSError as error:
            reason = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
            self.report.error(
                "stack-file.not-found" if isinstance(error, FileNotFoundError) else "stack-file.unreadable",
                f"{what} {file}: {reason}",
                span=mentioned or None,
                hint="Check the path." if mentioned else "Check the name; `modelform stack ls` lists the stacks.",
            )
            return None
        return self._decode(content, file)

    def _decode(self, content: bytes, file: str) -> str | None:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self._refuse("stack-file.encoding", "the file is UTF-16, not UTF-8", file, "Save it as UTF-8.")
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            line = before.count(b"\n") + 1
            column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
            self.report.error(
                "stack-file.encoding",
                f"the byte 0x{content[error.start]:02x} is not UTF-8",
                span=Span(file, line, column),
                hint="Save the file as UTF-8.",
            )
            return None

    def _refuse(self, code: str, summary: str, file: str, hint: str) -> None:
        self.report.error(code, summary, span=Span(file, 1, 1), hint=hint)


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working directory when it is below it."""
    absolute = os.path.abspath(path)
    relative = os.path.relpath(absolute)
    return absolute if relative.startswith("..") else relative
