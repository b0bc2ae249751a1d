"""Reads the folders of `policy.packs`: the texts of their checks, which are part of what a stack was read from."""

from __future__ import annotations

from pathlib import Path

from modelform.errors import Span
from modelform.spec.resolved import Origins, Pack, PackFile
from modelform.spec.source import Sources, shown

ENDINGS = (".py", ".yaml", ".yml")


def read_packs(named: tuple[str, ...], origins: Origins, sources: Sources) -> tuple[Pack, ...]:
    """The packs of a `policy:`, each folder as seen from the file that names it; what is wrong goes into the report."""
    found = []
    for index, text in enumerate(named):
        span = origins.span(f"policy.packs.{index}")
        folder = Path(span.file).parent / text if span else Path(text)
        pack = _read(folder, text, span, sources)
        if pack is not None:
            found.append(pack)
    return tuple(found)


def _read(folder: Path, text: str, span: Span | None, sources: Sources) -> Pack | None:
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "is not there"
        summary = f"the pack {text} {what}: {shown(folder)}"
        hint = "A pack is a folder with checks (.py, .yaml), as seen from the file that names it."
        sources.report.error("pack.not-found", summary, span=span, hint=hint)
        return None
    paths = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    if not paths:
        summary = f"the pack {text} has no checks: {shown(folder)}"
        sources.report.error("pack.not-found", summary, span=span, hint="A check is a .py or a .yaml file in it.")
        return None
    files = []
    for path in paths:
        content = sources.text(path, mentioned=span, what="pack file")
        if content is not None:
            files.append(PackFile(shown(path), content))
    return Pack(shown(folder), tuple(files), span)
