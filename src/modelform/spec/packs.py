"""Reads the folders of `policy.packs`: the texts of their checks, which are part of what a stack was read from."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from modelform.errors import Span
from modelform.spec.resolved import Origins, Pack, PackFile
from modelform.spec.source import Sources, shown

ENDINGS = (".py", ".yaml", ".yml")
PIN = "@sha256:"


def read_packs(named: tuple[str, ...], origins: Origins, sources: Sources) -> tuple[Pack, ...]:
    """The packs of a `policy:`, each folder as seen from the file that names it; what is wrong goes into the report.

    A name may end with `@sha256:…`, the digest that its files must have. A file that cannot be read is in its pack
    with what is wrong with it: the other checks are made all the same.
    """
    found = []
    for index, text in enumerate(named):
        span = origins.span(f"policy.packs.{index}")
        name, at, wanted = text.partition(PIN)
        if at and not re.fullmatch(r"[0-9a-fA-F]{64}", wanted):
            summary = f"the pack {name} has a digest that cannot be read: {wanted!r}"
            hint = "FOLDER@sha256:… has 64 hexadecimal digits; with another digest, the message says which it is."
            sources.report.error("stack-file.value", summary, span=span, hint=hint)
            continue
        folder = Path(span.file).parent / name if span else Path(name)
        pack = _read(folder, name, wanted.lower(), span, sources)
        if pack is not None:
            found.append(pack)
    return tuple(found)


def digest_of(files: tuple[PackFile, ...]) -> str:
    """The digest of a folder: of what `sha256sum` says of its files, in the order of their names."""
    lines = sorted((Path(file.path).name, file.digest) for file in files)
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in lines).encode()).hexdigest()


def mispinned(pack: Pack) -> str:
    """Why a pack is not what it is pinned to; empty where it is, or is not pinned."""
    if not pack.wanted or pack.wanted == pack.digest:
        return ""
    lost = next((f"{file.path} cannot be read" for file in pack.files if not file.digest), "")
    return f"{lost or f'its files are sha256:{pack.digest}'}, and the pin says sha256:{pack.wanted}"


def _read(folder: Path, text: str, wanted: str, span: Span | None, sources: Sources) -> Pack | None:
    paths, summary = [], ""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "is not there"
        summary, hint = f"the pack {text} {what}: {shown(folder)}", "A pack is a folder with checks (.py, .yaml), as "
        hint += "seen from the file that names it."
    else:
        hint = "A check is a .py or a .yaml file in it."
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and not path.is_dir())
            summary = "" if paths else f"the pack {text} has no checks: {shown(folder)}"
        except OSError as error:
            summary = f"the pack {text} cannot be read: {shown(folder)}: {error.strerror or error}"
    if summary:
        sources.report.error("pack.not-found", summary, span=span, hint=hint)
        return None
    files = tuple(_file(path, sources) for path in paths)
    return Pack(shown(folder), files, span, digest_of(files) if all(file.digest for file in files) else "", wanted)


def _file(path: Path, sources: Sources) -> PackFile:
    file = shown(path)
    try:
        content = sources.content(path)
    except OSError as error:
        return PackFile(file, "", "", f"it cannot be read: {error.strerror or error}")
    digest = hashlib.sha256(content).hexdigest()
    try:
        return PackFile(file, content.decode("utf-8-sig"), digest)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        said = f"it is no text: the byte 0x{content[error.start]:02x} is not UTF-8"
        return PackFile(file, "", digest, said, before.count(b"\n") + 1, column)
