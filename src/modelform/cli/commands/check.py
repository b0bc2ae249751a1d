"""`check`: the checks on what Terraform, Pulumi, ARM templates and Bicep declare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli.arguments import House, Option, Place, Reports, Target, command
from modelform.errors import Exit

if TYPE_CHECKING:
    from modelform.beside.arm import Where
    from modelform.beside.assemble import Assembled
    from modelform.beside.declared import Source
    from modelform.beside.held import Held
    from modelform.catalog import Catalog
    from modelform.cli.asking import Answer
    from modelform.cli.outside import Outside
    from modelform.cli.voice import Voice
    from modelform.errors import Diagnostic, Span
    from modelform.spec.resolved import Policy
    from modelform.spec.rulebook import Company

LARGEST = 64 * 1024 * 1024
STDIN = Path("-")
STDIN_SHOWN = "<stdin>"


def register(app: click.Group) -> None:
    """Adds the command."""
    command(app, "check")(check)


@dataclass(frozen=True)
class Files:
    """What another tool wrote."""

    terraform_plan: Annotated[
        Path | None,
        Option("--terraform-plan", metavar="FILE", help="A plan, or a state, as `terraform show -json` writes it."),
    ] = None
    pulumi_preview: Annotated[
        Path | None,
        Option("--pulumi-preview", metavar="FILE", help="What `pulumi preview --json` or `pulumi stack export` wrote."),
    ] = None
    arm_template: Annotated[Path | None, Option("--arm-template", metavar="FILE", help="An ARM template.")] = None
    arm_parameters: Annotated[
        Path | None, Option("--arm-parameters", metavar="FILE", help="The parameters of --arm-template.")
    ] = None
    bicep_params: Annotated[
        Path | None,
        Option(
            "--bicep-params", metavar="FILE", help="What `bicep build-params --stdout` wrote, or a .bicepparam file."
        ),
    ] = None


@dataclass(frozen=True)
class Destination:
    """Where a template would be deployed, which it does not say itself."""

    location: Annotated[
        str | None, Option("--location", metavar="REGION", help="The resource group's region, for templates.")
    ] = None
    resource_group: Annotated[
        str | None, Option("--resource-group", metavar="NAME", help="The resource group, for templates.")
    ] = None
    subscription: Annotated[
        str | None, Option("--subscription", metavar="ID", help="The subscription, where the file does not say it.")
    ] = None


@dataclass(frozen=True)
class Asking:
    """Whether a cloud is asked."""

    live: Annotated[
        bool, Option("--live", help="Ask Azure what `preview` asks: quota, capacity, the kind of subscription.")
    ] = False
    target: Annotated[Target | None, Option("--target", help="The cloud that --live asks. Default: azure.")] = None


def check(
    place: Place,
    files: Files,
    destination: Destination,
    asking: Asking,
    house: House,
    reports: Reports,
    policy: Annotated[
        Path | None,
        Option("--policy", metavar="FILE", help="What must hold: the `policy:` of a stack file, in a file."),
    ] = None,
    name: Annotated[
        str | None, Option("--name", metavar="NAME", help="What reports call it; default: the file's name.")
    ] = None,
    markdown: Annotated[bool, Option("--markdown", help="As Markdown: a comment for a pull request.")] = False,
) -> int:
    """Check what Terraform, Pulumi, an ARM template or Bicep would deploy, before it does; - is stdin."""
    from modelform.beside import checking
    from modelform.cli import appendix
    from modelform.cli.asking import doubted
    from modelform.cli.outside import outside
    from modelform.cli.reports import reported, take_stdout
    from modelform.cli.session import voice_of
    from modelform.errors import Severity

    voice, around = voice_of(place), outside()
    file = _one_of(files)
    take_stdout(place, reports, voice, markdown=markdown)
    with reported("check", reports, voice, around, markdown=markdown) as sheet:
        sheet.name, sheet.file = name or _named(file), _shown(file)
        sheet.root = place.directory or Path()
        asked = _asked(place, house, policy, around)
        source, held = _source(files, _where(destination, asking, around), around)
        made = _assembled(source, sheet.name, asked)
        made, answer = _answer(made, held, destination, asking, asked.catalog, place, around)
        sheet.stack, sheet.asked = made.stack, asking.live
        found = checking.check(made, asked.catalog, around.today(), answer.facts)
        found = [*asked.said, *doubted(found, answer.unseen)]
        beside = checking.document(made, asked.catalog) | appendix.company(asked.company)
        sheet.found = tuple(found)
        sheet.beside = _folded(beside) if markdown else ""
    stops = any(d.severity is Severity.ERROR for d in found)
    _tell(made, found, beside, sheet.name, voice, markdown, stops=stops)
    return int(Exit.STOPPED if stops else Exit.OK)


def _one_of(files: Files) -> Path:
    """The file that is to be checked; parameters go with their template."""
    from modelform.errors import UsageError

    given = {
        "--terraform-plan": files.terraform_plan,
        "--pulumi-preview": files.pulumi_preview,
        "--arm-template": None if files.bicep_params else files.arm_template,
        "--bicep-params": files.bicep_params,
    }
    found = [(flag, file) for flag, file in given.items() if file is not None]
    if not found:
        hint = f"Name a file with one of {', '.join(given)}."
        raise UsageError("there is nothing to check", code="usage.check", hint=hint)
    if len(found) > 1:
        said = f"{' and '.join(flag for flag, _ in found)} are two things to check"
        raise UsageError(said, code="usage.check", hint="Check one at a time.")
    if files.arm_parameters is not None and found[0][0] != "--arm-template":
        raise UsageError("--arm-parameters goes with --arm-template", code="usage.check")
    return found[0][1]


def _named(file: Path) -> str:
    """What a file is called in reports: its folder's name where its own says nothing."""
    stem = file.name.partition(".")[0]
    plain = ("plan", "tfplan", "preview", "main", "azuredeploy", "template", "mainTemplate", "params", "stack", "-", "")
    return file.absolute().parent.name or stem if stem in plain else stem


@dataclass(frozen=True)
class Asked:
    """What is held against a file: a policy with its places, the company, the catalogue; and what there is to say."""

    policy: Policy
    spans: dict[str, Span]
    company: Company | None
    catalog: Catalog
    said: tuple[Diagnostic, ...]


def _asked(place: Place, house: House, policy: Path | None, around: Outside) -> Asked:
    from modelform.beside import policy as policies
    from modelform.catalog import Catalog
    from modelform.catalog.data import find_overlay
    from modelform.cli.project import project_folder
    from modelform.cli.session import company_of
    from modelform.errors import Report
    from modelform.spec.resolved import Policy

    catalog = Catalog.load(find_overlay(project_folder(place.directory), around.environment), "azure")
    company, said = company_of(house)
    wanted, spans, report = policies.read(policy, catalog, around.today()) if policy else (Policy(), {}, Report())
    return Asked(wanted, spans, company, catalog, (*said, *report.sorted()))


def _where(destination: Destination, asking: Asking, around: Outside) -> Where:
    from modelform.beside.arm import Where
    from modelform.cli.asking import subscription_of

    group, location = destination.resource_group or "", destination.location or ""
    given = subscription_of(destination.subscription, around.environment if asking.live else {})
    return Where(given, group, location, around.today().isoformat())


def _answer(
    made: Assembled,
    held: Held,
    destination: Destination,
    asking: Asking,
    catalog: Catalog,
    place: Place,
    around: Outside,
) -> tuple[Assembled, Answer]:
    """What the cloud says of what is made, or that nobody was asked."""
    from modelform.beside.arm import SUBSCRIPTION
    from modelform.beside.held import unasked
    from modelform.cli import asking as cloud
    from modelform.errors import UsageError

    if not asking.live:
        if asking.target is not None:
            raise UsageError("--target says which cloud --live asks", code="usage.check", hint="Give --live too.")
        return made, cloud.Answer(unasked(made.stack, catalog, held.records or ()))
    given = cloud.subscription_of(destination.subscription, around.environment)
    stack = cloud.placed(made.stack, given, SUBSCRIPTION)
    return replace(made, stack=stack), cloud.ask(stack, held, place, asking.target, around)


def _assembled(source: Source, name: str, asked: Asked) -> Assembled:
    """The stack of what a file declares, under the policy and what the company says above it."""
    from modelform.beside.assemble import assemble

    if asked.company is None:
        return assemble(source, name, asked.policy, asked.catalog, asked.spans)
    from modelform.spec.tightening import tighten

    spans = dict(asked.spans)
    policy, loosened = tighten(asked.policy, asked.company, asked.catalog, spans)
    made = assemble(source, name, policy, asked.catalog, spans)
    return replace(made, stack=replace(made.stack, company=asked.company, loosened=loosened))


def _source(files: Files, where: Where, around: Outside) -> tuple[Source, Held]:
    """What the file declares, and what it says of what is there already."""
    from modelform.beside import arm, held, jsontext, pulumi, terraform

    if files.terraform_plan is not None:
        file = files.terraform_plan
        plan = jsontext.plain(_text(file, around), _shown(file), terraform.HOW)
        source = jsontext.shaped(lambda: terraform.read(plan, _shown(file)), _shown(file), "Terraform")
        return source, held.Held(jsontext.shaped(lambda: held.of_terraform(plan), _shown(file), "Terraform"))
    if files.pulumi_preview is not None:
        file = files.pulumi_preview
        preview = pulumi.document(_text(file, around), _shown(file))
        source = jsontext.shaped(lambda: pulumi.read(preview, _shown(file)), _shown(file), "Pulumi")
        return source, held.Held(jsontext.shaped(lambda: held.of_pulumi(preview), _shown(file), "Pulumi"))
    if files.bicep_params is not None:
        return _bicep(files, where, around)
    assert files.arm_template is not None
    given = None
    if files.arm_parameters is not None:
        given, _ = jsontext.read(_text(files.arm_parameters, around), _shown(files.arm_parameters))
    name, text = _shown(files.arm_template), _text(files.arm_template, around)
    template, spans = jsontext.read(text, name)
    return jsontext.shaped(lambda: arm.read(template, given, name, spans, where), name, "ARM"), _unsaid(text, where)


def _unsaid(template: str, where: Where) -> Held:
    """What a template does not say of what is there."""
    from modelform.beside.arm import RESOURCE_GROUP
    from modelform.beside.held import Held

    return Held(None, "uniquestring(" in template.lower(), "" if where.group else RESOURCE_GROUP)


def _bicep(files: Files, where: Where, around: Outside) -> tuple[Source, Held]:
    """Parameters of Bicep with the template that comes with them, is named, or lies beside them."""
    from modelform.beside import arm, bicep, jsontext
    from modelform.errors import StackFileError

    file = files.bicep_params
    assert file is not None
    given = _text(file, around)
    built = bicep.read(given, _shown(file))
    if built.template is not None:
        read = partial(arm.read, built.template, built.parameters, _shown(file), {}, where, "Bicep")
        return jsontext.shaped(read, _shown(file), "Bicep"), _unsaid(given, where)
    path = files.arm_template
    if path is None and built.using:
        path = (file.parent / built.using).with_suffix(".json")
    if path is None or not path.is_file():
        said = f"there is no {path}" if path else "nothing says which template they are for"
        hint = f"Build it first: `bicep build {built.using or 'main.bicep'}`, or name it with --arm-template."
        raise StackFileError(f"the template of these parameters is not there: {said}", code="check.bicep", hint=hint)
    text = _text(path, around)
    template, spans = jsontext.read(text, str(path))
    read = partial(arm.read, template, built.parameters, str(path), spans, where, "Bicep")
    return jsontext.shaped(read, str(path), "Bicep"), _unsaid(text, where)


def _shown(file: Path) -> str:
    """A file as places and reports call it."""
    return STDIN_SHOWN if file == STDIN else str(file)


def _text(file: Path, around: Outside) -> str:
    """The text of a file, or of stdin."""
    from modelform.errors import StackFileError

    try:
        if file == STDIN:
            buffer = getattr(around.stdin, "buffer", None)
            content = buffer.read(LARGEST + 1) if buffer else around.stdin.read(LARGEST + 1).encode()
        else:
            with file.open("rb") as opened:
                content = opened.read(LARGEST + 1)
    except OSError as error:
        why = {FileNotFoundError: f"there is no file {file}", IsADirectoryError: f"{file} is a folder, and no file"}
        said = why.get(type(error), f"{file} cannot be read: {error.strerror or error}")
        raise StackFileError(said, code="check.file") from None
    if len(content) > LARGEST:
        raise StackFileError(f"{_shown(file)} is larger than 64 MiB", code="check.file")
    if file.suffix == ".bicep":
        hint = f"Build it first: `bicep build {file}`, and check what it writes with --arm-template."
        raise StackFileError(f"{file} is Bicep's source, which Bicep itself compiles", code="check.bicep", hint=hint)
    hint = ""
    if content[:2] == b"PK":
        hint = "This is Terraform's own plan file: `terraform show -json FILE` writes it as JSON."
    # Windows PowerShell's `>` writes UTF-16, and some of its ways leave the mark out.
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    encoding = "utf-16" if wide else "utf-16-le" if content[:1] in b"{[" and content[1:2] == b"\0" else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise StackFileError(f"{_shown(file)} is no text", code="check.file", hint=hint) from None


def _tell(
    made: Assembled,
    found: list[Diagnostic],
    beside: dict[str, Any],
    name: str,
    voice: Voice,
    markdown: bool,
    *,
    stops: bool,
) -> None:
    from modelform.report import findings, json, words

    if voice.json:
        document = json.findings("check", found, stack=name, engine=made.stack.engine, target="azure")
        voice.document(document | beside)
    if stops and not voice.json and not markdown:
        _show_beside(beside, voice)
    if stops or not voice.json:
        voice.complain(found)
    if stops or voice.json:
        return
    said = findings.tally(found)
    stack = made.stack
    parts = ((stack.workspaces, "workspace"), (stack.deployments, "deployment"))
    counted = ", ".join(words.count(len(part), word) for part, word in parts)
    if not stack.workspaces and not stack.deployments:
        counted = "it declares nothing about models"
    voice.say(f"{name}: nothing stops it: {counted}{', ' + said if said else ''}.")
    if not markdown:
        _show_beside(beside, voice)


def _show_beside(beside: dict[str, Any], voice: Voice) -> None:
    from modelform.report import cost, proof

    lines = proof.lines(beside["residency"], voice.page)
    if "cost" in beside:
        lines += ["", *cost.line(beside["cost"], voice.page)]
    voice.say(*(["", *lines] if lines else []))


def _folded(beside: dict[str, Any]) -> str:
    from modelform.report import cost, proof
    from modelform.report.ink import Ink

    text = proof.folded(beside["residency"])
    if "cost" in beside:
        text += "\n" + " ".join(cost.line(beside["cost"], Ink(width=10_000))) + "\n"
    return text
