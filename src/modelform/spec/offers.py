"""Which model, version and sku a deployment means, and whether its region has them."""

from __future__ import annotations

from typing import Any

from modelform.catalog import Candidates
from modelform.catalog import Model as Facts
from modelform.record import dataclass
from modelform.spec.context import Context
from modelform.spec.resolved import SERVERLESS, Model, Workspace
from modelform.spec.stackfile import DeploymentForm
from modelform.spec.suggest import did_you_mean, either

STANDARD = ("GlobalStandard", "DataZoneStandard", "Standard")
_CODES = {
    "unknown": "availability.model",
    "ambiguous": "availability.model",
    "no-facts": "availability.model",
    "version": "availability.version",
    "retired": "lifecycle.retired",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and an sku, decided; `facts` is None for a locked model that the catalogue no longer has."""

    model: Model
    facts: Facts | None
    sku: str
    sku_chosen: bool


def choose(
    context: Context, key: str, form: DeploymentForm, workspace: Workspace, former: tuple[str, ...]
) -> Choice | None:
    """The model and sku of a deployment; None with a diagnostic where there is no such thing."""
    sku = _sku(context, key, form, workspace)
    if sku is None and form.sku is not None:
        return None
    locked = _locked(context, key, form, sku, workspace, former)
    if locked is not None:
        return locked if _fits_kind(context, key, locked.model, workspace) else None
    facts = _facts(context, key, form, sku, workspace)
    if facts is None or not _fits_kind(context, key, facts, workspace):
        return None
    region = workspace.location
    residency = context.policy.residency
    # Where the policy allows none, the cheapest is taken all the same: the residency check says what is wrong with it.
    default = context.catalog.cheapest_sku
    chosen = sku or default(facts, region, residency) or default(facts, region)
    if chosen is None:
        _no_default(context, key, facts, region)
        return None
    if not _available(context, key, facts, chosen, region):
        return None
    return Choice(_model(facts, chosen), facts, chosen, sku is None or form.sku is None)


def _model(facts: Facts, sku: str) -> Model:
    # A serverless endpoint serves whatever version is the newest: there is none to pin.
    version = "" if sku == SERVERLESS else facts.version
    return Model(facts.id, facts.publisher, facts.format, facts.name, version)


def _sku(context: Context, key: str, form: DeploymentForm, workspace: Workspace) -> str | None:
    """ARM's name of the sku that the file gives, or that the workspace's kind leaves no choice about."""
    path = f"deployments.{key}.sku"
    if form.sku is None:
        return SERVERLESS if workspace.kind == "hub" else None
    known: dict[str, str] = {SERVERLESS: SERVERLESS, **{sku.lower(): sku for sku in context.catalog.data["skus"]}}
    sku = known.get(form.sku.lower())
    if sku is None:
        shown = [lower_camel(name) for name in known.values()]
        hint = did_you_mean(form.sku, shown) or f"The skus are {', '.join(shown)}."
        context.error("availability.sku", f"there is no sku {form.sku!r}", path, hint)
        return None
    if sku == SERVERLESS and workspace.kind != "hub":
        hint = "Name a hub's project (workspace: hub/project), or another sku."
        summary = f"sku serverless needs a hub's project, and {workspace.key} is of kind {workspace.kind}"
        context.error("availability.sku", summary, path, hint)
        return None
    if sku != SERVERLESS and workspace.kind == "hub":
        hint = "Write sku: serverless, or name a workspace of kind foundry."
        summary = f"a hub serves models as serverless endpoints, not as {lower_camel(sku)}"
        context.error("availability.sku", summary, path, hint)
        return None
    return sku


def _locked(
    context: Context, key: str, form: DeploymentForm, sku: str | None, workspace: Workspace, former: tuple[str, ...]
) -> Choice | None:
    """What the lock says, if it still fits what the file says."""
    entries: dict[str, Any] = context.locked.get("deployments", {})
    entry = next((entries[name] for name in (key, *reversed(former)) if name in entries), None)
    if entry is None:
        return None
    misfit = _misfit(context, form, sku, workspace, entry)
    path = f"deployments.{key}"
    if misfit:
        summary = f"the lock's entry for {key} no longer fits: {misfit}; it is decided anew"
        context.info("lock.stale", summary, path, "`modelform lock` writes the new decision.")
        return None
    facts = context.catalog.model(entry["model"])
    chosen = entry["sku"]
    name, _, version = entry["model"].partition("/")[2].rpartition("@")
    model = Model(entry["model"], entry["publisher"], entry["format"], name, "" if chosen == SERVERLESS else version)
    if facts is None or chosen not in (*facts.skus_in(workspace.location), SERVERLESS):
        summary = (
            f"{entry['model']} with {lower_camel(chosen)} in {workspace.location} is locked, but not in this catalogue"
        )
        context.warning("lock.not-in-catalog", summary, path, "`modelform lock --upgrade` decides anew.")
    return Choice(model, facts, chosen, form.sku is None)


def _misfit(
    context: Context, form: DeploymentForm, sku: str | None, workspace: Workspace, entry: dict[str, str]
) -> str:
    """Why a lock entry is not what the file means now; empty when it is."""
    wanted, _, version = form.model.partition("@")
    publisher, _, name = wanted.strip().rpartition("/")
    slug, _, rest = entry["model"].partition("/")
    locked_name, _, locked_version = rest.rpartition("@")
    if name.lower() != locked_name.lower():
        return f"the model is {form.model}, not {locked_name}"
    if publisher and _slug(publisher) not in (slug, _slug(entry["publisher"]), _slug(entry["format"])):
        return f"the publisher is {publisher}, not {entry['publisher']}"
    if version and version.strip().lower() != locked_version.lower():
        return f"the version is {version}, not {locked_version}"
    if sku is not None and sku != entry["sku"]:
        return f"the sku is {lower_camel(sku)}, not {lower_camel(entry['sku'])}"
    if entry["sku"] == SERVERLESS and workspace.kind != "hub":
        return "its workspace is no hub now"
    if workspace.location != entry["region"]:
        return f"the region is {workspace.location}, not {entry['region']}"
    known = entry["sku"] == SERVERLESS or entry["sku"] in context.catalog.data["skus"]
    if (
        sku is None
        and known
        and not context.catalog.allowed_by(context.policy.residency, entry["sku"], workspace.location)
    ):
        return f"the policy does not allow {lower_camel(entry['sku'])}"
    return ""


def _facts(context: Context, key: str, form: DeploymentForm, sku: str | None, workspace: Workspace) -> Facts | None:
    """The catalogue's model; without a version, the newest that the region has under that sku."""
    path = f"deployments.{key}.model"
    found = context.catalog.find(form.model, today=context.today)
    if isinstance(found, Candidates):
        context.error(_CODES[found.reason], found.explain(), path, _sentence(found.hint()))
        return None
    if "@" in form.model or _offered(context, found, sku, workspace.location):
        return found
    alive = [
        other
        for other in context.catalog.versions(found.name)
        if other.slug == found.slug and context.catalog.lifecycle(other, context.today).status != "retired"
    ]
    return next((other for other in reversed(alive) if _offered(context, other, sku, workspace.location)), found)


def _offered(context: Context, facts: Facts, sku: str | None, region: str) -> bool:
    if sku is not None:
        return region in facts.regions_for(sku)
    return context.catalog.cheapest_sku(facts, region, context.policy.residency) is not None


def _fits_kind(context: Context, key: str, facts: Facts | Model, workspace: Workspace) -> bool:
    if workspace.kind == "openai" and facts.format.lower() != "openai":
        summary = f"an OpenAI account serves only OpenAI's models, and {facts.name} is {facts.publisher}'s"
        path = f"deployments.{key}.workspace"
        context.error("availability.model", summary, path, "Name a workspace of kind foundry.")
        return False
    return True


def _no_default(context: Context, key: str, facts: Facts, region: str) -> None:
    """No sku of the model is both in the region and paid by use: say where there is one."""
    path = f"deployments.{key}.model"
    here = facts.skus_in(region)
    fitting = _fitting_here(context, facts, region)
    if here and not fitting:
        summary = f"{facts.name} in {region} has no sku{_fits(context)}"
        hint = _elsewhere(context, facts, region) or f"Take another model: no region has it{_fits(context)}."
        context.error("availability.sku", summary, path, hint)
        return
    if here:
        summary = f"{facts.name} in {region} has no sku that is paid by use, so that one must be named"
        context.error("availability.sku", summary, path, f"Write sku: {either(lower_camel(sku) for sku in fitting)}.")
        return
    if facts.regions_unknown:
        summary = f"the catalogue does not know where {facts.name} is offered, so that its sku must be named"
        context.error(
            "availability.sku", summary, path, f"Write sku: {either(lower_camel(s) for s in facts.offers or STANDARD)}."
        )
        return
    places = _elsewhere(context, facts, region)
    none = f"It has no account deployment{_fits(context)} in any region: take another model."
    hint = places or none
    if facts.serverless is not None and facts.serverless.regions and not places:
        hint = f"It is served as a serverless endpoint of a hub's project in {_some(facts.serverless.regions)}."
    context.error("availability.region", f"{facts.name} is not offered in {region}", path, hint)


def _available(context: Context, key: str, facts: Facts, sku: str, region: str) -> bool:
    """Is the sku on offer there? An absence that only weak facts tell of stops nobody: the checks warn of it."""
    if region in facts.regions_for(sku):
        return True
    path = f"deployments.{key}.sku"
    if sku == SERVERLESS:
        return _serverless_available(context, key, facts, region)
    offer = facts.offers.get(sku)
    here = [lower_camel(name) for name in _fitting_here(context, facts, region)]
    shown, fits = lower_camel(sku), _fits(context)
    if offer is None:
        if facts.regions_unknown:
            return True
        has = ", ".join(lower_camel(name) for name in facts.offers) or "none"
        none = f"; none of them is{fits}" if fits and facts.offers else ""
        other = _elsewhere(context, facts, region) or f"Its skus: {has}{none}."
        hint = f"In {region} it has {either(here)}{fits}." if here else other
        context.error("availability.sku", f"{facts.name} has no sku {shown}", path, hint)
        return False
    if not offer.evidence.stops or offer.partial:
        return True
    places = context.catalog.nearest(context.catalog.allowed_regions(facts, sku, context.policy.residency), region)
    there = f"{shown} is offered{fits} in {_some(places)}" if places else f"no region has {shown} of it{fits}"
    hint = f"In {region} it has {either(here)}{fits}; {there}." if here else f"{there[:1].upper()}{there[1:]}."
    if not here and not places:
        hint = f"{hint} {_elsewhere(context, facts, region) or 'Take another model.'}"
    context.error("availability.region", f"{facts.name} is not offered as {shown} in {region}", path, hint)
    return False


def _serverless_available(context: Context, key: str, facts: Facts, region: str) -> bool:
    path = f"deployments.{key}.model"
    if facts.serverless is None:
        here = _fitting_here(context, facts, region)
        hint = f"In a workspace of kind foundry it has {either(lower_camel(sku) for sku in here)}." if here else ""
        context.error("availability.sku", f"{facts.name} is not offered as a serverless endpoint", path, hint)
        return False
    if not facts.serverless.regions:
        context.error(
            "availability.region",
            f"{facts.name} is offered as a serverless endpoint in no region",
            path,
            "Take another model.",
            facts.serverless.note,
        )
        return False
    allowed = context.catalog.allowed_regions(facts, SERVERLESS, context.policy.residency)
    places = context.catalog.nearest(allowed, region)
    context.error(
        "availability.region",
        f"{facts.name} is not offered as a serverless endpoint in {region}",
        path,
        f"It is in {_some(places)}; the hub's location decides." if places else f"No region has it{_fits(context)}.",
    )
    return False


def _fits(context: Context) -> str:
    """The policy's residency, for the end of a sentence on what is on offer."""
    return f" within {context.policy.residency}" if context.policy.residency else ""


def _fitting_here(context: Context, facts: Facts, region: str) -> tuple[str, ...]:
    """The skus of accounts that the model has in the region and that the policy allows."""
    policy = context.policy.residency
    return tuple(sku for sku in facts.skus_in(region) if context.catalog.allowed_by(policy, sku, region, facts))


def _elsewhere(context: Context, facts: Facts, region: str) -> str:
    """Where the policy allows the model under some sku, the nearest regions first; empty where it does nowhere."""
    policy, found = context.policy.residency, []
    for sku in facts.offers:
        places = context.catalog.nearest(context.catalog.allowed_regions(facts, sku, policy), region)
        if places:
            found.append(f"{lower_camel(sku)} in {_some(places)}")
    return f"It has{_fits(context)} {'; '.join(found)}." if found else ""


def lower_camel(sku: str) -> str:
    """ARM's sku as a stack file writes it."""
    return sku[:1].lower() + sku[1:]


def _some(regions: tuple[str, ...], most: int = 8) -> str:
    names = list(regions[:most])
    return f"{', '.join(names)} and {len(regions) - most} more" if len(regions) > most else either(names)


def _sentence(text: str) -> str:
    if not text:
        return "A model is named as ARM names it, such as Mistral-Large-3."
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"


def _slug(text: str) -> str:
    return "-".join(text.strip().lower().replace(".", " ").split())
