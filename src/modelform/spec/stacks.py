"""Finding a project's stack files."""

from __future__ import annotations

from pathlib import Path

from modelform.errors import UsageError
from modelform.spec.suggest import did_you_mean

ENDINGS = (".yaml", ".yml")


def find_stacks(project_dir: Path) -> dict[str, Path]:
    """The stack files of a project by name: `stacks/*.yaml`, without lock files, Pulumi's own files and base files.

    A base file is told by its name: `base`, or one that starts with `base-` or an underscore.
    """
    folder = Path(project_dir) / "stacks"
    found: dict[str, Path] = {}
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        if path.suffix in ENDINGS and path.is_file() and not _is_other(path):
            found.setdefault(path.stem, path)
    return found


def find_stack(project_dir: Path, name_or_path: str | None = None) -> Path:
    """The file of a stack that is named, or given as a path, or the only one. Raises UsageError."""
    stacks = find_stacks(project_dir)
    if name_or_path:
        if name_or_path in stacks:
            return stacks[name_or_path]
        if name_or_path.endswith(ENDINGS) or "/" in name_or_path:
            for path in (Path(name_or_path), Path(project_dir) / name_or_path):
                if path.is_file():
                    return path
        hint = did_you_mean(name_or_path, stacks) or _listed(stacks, project_dir)
        raise UsageError(f"there is no stack {name_or_path!r} in {project_dir}", code="usage.stack", hint=hint)
    if len(stacks) == 1:
        return next(iter(stacks.values()))
    if not stacks:
        raise UsageError(
            f"there are no stack files in {Path(project_dir) / 'stacks'}",
            code="usage.stack",
            hint="`modelform init` writes one; -C DIR names another project folder.",
        )
    raise UsageError(
        "there are several stacks here, and none is named", code="usage.stack", hint=_listed(stacks, project_dir)
    )


def _listed(stacks: dict[str, Path], project_dir: Path) -> str:
    if not stacks:
        return f"There are no stack files in {Path(project_dir) / 'stacks'}; `modelform init` writes one."
    return f"Name one with -s: {', '.join(stacks)}."


def _is_other(path: Path) -> bool:
    """Is it something else than a stack: Pulumi's settings, a lock, a hidden file, a base file?"""
    name = path.name
    base = path.stem == "base" or path.stem.startswith(("base-", "base."))
    return name.startswith((".", "_", "Pulumi.")) or path.stem.endswith(".lock") or base
