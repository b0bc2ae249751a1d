"""Reads a company file: strictly, with places, and only if it is the one that it was pinned to."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modelform.errors import PolicyError, Report, Span, UsageError
from modelform.record import dataclass
from modelform.spec.companyfile import AcceptanceForm, CompanyForm, WaiverForm, company_kind
from modelform.spec.context import Context
from modelform.spec.deployments import UPGRADES
from modelform.spec.kinds import BROKEN, Reading
from modelform.spec.packs import read_packs
from modelform.spec.policies import resolve_policy
from modelform.spec.records import camel
from modelform.spec.resolved import Origins, Policy
from modelform.spec.rulebook import Acceptance, Company, Waiver
from modelform.spec.source import Sources, shown
from modelform.spec.yamlnodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from modelform.catalog import Catalog

VARIABLE = "MODELFORM_COMPANY"
FLAG = "--company"
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


def find_company(flag: str | None, environment: Lookup[str, str], catalog: Catalog, today: date) -> Found | None:
    """The company file of a flag or a variable, None where neither names one.

    Where both do, they must name the same content: a flag must not put another file in the place of the pipeline's.
    Raises PolicyError for that, and for a file that is not what it was pinned to; UsageError for a pin of no form.
    """
    asked = [(text, source) for text, source in ((flag, FLAG), (environment.get(VARIABLE), VARIABLE)) if text]
    found = [load_company(parse_pin(text, source), catalog, today) for text, source in asked]
    if not found:
        return None
    if len(found) == 2 and found[0].digest != found[1].digest:
        raise PolicyError(
            f"{FLAG} and {VARIABLE} name two different company files",
            code="company.two",
            detail=f"{FLAG}: sha256:{found[0].digest}; {VARIABLE}: sha256:{found[1].digest}",
            hint="leave one of them out",
        )
    return next((one for one in found if one.company and one.company.pinned), found[0])


@dataclass(frozen=True, slots=True)
class Found:
    """A company file that was read: what it means, None where it is wrong, and what there is to say about it."""

    company: Company | None
    digest: str
    report: Report


def load_company(pin: Pin, catalog: Catalog, today: date) -> Found:
    """Reads a company file. Raises PolicyError where its content is not what the pin says."""
    if not pin.path.exists():
        hint = f"{FLAG} and {VARIABLE} take a path, as seen from the folder that the command runs in."
        raise UsageError(f"there is no company file {pin.path}", code="usage.company", hint=hint)
    report = Report()
    sources = Sources(report)
    tree = sources.read(pin.path, what="company file")
    digest = next(iter(sources.files.values()), "")
    if digest:
        _require_pinned(pin, digest)
    if tree is None:
        return Found(None, digest, report)
    reading = Reading(report)
    for scalar in _scalars(tree):
        if "${" in scalar.shown:
            reading.fail(
                "stack-file.value",
                f"a company file takes no values from outside: {scalar.shown!r}",
                scalar.span,
                "Write the value itself: what holds must not depend on who runs it.",
            )
    reading.origins[""] = Span(shown(pin.path), 1, 1)
    form = company_kind().read(tree, "", reading)
    if form is BROKEN:
        return Found(None, digest, report)
    company = _resolved(cast(CompanyForm, form), reading, sources, catalog, today)
    if report.errors:
        return Found(None, digest, report)
    if pin.kind == "git":
        for file, content in sources.files.items():
            if content != digest:
                _require_pinned(replace(pin, path=Path(file)), content, "file of a pack")
    packs = "".join(content for content in sources.files.values() if content != digest)
    stamp = hashlib.sha256(f"{digest}{packs}".encode()).hexdigest() if packs else digest
    return Found(replace(company, file=shown(pin.path), digest=digest, stamp=stamp, pinned=pin.text), digest, report)


def _resolved(form: CompanyForm, reading: Reading, sources: Sources, catalog: Catalog, today: date) -> Company:
    context = Context("", cast(Any, None), reading, catalog, today, "", Policy())
    origins = Origins(reading.origins)
    policy = resolve_policy(context, form.policy)
    policy = replace(policy, packs=read_packs(form.policy.packs if form.policy else (), origins, sources))
    allow, pinning, approval, duties = form.allow, form.pinning, form.without_approval, form.duties
    tags = form.required_tags
    return Company(
        file="",
        digest="",
        policy=policy,
        origins=origins,
        targets=allow.targets if allow else (),
        engines=allow.engines if allow else (),
        backends=allow.backends if allow else (),
        secrets_providers=allow.secrets_providers if allow else (),
        versions=pinning.versions if pinning else None,
        upgrades=tuple(UPGRADES[word] for word in pinning.upgrades) if pinning else (),
        naming=_written(form.naming),
        tags=dict(tags) if isinstance(tags, dict) else dict.fromkeys(tags, ()),
        deletes=approval.deletes if approval else None,
        replacements=approval.replacements if approval else None,
        duties=_written(duties),
        marketplace=tuple(_acceptance(item, index, origins) for index, item in enumerate(form.marketplace)),
        waivers=tuple(_waiver(item, index, origins) for index, item in enumerate(form.exceptions)),
    )


def _written(form: Any) -> dict[str, str]:
    """The keys of a record of texts that have a value, as the file spells them."""
    if form is None:
        return {}
    return {camel(name): value for name in form.__slots__ if (value := getattr(form, name)) is not None}


def _acceptance(form: AcceptanceForm, index: int, origins: Origins) -> Acceptance:
    span = origins.span(f"marketplace.{index}")
    return Acceptance(form.model, form.offer, form.plan, form.by, form.on, span)


def _waiver(form: WaiverForm, index: int, origins: Origins) -> Waiver:
    span = origins.span(f"exceptions.{index}")
    return Waiver(form.code, form.stack, form.deployment, form.reason, form.until, span)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for entry in node.entries.values():
            yield from _scalars(entry.node)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)


# pins


def _require_pinned(pin: Pin, digest: str, what: str = "company file") -> None:
    if not pin.kind:
        return
    if pin.kind == "sha256":
        wanted, of = pin.value, "the pin"
    else:
        wanted, of = _digest_in_git(pin), f"commit {pin.value}"
    if wanted != digest:
        raise PolicyError(
            f"the {what} {shown(pin.path)} is not the one that it is pinned to",
            code="company.pin",
            detail=f"the file is sha256:{digest}, and {of} says sha256:{wanted}; nothing was touched",
            hint="take the company file that was agreed on, or have the new one pinned",
        )


def _digest_in_git(pin: Pin) -> str:
    """The SHA-256 of a file as a commit of its repository has it."""
    folder, name = pin.path.absolute().parent, pin.path.name
    commit = _git(pin, folder, "rev-parse", "--verify", f"{pin.value}^{{commit}}").decode().strip()
    if not commit.startswith(pin.value):
        # A branch or a tag may have the name of a commit.
        raise _unproven(pin, f"{pin.value} is the name of something else, at {commit}")
    return hashlib.sha256(_git(pin, folder, "show", f"{commit}:./{name}")).hexdigest()


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
        code="company.pin",
        detail=f"{why}; nothing was touched",
        hint="the file must lie in a git repository that has the commit; a pin by sha256: needs none",
    )
