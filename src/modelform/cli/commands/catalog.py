"""`catalog list|search|show|where|compare`: what is known of models, without any cloud; `refresh` asks one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from modelform.cli.arguments import Argument, Option, Place, Target, command, group
from modelform.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelform.catalog import Catalog, Model
    from modelform.catalog.overlay import Overlay
    from modelform.errors import Diagnostic

Features = Annotated[
    list[str] | None, Option("--feature", metavar="WORD", help="It can that: code, vision, tools. Repeatable.")
]
Languages = Annotated[list[str] | None, Option("--language", metavar="CODE", help="It speaks that: fr. Repeatable.")]
Statuses = Annotated[
    list[str] | None, Option("--status", metavar="STATUS", help="ga, preview, legacy, deprecated, retired. Repeatable.")
]
Sku = Annotated[str | None, Option("--sku", metavar="SKU", help="On offer as that: dataZoneStandard, serverless.")]
Region = Annotated[str | None, Option("--region", metavar="REGION", help="On offer there.")]
Residency = Annotated[
    str | None, Option("--residency", metavar="WHERE", help="Processed within that, as in `policy.residency`.")
]
Currency = Annotated[
    str | None, Option("--currency", metavar="CODE", help="Prices in that, where Azure was asked for them: EUR.")
]


def register(app: click.Group) -> None:
    """Adds the commands."""
    catalog = group("catalog", "What is known of models: what they can, where they are on offer, what they cost.")
    command(catalog, "list")(list_)
    command(catalog, "search")(search)
    command(catalog, "show")(show)
    command(catalog, "where")(where)
    command(catalog, "compare")(compare)
    command(catalog, "refresh")(refresh)
    app.add_command(catalog)


def list_(
    place: Place,
    publisher: Annotated[str | None, Option("--publisher", metavar="NAME", help="Of that publisher.")] = None,
    feature: Features = None,
    language: Languages = None,
    status: Statuses = None,
    sku: Sku = None,
    region: Region = None,
    residency: Residency = None,
) -> int:
    """List models by what they can and where they may run: `--feature code --language fr --residency eu`."""
    return _list(place, "list", "", publisher, feature, language, status, sku, region, residency)


def search(place: Place, text: Annotated[list[str], Argument(metavar="TEXT...")], residency: Residency = None) -> int:
    """Find models whose name, publisher or features have these words, languages too; near misses where none has."""
    from modelform.catalog.words import LANGUAGES

    words = " ".join(text).split()
    spoken = [word for word in words if word.lower() in LANGUAGES]
    rest = " ".join(word for word in words if word not in spoken)
    return _list(place, "search", rest, None, None, spoken, None, None, None, residency)


def _list(
    place: Place,
    name: str,
    text: str,
    publisher: str | None,
    feature: Sequence[str] | None,
    language: Sequence[str] | None,
    status: Sequence[str] | None,
    sku: str | None,
    region: str | None,
    residency: str | None,
) -> int:
    from modelform.catalog import browse, words
    from modelform.report import catalog as view

    catalog = _catalog(place)
    wish = browse.Wish(
        text=text,
        publisher=words.publisher(catalog, publisher) if publisher else "",
        features=tuple(words.feature(catalog, word) for word in feature or ()),
        languages=tuple(words.language(catalog, word) for word in language or ()),
        statuses=tuple(words.status(word) for word in status or ()),
        sku=words.sku(catalog, sku) if sku else "",
        region=_region(catalog, region),
        residency=_residency(catalog, residency),
    )
    rows = browse.select(catalog, wish, _today())
    near = catalog.suggest(text) if text and not rows else []
    unlisted = browse.unlisted(catalog, wish, _today())
    less = [] if rows else browse.loosened(catalog, wish, _today())
    voice = _answer(place, f"catalog {name}", models=rows, near=near, languagesUnknown=unlisted, oneWishLess=less)
    if voice is not None:
        voice.say(*view.models(rows, voice.page), *([f"Near: {', '.join(near)}."] if near else []))
        voice.say(*view.loosened(less, voice.page))
        if unlisted:
            said = f"No source lists languages of {len(unlisted)} more: {', '.join(unlisted)}."
            voice.say(*voice.page.wrap(said, rest="  "))
        _tell_age(voice, catalog, wish.region)
    return int(Exit.OK)


def show(
    place: Place,
    model: Annotated[str, Argument(metavar="MODEL")],
    region: Region = None,
    currency: Currency = None,
) -> int:
    """Show all that is known of a model: life, features, skus, prices, quota, each with its source."""
    from modelform.catalog import Candidates, browse
    from modelform.report import catalog as view

    catalog = _catalog(place)
    money = _currency(currency)
    bare = browse.by_name(catalog, model, _today()) if isinstance(catalog.find(model), Candidates) else None
    if bare is not None:
        voice = _answer(place, "catalog show", model=bare)
        if voice is not None:
            voice.say(*view.named(bare, voice.page))
            _tell_age(voice, catalog)
        return int(Exit.OK)
    found = browse.describe(catalog, _model(catalog, model), _today(), _region(catalog, region), money)
    voice = _answer(place, "catalog show", model=found)
    _tell_gap(place, [found], money)
    if voice is not None:
        voice.say(*view.model(found, voice.page, money))
        _tell_age(voice, catalog, _region(catalog, region))
    return int(Exit.OK)


def where(
    place: Place,
    model: Annotated[str, Argument(metavar="MODEL")],
    residency: Residency = None,
    sku: Sku = None,
    region: Region = None,
) -> int:
    """Say where a model can be deployed, sku by sku, and what replaces it when it is gone."""
    from modelform.catalog import browse, words
    from modelform.report import catalog as view

    catalog = _catalog(place)
    found = _model(catalog, model)
    named = words.sku(catalog, sku) if sku else ""
    wish = browse.Wish(sku=named, region=_region(catalog, region), residency=_residency(catalog, residency))
    rows = browse.where(catalog, found, wish)
    others = browse.where(catalog, found, browse.Wish()) if not rows else []
    life = browse.life(catalog, found, _today())
    voice = _answer(place, "catalog where", model=found.id, **life, offers=rows, elsewhere=others)
    if voice is not None:
        voice.say(voice.page.paint(found.id, "bold"), *view.life(life, voice.page), *view.offers(rows, voice.page))
        voice.say(*view.elsewhere(others, voice.page))
        _tell_age(voice, catalog, wish.region)
    return int(Exit.OK)


def compare(
    place: Place,
    first: Annotated[str, Argument(metavar="MODEL")],
    second: Annotated[str | None, Argument(metavar="[MODEL]")] = None,
    region: Region = None,
    currency: Currency = None,
) -> int:
    """Put two models side by side: life, context, features, and what each sku costs (in --region). The second one is
    what replaces the first, unless it is named."""
    from modelform.catalog import browse
    from modelform.report import catalog as view

    catalog = _catalog(place)
    here = _region(catalog, region)
    money = _currency(currency)
    one = _model(catalog, first)
    other = _model(catalog, second) if second else _replacement(catalog, one)
    rows = browse.compare(catalog, (one, other), _today(), here, money)
    voice = _answer(place, "catalog compare", models=rows)
    _tell_gap(place, rows, money)
    if voice is not None:
        voice.say(*view.comparison(rows, voice.page, money))
        _tell_age(voice, catalog, here)
    return int(Exit.OK)


def refresh(
    place: Place,
    region: Annotated[
        list[str] | None, Option("--region", metavar="REGION", help="Ask of that region. Repeatable. Default: all.")
    ] = None,
    target: Annotated[Target | None, Option("--target", help="Which cloud to ask; default: azure.")] = None,
    subscription: Annotated[
        str | None, Option("--subscription", metavar="ID", help="As whom; default: AZURE_SUBSCRIPTION_ID.")
    ] = None,
    out: Annotated[
        Path | None, Option("--out", metavar="FILE", help="Write there, not to catalog.overlay.json in the project.")
    ] = None,
    currency: Annotated[
        list[str] | None,
        Option(
            "--currency", metavar="CODE", help="Prices in that: EUR. Repeatable. Default: those of the file, or USD."
        ),
    ] = None,
    check: Annotated[bool, Option("--check", help="Write nothing, only say what would change.")] = False,
    detailed_exitcode: Annotated[bool, Option("--detailed-exitcode", help="Answer 2 where something changed.")] = False,
) -> int:
    """Ask Azure for models, skus, capacities and prices, and keep its answers in an overlay for version control."""
    from modelform.cli.money import currency_of
    from modelform.cli.refreshing import Wish, refreshed

    named = tuple(dict.fromkeys(currency_of(code) for code in currency or ()))
    choice = Wish(tuple(region or ()), named, target, subscription or "", out, check)
    changed, complete = refreshed(place, choice)
    if not complete:
        return int(Exit.UNVERIFIED)
    return int(Exit.CHANGES if changed and detailed_exitcode else Exit.OK)


def _catalog(place: Place) -> Catalog:
    """The catalogue with the overlay of the project that the command is in, if it is in one."""
    from modelform.catalog import Catalog
    from modelform.catalog.data import find_overlay
    from modelform.cli.outside import outside
    from modelform.cli.project import project_folder

    return Catalog.load(find_overlay(project_folder(place.directory), outside().environment))


def _today() -> Any:
    from modelform.cli.outside import outside

    return outside().today()


def _model(catalog: Catalog, text: str) -> Model:
    from modelform.catalog import Candidates
    from modelform.errors import UsageError

    found = catalog.find(text, today=_today())
    if isinstance(found, Candidates):
        raise UsageError(found.explain(), code="catalog.model", hint=found.hint() or "`modelform catalog list`")
    return found


def _replacement(catalog: Catalog, model: Model) -> Model:
    from modelform.catalog import browse
    from modelform.errors import UsageError

    named = browse.life(catalog, model, _today())["heir"]
    found = catalog.model(named) if named else None
    if found is None:
        raise UsageError(f"no replacement of {model.id} is known", code="catalog.model", hint="name a second model")
    return found


def _region(catalog: Catalog, text: str | None) -> str:
    from modelform.catalog.search import near
    from modelform.errors import UsageError

    if text is None:
        return ""
    name = text.replace(" ", "").lower()
    if name not in catalog.regions:
        hint = ", ".join(near(name, catalog.regions)) or "regions are written like swedencentral"
        raise UsageError(f"there is no region {text!r} in the catalogue", code="catalog.region", hint=hint)
    return name


def _currency(text: str | None) -> str:
    from modelform.cli.money import currency_of

    return currency_of(text) if text else ""


def _tell_gap(place: Place, rows: Sequence[dict[str, Any]], currency: str) -> None:
    """Says where prices are not in the currency that was wished for."""
    from modelform.cli.session import voice_of
    from modelform.errors import Diagnostic, Severity

    offers = [offer for row in rows for offer in row["offers"] if offer["currency"]]
    lacking = [offer for offer in offers if offer["currency"] != currency]
    if not currency or not lacking:
        return
    others = " and ".join(sorted({offer["currency"] for offer in lacking}))
    skus = ", ".join(dict.fromkeys(offer["sku"] for offer in lacking))
    whose = "anything here" if len(lacking) == len(offers) else skus
    said = f"no price in {currency} is known of {whose}: in {others}, and not converted"
    hint = f"`modelform catalog refresh --currency {currency}` asks Azure"
    if skus == "serverless":
        hint = "serverless endpoints are not in Azure's price list: see the offer's price at Azure"
    voice_of(place).complain([Diagnostic("catalog.currency", Severity.WARNING, said, hint=hint)])


def _residency(catalog: Catalog, text: str | None) -> str:
    from modelform.errors import UsageError

    if text is None:
        return ""
    for spelled in (text, text.lower(), text.upper()):
        if catalog.is_residency(spelled):
            return spelled
    hint = "global, us-data-zone, eu-data-zone, apac-data-zone, eu, a country code or a region"
    raise UsageError(f"{text!r} is no residency", code="catalog.residency", hint=hint)


def _answer(place: Place, name: str, **parts: Any) -> Any:
    """Writes the document where one is wanted; else the voice to speak with."""
    from modelform.cli.session import voice_of
    from modelform.report import json

    voice = voice_of(place)
    if not voice.json:
        return voice
    catalog = _catalog(place)
    old = _old(catalog, "")
    dates: dict[str, Any] = {"version": catalog.version, "newestFact": catalog.newest_fact.isoformat(), "stale": old}
    overlay = catalog.overlay
    if overlay is not None:
        dates["overlay"] = {"file": overlay.path, "asOf": overlay.as_of, "target": overlay.target, "used": overlay.used}
        if not overlay.used:
            voice.complain([_unused(catalog, overlay)])
    voice.document(json.answer(name, catalog=dates, **parts))
    return None


def _old(catalog: Catalog, region: str) -> list[str]:
    """The regions of which what is known is older than it should be; of one, or of all that take accounts."""
    from modelform.catalog.catalog import STALE_DAYS

    places = [region] if region else [name for name, row in catalog.regions.items() if row.ai_services_accounts]
    return sorted(name for name in places if (_today() - catalog.known_on(name)).days > STALE_DAYS)


def _tell_age(voice: Any, catalog: Catalog, region: str = "") -> None:
    """How old the data is: the installation's and the overlay's, which makes fresh only the regions that it asked."""
    from modelform.catalog import Catalog as Installed
    from modelform.report import catalog as view

    overlay, told, today = catalog.overlay, "", _today()
    if overlay is not None and overlay.used:
        whose = "" if overlay.target == "azure" else ", of the sandbox"
        number = f"{overlay.regions} region{'' if overlay.regions == 1 else 's'}"
        told = f"overlay of {overlay.as_of} ({overlay.name}{whose}; {number}, {overlay.age(today)} days old)"
    elif overlay is not None:
        voice.complain([_unused(catalog, overlay)])
    newest, old = Installed.load().newest_fact, _old(catalog, region)
    every = len(old) > 1 and len(old) == sum(row.ai_services_accounts for row in catalog.regions.values())
    which = "every region" if every else old[0] if len(old) == 1 else f"{len(old)} regions" if old else ""
    voice.note(*view.age(catalog.version, str(newest), (today - newest).days, voice.page, told, which))


def _unused(catalog: Catalog, overlay: Overlay) -> Diagnostic:
    from modelform.catalog.overlay import notice

    return notice(overlay, catalog.version)
