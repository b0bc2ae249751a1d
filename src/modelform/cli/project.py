"""Which folder is the project, and which of its stacks is meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelform.errors import Span, StackFileError, UsageError
from modelform.record import dataclass

MARKS = ("stacks", "Pulumi.yaml")
KEPT = ".modelform"
DEFAULT_NAME = "modelform"


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder, and the name that its stacks' state carries (Pulumi.yaml's `name:`)."""

    folder: Path
    name: str

    @property
    def kept(self) -> Path:
        """The folder for everything that modelform keeps; made where it is missing, and ignored by git."""
        folder = self.folder / KEPT
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder


def find_project(directory: Path | None, stack: str | None = None) -> Project:
    """The folder that was named; else the one a stack's path is in; else the nearest upward from here."""
    if directory is not None:
        folder = directory.resolve()
        if not folder.is_dir():
            raise UsageError(f"there is no folder {directory}", hint="-C takes the project folder.")
        if not _is_project(folder):
            raise UsageError(
                f"{directory} is no project folder: it holds neither stacks/ nor Pulumi.yaml",
                hint=f"`modelform -C {directory} init` makes one there.",
            )
        return Project(folder, project_name(folder))
    start = Path(stack).resolve().parent if stack is not None and is_path(stack) else Path.cwd()
    for folder in (start, *start.parents):
        if _is_project(folder):
            return Project(folder, project_name(folder))
    if stack is not None and is_path(stack) and start.is_dir():
        return Project(start, DEFAULT_NAME)
    raise UsageError(
        "this is no project folder: neither here nor above is a folder stacks/ or a Pulumi.yaml",
        hint="`modelform init` makes one here; -C DIR names another folder.",
    )


def project_folder(directory: Path | None) -> Path:
    """The project folder for a command that needs none: the folder that was named, or the one it is in, if any."""
    start = directory.resolve() if directory is not None else Path.cwd()
    around = (start,) if directory is not None else (start, *start.parents)
    return next((folder for folder in around if _is_project(folder)), start)


def project_name(folder: Path) -> str:
    """`name:` of the folder's Pulumi.yaml, or modelform."""
    file = folder / "Pulumi.yaml"
    if not file.is_file():
        return DEFAULT_NAME
    import yaml

    place = Span(str(file), 1, 1)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        if mark is not None:
            place = Span(str(file), mark.line + 1, mark.column + 1)
        reason = getattr(error, "problem", None) or error
        raise StackFileError(f"Pulumi.yaml cannot be read: {reason}", code="project.unreadable", span=place) from error
    name = content.get("name", DEFAULT_NAME) if isinstance(content, dict) else DEFAULT_NAME
    if not isinstance(name, str) or not name:
        raise StackFileError("`name:` in Pulumi.yaml must be text", code="project.name", span=place)
    return name


def choose_stack(project: Project, wanted: str | None, environment: Mapping[str, str]) -> Path:
    """The file of the stack that is meant; without a name it is the only one there is."""
    if wanted is not None and is_path(wanted):
        file = Path(wanted)
        if not file.is_file():
            raise UsageError(f"there is no stack file {wanted}", hint="-s takes a stack's name or a path to its file.")
        return file
    from modelform.spec import find_stack, find_stacks

    if wanted is None and "CI" in environment and (stacks := find_stacks(project.folder)):
        raise UsageError("under CI the stack must be named", hint=f"Say -s NAME; there is: {', '.join(stacks)}.")
    return find_stack(project.folder, wanted)


def is_path(stack: str) -> bool:
    """Is it a path to a stack file, and not a stack's name?"""
    return "/" in stack or "\\" in stack or stack.endswith((".yaml", ".yml"))


def _is_project(folder: Path) -> bool:
    return (folder / "stacks").is_dir() or (folder / "Pulumi.yaml").is_file()
