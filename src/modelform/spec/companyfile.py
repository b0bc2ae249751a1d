"""The company file's models: every key that it may have, its kind, and the sentence that explains it.

Declared as the stack file's are, so that the reader, the JSON Schema and the reference page cannot differ.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

from modelform.record import dataclass
from modelform.spec.kinds import BROKEN, Choice, Kind, Number, Reading, Schema, Text, described, read_scalar
from modelform.spec.policyforms import PolicyForm
from modelform.spec.records import Either, ListOf, MapOf, Record, key
from modelform.spec.words import A_TEXT
from modelform.spec.yamlnodes import Node

COMPANY_VERSION = "modelform/company/v1"
NAMING_WORDS = ("stack", "key", "region")
_WORD = re.compile(r"\{([A-Za-z]+)\}")
A_CODE = Text(r"[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)*", "a check's code", "lifecycle.preview")
A_NAME_PATTERN = Text(r"[A-Za-z0-9._*?\[\]!-]+", "a name, or a pattern with * and ?", "prod-*")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression for whole names, in which `{stack}`, `{key}` and `{region}` stand for their values."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The expression as it is written."""
        scalar = read_scalar(node, path, "a regular expression", reading)
        if scalar is None:
            return BROKEN
        if not isinstance(scalar.value, str):
            summary = f"{path} must be a regular expression, not {described(node)}"
            return reading.fail("stack-file.type", summary, node.span, f'Put it in quotes: "{scalar.text}".')
        for word in _WORD.findall(scalar.text):
            if word not in NAMING_WORDS:
                summary = f"{path} has the word {{{word}}}, which stands for nothing"
                hint = f"The words are {', '.join('{' + name + '}' for name in NAMING_WORDS)}."
                return reading.fail("stack-file.value", summary, node.span, hint)
        try:
            re.compile(filled(scalar.text, {}))
        except re.error as error:
            summary = f"{path} is no regular expression: {error.msg}"
            return reading.fail("stack-file.value", summary, node.span, "For example acct-{stack}-[a-z0-9]{2,8}.")
        return scalar.text

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A string."""
        return {"type": "string", "minLength": 1}


def filled(pattern: str, values: dict[str, str]) -> str:
    """A naming pattern with its words replaced by values, each taken literally."""
    return _WORD.sub(lambda found: re.escape(values.get(found.group(1), "x")), pattern)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar, written `2027-03-31`."""

    def read(self, node: Node, path: str, reading: Reading) -> Any:
        """The date."""
        scalar = read_scalar(node, path, "a day such as 2027-03-31", reading)
        if scalar is None:
            return BROKEN
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", scalar.text):
                raise ValueError("another form")
            return date.fromisoformat(scalar.text)
        except ValueError:
            summary = f"{path} must be a day such as 2027-03-31, not {scalar.text!r}"
            return reading.fail("stack-file.value", summary, node.span, "Write year, month and day.")

    def schema(self, definitions: dict[str, Schema]) -> Schema:
        """A string of that form."""
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowForm:
    """What stacks may run with; a list that is not there allows everything."""

    targets: tuple[str, ...] = key(
        ListOf(Choice(("sandbox", "azure")), least=1), "The only clouds.", default=(), example=["sandbox", "azure"]
    )
    engines: tuple[str, ...] = key(
        ListOf(Choice(("pulumi", "embedded")), least=1), "The only engines.", default=(), example=["pulumi"]
    )
    backends: tuple[str, ...] = key(
        ListOf(A_TEXT, least=1),
        "The only backends of stacks on Azure, as patterns with `*`; the stack file must name one.",
        default=(),
        example=["azblob://state?storage_account=contoso*"],
    )
    secrets_providers: tuple[str, ...] = key(
        ListOf(A_TEXT, least=1),
        "The only secrets providers of stacks on Azure, as patterns with `*`.",
        default=(),
        example=["azurekeyvault://kv-contoso.vault.azure.net/*"],
    )
    packs: str | None = key(
        Choice(("any", "conditions", "none")),
        "Checks of their own that stacks may name: `conditions` only those in YAML, since Python could undo a check.",
        example="conditions",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PinningForm:
    """How firmly a deployment holds on to its model's version."""

    versions: str | None = key(
        Choice(("required", "free")), "`required`: every `model:` names its `@version`.", example="required"
    )
    upgrades: tuple[str, ...] = key(
        ListOf(Choice(("noAutoUpgrade", "onceExpired", "onceNewDefault")), least=1),
        "The only values of `upgrade:`.",
        default=(),
        example=["noAutoUpgrade", "onceExpired"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingForm:
    """Regular expressions that whole physical names must match; `{stack}`, `{key}` and `{region}` are filled in."""

    resource_groups: str | None = key(Pattern(), "Of resource groups that a stack makes.", example="rg-ai-{stack}")
    accounts: str | None = key(Pattern(), "Of Foundry and OpenAI accounts.", example="ai-{stack}-[a-z0-9-]+")
    hubs: str | None = key(Pattern(), "Of hubs.", example="hub-{stack}-[a-z]+")
    projects: str | None = key(Pattern(), "Of projects.", example="[a-z]{2,20}")
    deployments: str | None = key(Pattern(), "Of deployments and serverless endpoints.", example="{key}.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalForm:
    """How much may go in one operation without an approval; a number that is not there is no limit."""

    deletes: int | None = key(Number(), "The most resources that may be deleted.", example=0)
    replacements: int | None = key(Number(), "The most resources that may be replaced.", example=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DutiesForm:
    """What is done outside of stacks, and by whom; a stack that declares it itself is refused."""

    role_assignments: str | None = key(A_TEXT, "Who assigns roles.", example="the platform team")
    dns: str | None = key(A_TEXT, "Who keeps private DNS zones.", example="the network team")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceForm:
    """Marketplace terms that were accepted for the company."""

    model: str = key(A_TEXT, "The model, as ARM names it.", required=True, example="mistral-small-2503")
    offer: str = key(A_TEXT, "The marketplace's name of the offer.", required=True, example="mistral-small-2503-offer")
    plan: str = key(A_TEXT, "Its name of the plan.", required=True, example="mistral-small-2503-plan")
    by: str = key(A_TEXT, "Who accepted.", required=True, example="procurement")
    on: date = key(Day(), "On which day.", required=True, example="2026-09-30")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverForm:
    """An exception from one check, for some stacks, until a day."""

    code: str = key(A_CODE, "The code of the finding.", required=True, example="lifecycle.preview")
    stack: str = key(A_NAME_PATTERN, "The stack's name, or a pattern with `*`.", required=True, example="lab-*")
    deployment: str = key(
        A_NAME_PATTERN, "The deployment's key, or a pattern; default: all of the stack.", default="", example="chat-*"
    )
    reason: str = key(A_TEXT, "Why.", required=True, example="the successor is tested in December")
    until: date = key(Day(), "The last day on which it holds.", required=True, example="2027-01-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyForm:
    """What holds of every stack of a company; a stack may only tighten it."""

    api_version: str = key(
        Choice((COMPANY_VERSION,)), "The version of this format.", required=True, example=COMPANY_VERSION
    )
    name: str | None = key(A_TEXT, "The company's name, for people.", example="Contoso")
    policy: PolicyForm | None = key(
        Record(PolicyForm),
        "What must hold of every deployment, in the words of the stack file.",
        example={"residency": "eu-data-zone", "publishers": ["Mistral AI"]},
    )
    allow: AllowForm | None = key(
        Record(AllowForm), "Clouds, engines, backends and secrets providers.", example={"engines": ["pulumi"]}
    )
    pinning: PinningForm | None = key(
        Record(PinningForm), "Versions of models, and their upgrades.", example={"versions": "required"}
    )
    naming: NamingForm | None = key(
        Record(NamingForm), "What physical names look like.", example={"resourceGroups": "rg-ai-{stack}"}
    )
    required_tags: tuple[str, ...] | dict[str, tuple[str, ...]] = key(
        Either(sequence=ListOf(A_TEXT, least=1), mapping=MapOf(ListOf(Text(longest=256)), "tag")),
        "Tags that everything must have: a list, or a map from tag to its allowed values (`[]`: any).",
        default=(),
        example={"owner": [], "costCenter": ["4711", "4712"]},
    )
    without_approval: ApprovalForm | None = key(
        Record(ApprovalForm), "How much may be deleted or replaced without an approval.", example={"deletes": 0}
    )
    duties: DutiesForm | None = key(
        Record(DutiesForm), "What others than the stacks do.", example={"roleAssignments": "the platform team"}
    )
    marketplace: tuple[AcceptanceForm, ...] = key(
        ListOf(Record(AcceptanceForm, complete=True)),
        "Marketplace terms that were accepted.",
        default=(),
        example=[
            {
                "model": "mistral-small-2503",
                "offer": "mistral-small-2503-offer",
                "plan": "mistral-small-2503-plan",
                "by": "procurement",
                "on": "2026-09-30",
            }
        ],
    )
    exceptions: tuple[WaiverForm, ...] = key(
        ListOf(Record(WaiverForm, complete=True)),
        "Who is excused from what, why and until when.",
        default=(),
        example=[
            {"code": "lifecycle.preview", "stack": "lab-*", "reason": "a trial", "until": "2027-01-31"},
        ],
    )


@cache
def company_kind() -> Kind:
    """The kind of a whole company file."""
    return Record(CompanyForm, title="a company file")
