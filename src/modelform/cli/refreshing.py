"""`catalog refresh`: asks one cloud all that the catalogue is about, all regions at a time, and keeps the answers."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelform.catalog import Catalog
from modelform.catalog.changes import changes, count
from modelform.catalog.data import OVERLAY
from modelform.catalog.live import settle, take_accounts, take_models, take_parts, take_prices, take_rooms
from modelform.catalog.merge import key_of
from modelform.catalog.overlay import BASE, currencies, empty, read, write
from modelform.cli.arguments import Choice, Place, Target
from modelform.cli.outside import outside
from modelform.cli.session import TARGET_VARIABLE, open_folder, voice_of, wish
from modelform.errors import AccessError, ModelformError, UsageError

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection
    from modelform.azure.facts import OfferedModel
    from modelform.cli.session import Session
    from modelform.cli.voice import Voice

AT_ONCE = 16
PATIENCE = 60.0
SHOWN = 6
KINDS = ("AIServices", "OpenAI")
MODELS, PRICES, PARTS, ACCOUNTS, ROOMS = "models", "prices", "part prices", "skus", "modelCapacities"


@dataclass(frozen=True)
class Wish:
    """What a person wants refreshed, from where, and into which file. No currencies: those that the file has."""

    regions: tuple[str, ...]
    currencies: tuple[str, ...]
    target: Target | None
    subscription: str
    out: Path | None
    check: bool


@dataclass
class Answers:
    """What came: models by region, meters by region and currency, parts' prices by currency, account regions,
    capacities by model; and what did not, with why."""

    models: dict[str, list[OfferedModel]] = field(default_factory=dict)
    meters: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    parts: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    accounts: list[str] | None = None
    rooms: dict[str, list[tuple[str, str, float]]] = field(default_factory=dict)
    missing: list[dict[str, str]] = field(default_factory=list)
    errors: list[ModelformError] = field(default_factory=list)

    def lacks(self, region: str, api: str, error: ModelformError, model: str = "", currency: str = "") -> None:
        """Notes that something did not answer."""
        about = {"region": region, "api": api, "why": error.diagnostics[0].summary}
        more = {name: value for name, value in (("model", model), ("currency", currency)) if value}
        self.missing.append({**about, **more})
        self.errors.append(error)

    @property
    def anything(self) -> bool:
        """Did anything answer?"""
        return bool(self.models or self.meters or self.accounts is not None)


def refreshed(place: Place, chosen: Wish) -> tuple[bool, bool]:
    """Asks, writes, tells. Whether something changed, and whether everything answered.

    Raises the first error where nothing answered at all; then the file is as it was.
    """
    around, voice = outside(), voice_of(place)
    target = wish(chosen.target, TARGET_VARIABLE, ("sandbox", "azure"), around.environment) or "azure"
    session = open_folder(place, Choice(target=Target(target)))
    file = chosen.out or session.project.folder / OVERLAY
    had, before = _had(file, target, voice)
    regions = _regions(chosen.regions, before)
    known = {name: sum(bool(model.skus_in(name)) for model in before.models) for name in regions}
    wanted = chosen.currencies or (currencies(had) if had else (BASE,))
    answers = _asked(session, chosen.subscription, known, wanted, voice)
    if not answers.anything:
        raise answers.errors[0]
    today = around.today()
    document = copy.deepcopy(had) if had else empty(target)
    lacking = _taken(document, answers, regions, wanted, today.isoformat())
    after = Catalog.with_overlay(document, str(file))
    found = changes(before, after, today)
    if not chosen.check:
        _write(file, document)
    _tell(voice, file, document, found, answers, lacking, chosen)
    return count(found) > 0, not answers.missing


def _had(file: Path, target: str, voice: Voice) -> tuple[dict[str, Any], Catalog]:
    """The overlay that is there, to be added to, and the catalogue as it was with it."""
    from modelform.errors import Diagnostic, Severity

    if not file.exists():
        if not file.parent.is_dir():
            raise UsageError(f"there is no folder {file.parent}", code="catalog.out", hint="--out takes a file's path.")
        return {}, Catalog.load()
    found, document = read(str(file), target, "")
    if found.target == "azure" and target == "sandbox":
        raise UsageError(
            f"{file.name} holds what Azure said, and the sandbox's facts would take its place",
            code="catalog.out",
            hint="--out FILE writes the sandbox's elsewhere; MODELFORM_CATALOG=FILE uses them.",
        )
    if not document:
        said = f"{file.name} is to be made anew: it {found.problem}"
        voice.complain([Diagnostic("catalog.overlay", Severity.WARNING, said, str(file))])
        return {}, Catalog.load()
    return document, Catalog.load(str(file), target)


def _regions(wanted: Iterable[str], catalog: Catalog) -> list[str]:
    """The regions to ask of: those that were named, or all that take accounts."""
    from modelform.catalog.search import near

    names = [text.replace(" ", "").lower() for text in wanted]
    for name in names:
        if name not in catalog.regions:
            hint = ", ".join(near(name, catalog.regions)) or "regions are written like swedencentral"
            raise UsageError(f"there is no region {name!r} in the catalogue", code="catalog.region", hint=hint)
    return list(dict.fromkeys(names)) or [name for name, row in catalog.regions.items() if row.ai_services_accounts]


def _asked(
    session: Session, subscription: str, known: dict[str, int], wanted: tuple[str, ...], voice: Voice
) -> Answers:
    """Everything there is to ask: one question a region and API, as many at a time as are polite."""
    from contextlib import closing

    from modelform.azure import Arm
    from modelform.azure.retail import price_list

    connection = _connection(session, subscription)
    money = f", prices in {' and '.join(wanted)}" if wanted != (BASE,) else ""
    whom = "Azure" if session.target == "azure" else "the sandbox"
    voice.note(f"Asking {whom} of {_regions_said(list(known))}{money}.")
    answers = Answers()
    with closing(Arm(connection)) as arm, closing(price_list(connection)) as prices:
        _ask(arm, prices, known, wanted, answers, voice)
    return answers


def _connection(session: Session, subscription: str) -> Connection:
    from modelform.azure import SANDBOX_SUBSCRIPTION
    from modelform.cli.wiring import connector

    environment = session.around.environment
    own = environment.get("AZURE_SUBSCRIPTION_ID") or environment.get("ARM_SUBSCRIPTION_ID") or ""
    wanted = subscription or (SANDBOX_SUBSCRIPTION if session.target == "sandbox" else own)
    if not wanted:
        raise AccessError(
            "no Azure subscription is known",
            code="access.no-subscription",
            hint="--subscription ID, or AZURE_SUBSCRIPTION_ID; --target sandbox rehearses without one",
        )
    return connector(session)(wanted)


def _ask(arm: Arm, prices: Arm, known: dict[str, int], wanted: tuple[str, ...], answers: Answers, voice: Voice) -> None:
    from modelform.azure import facts, retail

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        first = pool.submit(facts.account_regions, arm, timeout=PATIENCE)
        if (error := first.exception()) and _nobody(error):
            raise error
        asked: dict[Future[Any], tuple[str, str, str]] = {first: ("", ACCOUNTS, "")}
        for currency in wanted:
            asked[pool.submit(retail.part_prices, prices, currency, timeout=PATIENCE)] = ("", PARTS, currency)
        for region in known:
            asked[pool.submit(facts.models, arm, region, timeout=PATIENCE)] = (region, MODELS, "")
            for currency in wanted:
                meters = pool.submit(retail.meters, prices, region, currency, timeout=PATIENCE)
                asked[meters] = (region, PRICES, currency)
        for number, future in enumerate(as_completed(asked), 1):
            region, api, currency = asked[future]
            said = _take(answers, region, api, currency, future, known.get(region, 0))
            about = " ".join(
                filter(
                    None, (region or ("" if currency else "subscription"), api, "" if currency == BASE else currency)
                )
            )
            voice.note(f"  [{number:>{len(str(len(asked)))}}/{len(asked)}] {about}: {said}")
        provisioned = _provisioned(answers)
        rooms = {pool.submit(facts.capacities, arm, *named, timeout=PATIENCE): key_of(*named) for named in provisioned}
        for future in as_completed(rooms):
            key = rooms[future]
            try:
                answers.rooms[key] = [(row.sku, row.location, row.available) for row in future.result()]
            except ModelformError as error:
                answers.lacks("", ROOMS, error, key)
        if rooms:
            voice.note(f"  provisioned capacity of {len(answers.rooms)} of {len(rooms)} models")


def _nobody(error: BaseException) -> bool:
    """Are we not signed in? Then all other answers are known, and nobody has to try to sign in sixteen times."""
    return isinstance(error, ModelformError) and error.diagnostics[0].code == "access.not-signed-in"


def _take(answers: Answers, region: str, api: str, currency: str, future: Future[Any], known: int) -> str:
    """Keeps an answer, or that there was none; what to say of it.

    An empty one, where `known` models were or any account was possible, is more likely no answer than the truth: a
    provider that is not registered, a proxy. It would empty the region.
    """
    try:
        found = future.result()
    except ModelformError as error:
        answers.lacks(region, api, error, currency=currency)
        return f"no answer ({error.diagnostics[0].code})"
    if api == MODELS:
        found = [model for model in found if model.kind in KINDS]
    if not found and (api == ACCOUNTS or (api == MODELS and known)):
        said = "the list is empty" + (f", where {known} models were known" if known else "")
        answers.lacks(region, api, ModelformError(said, code="azure.unexpected-answer"))
        return said
    if api == ACCOUNTS:
        answers.accounts = found
        return f"accounts in {len(found)} regions"
    if api == MODELS:
        answers.models[region] = found
        return f"{len({(m.format, m.name, m.version) for m in found})} models"
    if api == PARTS:
        answers.parts[currency] = found
        return f"{len(found)} parts"
    answers.meters[region, currency] = found
    return f"{len(found)} meters"


def _provisioned(answers: Answers) -> list[tuple[str, str, str]]:
    """The models that have a provisioned sku somewhere that answered: only they have a capacity beside quota."""
    found = {
        (model.format, model.name, model.version): None
        for models in answers.models.values()
        for model in models
        if any("Provisioned" in sku.name for sku in model.skus)
    }
    return list(found)


def _taken(document: dict[str, Any], answers: Answers, regions: list[str], wanted: tuple[str, ...], day: str) -> int:
    """Puts the answers into the overlay; how many skus the price list has no price of."""
    lacking = 0
    if answers.accounts is not None:
        take_accounts(document, day, answers.accounts)
    for region, models in sorted(answers.models.items()):
        take_models(document, region, day, models)
        unpriced = [
            take_prices(document, region, day, answers.meters[region, currency], models, currency)
            for currency in wanted
            if (region, currency) in answers.meters
        ]
        lacking += max(unpriced, default=0)
    for currency, prices in answers.parts.items():
        take_parts(document, currency, day, prices)
    for key, rooms in sorted(answers.rooms.items()):
        take_rooms(document, key, day, rooms, regions)
    settle(document, day, answers.missing, regions, wanted)
    return lacking


def _write(file: Path, document: dict[str, Any]) -> None:
    try:
        write(file, document)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelformError(f"{file} cannot be written: {reason}", code="catalog.unwritable") from error


def _tell(
    voice: Voice,
    file: Path,
    document: dict[str, Any],
    found: dict[str, Any],
    answers: Answers,
    lacking: int,
    chosen: Wish,
) -> None:
    from modelform.errors import Diagnostic, Severity
    from modelform.report import catalog as view
    from modelform.report import json

    told = []
    by_reason: dict[tuple[str, str], list[tuple[str, Diagnostic]]] = {}
    for row, error in zip(answers.missing, answers.errors, strict=True):
        about = row["region"] or row.get("model") or ("all regions" if "currency" in row else "the subscription")
        first = error.diagnostics[0]
        money = row.get("currency", BASE)
        what = row["api"] if money == BASE else f"{row['api']} in {money}"
        by_reason.setdefault((what, first.code), []).append((about, first))
    for (what, _), rows in by_reason.items():
        said = f"{what} of {_places([about for about, _ in rows])} did not answer: what was known before stays"
        first = rows[0][1]
        hint = first.hint or "run it again later"
        told.append(Diagnostic("catalog.missing", Severity.WARNING, said, first.summary, None, hint))
    if lacking:
        others = " and ".join(code for code in chosen.currencies if code != BASE)
        stays = f"no price of theirs in {others} is known" if others else "their prices stay the catalogue's"
        said = f"{lacking} offers of a sku in a region have no meter in the answers: {stays}"
        told.append(Diagnostic("catalog.unpriced", Severity.INFO, said))
    voice.complain(told)
    body = {
        "file": str(file),
        "written": not chosen.check,
        "asOf": document["asOf"],
        "target": document["target"],
        "count": count(found),
        "changes": found,
        "missing": answers.missing,
    }
    if voice.json:
        voice.document(json.answer("catalog refresh", diagnostics=[item.to_json() for item in told], **body))
    else:
        voice.say(*view.refreshed({**body, "file": file.name}, voice.page))


def _places(places: list[str]) -> str:
    more = len(places) - SHOWN
    return ", ".join(sorted(places)[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _regions_said(regions: list[str]) -> str:
    return regions[0] if len(regions) == 1 else f"{len(regions)} regions"
