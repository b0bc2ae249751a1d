"""The `policy:` of a stack file, as it is written."""

# ruff: noqa: RUF009 - `key` declares a dataclass field; it is no value that instances would share.

from __future__ import annotations

from dataclasses import dataclass

from modelform.spec.kinds import Choice, Duration, Number, Text
from modelform.spec.records import Either, ListOf, MapOf, Record, key
from modelform.spec.words import A_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class CostForm:
    """A limit for the estimated cost of a month."""

    limit: float = key(Number(whole=False), "The most that a month may cost.", required=True, example=4000)
    currency: str = key(
        Text(r"[A-Z]{3}", "a currency code", "USD"),
        "Its ISO 4217 code; `catalog refresh --currency` asks Azure for prices in it.",
        default="USD",
        example="USD",
    )


A_SEAT = Text(r"[A-Za-z]{2}", "EU or a country code such as FR", "EU")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginsForm:
    """Where publishers have their seats: what must be, and what is preferred."""

    require: tuple[str, ...] = key(
        ListOf(A_SEAT, least=1), "Only models of publishers from here.", default=(), example=["EU", "US"]
    )
    prefer: tuple[str, ...] = key(
        ListOf(A_SEAT, least=1), "Warn of models of publishers from elsewhere.", default=(), example=["EU"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyForm:
    """What must hold of every deployment; a breach stops the plan."""

    residency: str | None = key(
        Text(r"[A-Za-z][A-Za-z0-9-]{1,39}", "global, a zone (eu-data-zone), eu, a country code or a region"),
        "Where prompts may be processed: global, us-data-zone, eu-data-zone, apac-data-zone, eu (member states only), "
        "a country code, or a region.",
        example="eu-data-zone",
    )
    at_rest: str | None = key(
        Text(r"[A-Za-z][A-Za-z0-9-]{1,39}", "as residency"),
        "Where data may be stored: files, threads, logs, a hub's storage; default: where prompts may be processed.",
        example="eu",
    )
    proof: str | None = key(
        Choice(("contractual", "documented", "unproven")),
        "The least proof of residency that will do.",
        example="documented",
    )
    publishers: tuple[str, ...] = key(
        ListOf(A_TEXT, least=1),
        "The only publishers whose models may be deployed.",
        default=(),
        example=["Mistral AI", "OpenAI"],
    )
    origins: tuple[str, ...] | OriginsForm = key(
        Either(sequence=ListOf(A_SEAT, least=1), mapping=Record(OriginsForm)),
        "Where publishers must have their seats: EU, or country codes; `{prefer: [EU]}` only warns.",
        default=(),
        example=["EU"],
    )
    lifecycle: tuple[str, ...] = key(
        ListOf(Choice(("generallyAvailable", "preview", "legacy", "deprecated")), least=1),
        "The only lifecycle stages that a model may be in.",
        default=(),
        example=["generallyAvailable", "preview"],
    )
    retirement_notice: int | None = key(Duration(), "A model must live at least this much longer.", example="60d")
    monthly_cost: CostForm | None = key(
        Record(CostForm), "The most that a month may cost.", example={"limit": 4000, "currency": "USD"}
    )
    public_network: str | None = key(
        Choice(("allow", "deny")), "May workspaces be reached from the public network?", example="deny"
    )
    local_keys: str | None = key(
        Choice(("allow", "deny")), "May workspaces accept keys, beside Entra tokens?", example="deny"
    )
    outbound: str | None = key(Choice(("allow", "deny")), "May workspaces call any host by themselves?", example="deny")
    diagnostics: str | None = key(
        Choice(("optional", "required")), "Must workspaces send their logs to a log workspace?", example="required"
    )
    packs: tuple[str, ...] = key(
        ListOf(A_TEXT, least=1),
        "Folders with checks of your own, as seen from this file; `FOLDER@sha256:…` takes only files of that digest.",
        default=(),
        example=["../rules"],
    )
    rules: dict[str, str] = key(
        MapOf(
            Choice(("error", "warning", "info", "off")),
            "rule",
            r"[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)*",
            "a check's code",
        ),
        "Level of single checks, by code.",
        default={},
        example={"lifecycle.preview": "warning"},
    )
