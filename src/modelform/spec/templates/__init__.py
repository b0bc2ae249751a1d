"""Stack templates: what there is, and a new project from one. The packaged ones lie beside this file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from modelform.errors import ModelformError, Report, StackFileError, UsageError
from modelform.record import dataclass
from modelform.spec.suggest import did_you_mean
from modelform.spec.words import API_VERSION, NAME, NAME_FORM

PACKAGED = Path(__file__).parent
DEFAULT = "quickstart"

_PROGRAM = '''"""The Pulumi program of this folder: `pulumi preview -s NAME` plans stacks/NAME.yaml."""

from modelform.program.entry import main

main()
'''
_IGNORED = (".modelform/", "__pycache__/")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a template; `default` is None where a value must be given."""

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its name, where it is, whether it came with modelform, and what it asks for."""

    name: str
    file: Path
    packaged: bool
    summary: str
    parameters: tuple[Parameter, ...]


def available(project_dir: Path | None = None) -> dict[str, Template]:
    """The templates by name: a project's own (`stacks/templates/`) before the packaged ones."""
    folders = [PACKAGED] if project_dir is None else [Path(project_dir) / "stacks" / "templates", PACKAGED]
    found: dict[str, Template] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            if file.stem not in found:
                found[file.stem] = _read(file, folder == PACKAGED)
    return found


def init_project(
    folder: Path,
    stack: str,
    *,
    template: str = DEFAULT,
    values: Mapping[str, str] | None = None,
    project: str | None = None,
) -> list[Path]:
    """Makes a project folder with one stack; gives the files that it wrote, and leaves alone what is there.

    A stack file that exists already is a UsageError, as is an unknown template or parameter, or a bad name.
    """
    folder = Path(folder)
    if not re.fullmatch(NAME, stack):
        raise UsageError(f"the stack's name {stack!r} cannot be", hint=f"A name is {NAME_FORM}.")
    templates = available(folder)
    chosen = templates.get(template)
    if chosen is None:
        hint = did_you_mean(template, templates) or f"The templates are {', '.join(templates)}."
        raise UsageError(f"there is no template {template!r}", hint=hint)
    given = dict(values or {})
    _check_values(chosen, given)
    file = folder / "stacks" / f"{stack}.yaml"
    if file.exists():
        raise UsageError(f"{file} exists already, and is not overwritten", hint="Give the stack another name.")
    name = project or _project_name(folder.resolve().name)
    contents = {
        folder / "Pulumi.yaml": f"name: {_scalar(name)}\nruntime: python\nstackConfigDir: stacks\n",
        folder / "__main__.py": _PROGRAM,
        file: _stack(chosen, given),
    }
    try:
        written = [path for path, text in contents.items() if _write(path, text)]
        if _ignore(folder / ".gitignore"):
            written.append(folder / ".gitignore")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelformError(
            f"{error.filename or folder} cannot be written: {reason}", code="init.unwritable"
        ) from error
    return written


def _check_values(template: Template, given: Mapping[str, str]) -> None:
    known = {parameter.name: parameter for parameter in template.parameters}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"Its parameters are {', '.join(known) or 'none'}."
            raise UsageError(f"the template {template.name} has no parameter {name!r}", hint=hint)
    for name, parameter in known.items():
        if parameter.default is None and name not in given:
            raise UsageError(f"the template {template.name} needs a value for {name!r}", hint=parameter.description)


def _stack(template: Template, given: Mapping[str, str]) -> str:
    """A stack that extends the template: values that were given, and the other parameters as comments."""
    import json

    lines = [f"# {template.summary}" if template.summary else "# A stack.", f"apiVersion: {API_VERSION}"]
    lines.append(f"extends: {template.name}")
    if template.parameters:
        lines.append("with:" if given else "# with:")
    for parameter in template.parameters:
        if parameter.description:
            lines.append(f"  # {parameter.description}")
        if parameter.name in given:
            value = given[parameter.name]
            plain = parameter.type in ("integer", "number", "boolean", "list") and "\n" not in value
            lines.append(f"  {parameter.name}: {value if plain else json.dumps(value, ensure_ascii=False)}")
        else:
            lines.append(f"  # {parameter.name}: {parameter.default}")
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> bool:
    """Writes a file that does not exist yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _ignore(path: Path) -> bool:
    """Adds what modelform keeps in the folder to .gitignore, unless it is there."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in _IGNORED if line not in text.split()]
    if not missing:
        return False
    head = text if not text or text.endswith("\n") else f"{text}\n"
    path.write_text(head + "\n".join(missing) + "\n", encoding="utf-8")
    return True


def _read(file: Path, packaged: bool) -> Template:
    """A template's head: its first comment line and its parameters."""
    from modelform.spec.source import Sources
    from modelform.spec.yamlnodes import Mapping as Tree
    from modelform.spec.yamlnodes import Scalar, Sequence

    report = Report()
    tree = Sources(report).read(file, what="template")
    if tree is None:
        raise StackFileError(diagnostics=report.sorted())
    parameters: list[Parameter] = []
    block = tree.get("parameters")
    for name, entry in block.entries.items() if isinstance(block, Tree) else ():
        form = entry.node
        if not isinstance(form, Tree):
            continue
        texts: dict[str, str] = {}
        for key, item in form.entries.items():
            node = item.node
            if isinstance(node, Scalar):
                texts[key] = node.text
            elif isinstance(node, Sequence):
                texts[key] = f"[{', '.join(one.text for one in node.items if isinstance(one, Scalar))}]"
        parameters.append(
            Parameter(name, texts.get("type", "string"), texts.get("default"), texts.get("description", ""))
        )
    first = next((line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.startswith("# ")), "")
    summary = "" if "yaml-language-server" in first else first[2:]
    return Template(file.stem, file, packaged, summary, tuple(parameters))


def _project_name(folder: str) -> str:
    """A folder's name as a project's: letters lose what is above and below them, whatever else cannot be is a dash."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", folder) if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-.") or "modelform"


def _scalar(name: str) -> str:
    """The name as YAML, in quotes where it would be taken for a number or a truth."""
    import json

    import yaml

    return name if isinstance(yaml.safe_load(name), str) else json.dumps(name)
