"""One tree from many files: `extends`, `with`, `include`, parameters and interpolation."""

from __future__ import annotations

import glob
from collections.abc import Mapping as Lookup
from dataclasses import field
from pathlib import Path

from modelform.errors import Diagnostic, Report, Severity, Span
from modelform.record import dataclass
from modelform.spec.interpolate import Scope, substitute
from modelform.spec.merge import add_fragment, merge, without
from modelform.spec.parameters import bind
from modelform.spec.source import Sources, shown
from modelform.spec.suggest import did_you_mean
from modelform.spec.words import API_VERSION
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence

PACKAGED = Path(__file__).parent / "templates"
_OWN_KEYS = ("extends", "with", "parameters", "include")


@dataclass(frozen=True, slots=True)
class Template:
    """A template that a stack was made from: its name, the SHA-256 of its file, and whether it came with modelform."""

    name: str
    digest: str
    packaged: bool
    span: Span


@dataclass
class Composed:
    """The merged tree of a stack, and the templates in it."""

    tree: Mapping | None
    templates: list[Template] = field(default_factory=list)


def compose(path: Path, sources: Sources, scope: Scope, report: Report) -> Composed:
    """Reads a stack file with all that it extends and includes; the tree is None when a file cannot be read."""
    composed = Composed(None)
    composed.tree = _Composer(sources, scope, report, composed).file(path, {}, None, ())
    return composed


def project_templates(file: Path) -> list[Path]:
    """The folders in which a stack file's project may keep templates, nearest first."""
    folder = file.resolve().parent
    return [folder / "templates", folder / "stacks" / "templates", folder.parent / "stacks" / "templates"]


class _Composer:
    def __init__(self, sources: Sources, scope: Scope, report: Report, composed: Composed) -> None:
        self.sources = sources
        self.scope = scope
        self.report = report
        self.composed = composed

    def file(
        self, path: Path, given: Lookup[str, Node], mentioned: Span | None, chain: tuple[Path, ...]
    ) -> Mapping | None:
        """The merged tree of one file; `given` are its parameters' values, `mentioned` the place that names it."""
        real = path.resolve()
        if real in chain:
            trail = " -> ".join(shown(item) for item in (*chain[chain.index(real) :], real))
            self.report.error(
                "stack-file.extends",
                f"extends goes round in a circle: {trail}",
                span=mentioned,
                hint="Take one `extends` out of the circle.",
            )
            return None
        written = self.sources.read(path, mentioned=mentioned, what="base file" if chain else "stack file")
        if written is None:
            return None
        parameters = bind(written, given, mentioned, self.scope, self.report)
        scope = self.scope.with_parameters(parameters)
        own = substitute(without(written, "parameters"), scope)
        assert isinstance(own, Mapping)
        if chain:
            self._check_version(own, path)
        merged = self._extended(own, path, (*chain, real))
        if merged is None:
            return None
        return self._included(own, merged, path, scope)

    def _extended(self, own: Mapping, path: Path, chain: tuple[Path, ...]) -> Mapping | None:
        """The file's own keys laid over those of the file that it extends."""
        rest = without(own, *_OWN_KEYS)
        extends = own.entries.get("extends")
        values = own.get("with")
        if extends is None or own.get("extends") is None:
            if values is not None:
                self.report.error(
                    "stack-file.extends",
                    "`with` gives values to a template, but nothing is extended",
                    span=own.entries["with"].key_span,
                    hint="Add `extends:`, or remove `with:`.",
                )
            return rest
        node = extends.node
        if not isinstance(node, Scalar) or node.problem is not None or not node.text.strip():
            problem = node.problem if isinstance(node, Scalar) else None
            self.report.add(
                problem
                or _error(
                    "stack-file.type",
                    "extends must be the path of a file or a template's name",
                    node.span,
                    "For example `extends: base.yaml`.",
                )
            )
            return None
        base_path = self._find(node, path)
        if base_path is None:
            return None
        given: Lookup[str, Node] = {}
        if values is not None and not isinstance(values, Mapping):
            self.report.error(
                "stack-file.type", "with must be a map", span=values.span, hint="For example {team: legal}."
            )
        elif values is not None:
            given = {name: entry.node for name, entry in values.entries.items()}
        base = self.file(base_path, given, node.span, chain)
        if base is None:
            return None
        self._note_template(node, base_path)
        merged = merge(without(base, "apiVersion", "name"), rest)
        assert isinstance(merged, Mapping)
        return merged

    def _note_template(self, node: Scalar, path: Path) -> None:
        """Keeps the template's digest, for the lock; a base file without parameters belongs to the stack itself."""
        by_name = not _is_path(node.text)
        raw = self.sources.read(path)
        if not by_name and (raw is None or "parameters" not in raw.entries):
            return
        name = node.text if by_name else path.name
        packaged = path.resolve().parent == PACKAGED.resolve()
        self.composed.templates.append(Template(name, self.sources.digest_of(path), packaged, node.span))

    def _find(self, node: Scalar, path: Path) -> Path | None:
        """The file that `extends:` means."""
        text = node.text.strip()
        if _is_path(text):
            if text.endswith((".yaml", ".yml")):
                return path.parent / text
            self.report.error(
                "stack-file.extends",
                f"the base file {text} does not end in .yaml or .yml",
                span=node.span,
                hint="Name a stack file; a template of the project or of modelform goes by its name alone.",
            )
            return None
        folders = [*project_templates(path), PACKAGED]
        for folder in folders:
            for ending in (".yaml", ".yml"):
                if (folder / f"{text}{ending}").is_file():
                    return folder / f"{text}{ending}"
        known = sorted({item.stem for folder in folders if folder.is_dir() for item in folder.glob("*.y*ml")})
        hint = (
            did_you_mean(text, known)
            or f"The templates are {', '.join(known) or 'none'}; a base file is named with its ending."
        )
        self.report.error("stack-file.extends", f"there is no template {text!r}", span=node.span, hint=hint)
        return None

    def _check_version(self, own: Mapping, path: Path) -> None:
        version = own.get("apiVersion")
        if version is None:
            self.report.error(
                "stack-file.missing-key",
                "the file has no apiVersion",
                span=own.span,
                hint=f"Add `apiVersion: {API_VERSION}`.",
            )
        elif not isinstance(version, Scalar) or version.text != API_VERSION:
            self.report.error("stack-file.value", f"apiVersion must be {API_VERSION}", span=version.span)

    def _included(self, own: Mapping, merged: Mapping, path: Path, scope: Scope) -> Mapping:
        """The tree with the deployments, routes and access of the file's fragments."""
        include = own.get("include")
        if include is None:
            return merged
        if not isinstance(include, Sequence):
            self.report.error(
                "stack-file.type", "include must be a list", span=include.span, hint="For example [teams/*.yaml]."
            )
            return merged
        seen: set[Path] = {path.resolve()}
        for item in include.items:
            for fragment in self._matches(item, path):
                if fragment.resolve() in seen:
                    continue
                seen.add(fragment.resolve())
                tree = self.sources.read(fragment, mentioned=item.span, what="included file")
                if tree is not None:
                    if "apiVersion" in tree.entries:
                        self._check_version(tree, fragment)
                    filled = substitute(tree, scope)
                    assert isinstance(filled, Mapping)
                    merged = add_fragment(merged, filled, self.report)
        return merged

    def _matches(self, item: Node, path: Path) -> list[Path]:
        if not isinstance(item, Scalar) or not isinstance(item.value, str) or item.problem is not None:
            problem = item.problem if isinstance(item, Scalar) else None
            self.report.add(
                problem or _error("stack-file.type", "include names files", item.span, "For example teams/*.yaml.")
            )
            return []
        if item.text.startswith(("/", "~")) or ".." in item.text.split("/"):
            self.report.error(
                "stack-file.include",
                f"{item.text} leaves this file's folder",
                span=item.span,
                hint="Files are included from this file's folder and those below it.",
            )
            return []
        found = sorted(glob.glob(item.text, root_dir=path.parent, recursive=True))
        if found:
            return [path.parent / name for name in found if (path.parent / name).is_file()]
        if glob.has_magic(item.text):
            self.report.warning(
                "stack-file.include",
                f"no file matches {item.text}",
                span=item.span,
                hint="Check the pattern; it starts at this file's folder.",
            )
        else:
            self.report.error(
                "stack-file.include", f"there is no file {item.text}", span=item.span, hint="Check the path."
            )
        return []


def _is_path(text: str) -> bool:
    return "/" in text or text.endswith((".yaml", ".yml"))


def _error(code: str, summary: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, summary, "", span, hint)
