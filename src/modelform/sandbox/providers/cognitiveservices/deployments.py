"""Microsoft.CognitiveServices/accounts/deployments: models, skus, capacity and the quota that they take."""

from __future__ import annotations

from datetime import date

from modelform.record import dataclass
from modelform.sandbox.exchange import Json, Refusal, Response
from modelform.sandbox.kinds import Action, Call, Change, Deletes, Evidence, Kind, Style, Writes, region
from modelform.sandbox.offers import Offers
from modelform.sandbox.providers.cognitiveservices import policies, tables
from modelform.sandbox.providers.cognitiveservices.accounts import DEPLOYMENTS, TYPE
from modelform.sandbox.providers.cognitiveservices.offered import capabilities, capacity_of, rate_limits, unit_of
from modelform.sandbox.store import Resource, View

STANDARD = ("standard", "globalstandard", "datazonestandard")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a deployment asks for, found in the catalogue."""

    model: Json
    sku: Json
    sku_name: str
    capacity: int

    @property
    def usage(self) -> str:
        """The quota that it counts against."""
        return str(self.sku["quota"]["usageName"])


def _write(change: Change) -> None:
    account = change.parent
    assert account is not None
    properties, sku = change.properties, dict(change.body.get("sku") or {})
    model = dict(properties.get("model") or {})
    sku.setdefault("name", change.kept("sku.name", "Standard"))
    sku.setdefault("capacity", change.kept("sku.capacity", 1))
    _no_other_model(change, model)
    found = _model(change, account, model)
    wanted = Wanted(found, *_sku(account, found, sku["name"]), int(sku["capacity"]))
    _capacity(wanted)
    _count(change, account, wanted)
    _quota(change, account, wanted)
    _policy(change, account)
    model |= {"format": found["format"], "name": found["name"], "version": found["version"]}
    properties["model"] = model
    change.body["sku"] = {**sku, "name": wanted.sku_name}
    change.default(versionUpgradeOption="OnceNewDefaultVersionAvailable", raiPolicyName=policies.DEFAULT)
    properties["currentCapacity"] = wanted.capacity
    properties["capabilities"] = capabilities(found)
    limits = rate_limits(wanted.sku, wanted.capacity)
    if limits:
        properties["rateLimits"] = limits
    else:
        properties.pop("rateLimits", None)


def _no_other_model(change: Change, model: Json) -> None:
    """The model of a deployment cannot become another one; its version can."""
    if change.existing is None:
        return
    for part in ("format", "name"):
        old, new = (
            change.kept(f"properties.model.{part}"),
            model.setdefault(part, change.kept(f"properties.model.{part}")),
        )
        if old.lower() != str(new).lower():
            text = (
                f"The model {part} of the account deployment '{change.name}' cannot be changed from '{old}' to '{new}'."
            )
            raise Refusal(400, "CannotChangeDeploymentModel", text)
    if "version" not in model:
        model["version"] = change.kept("properties.model.version")


def _model(change: Change, account: Resource, model: Json) -> Json:
    """The catalogue's model, if it is deployable today in the account's region and for its kind."""
    for part in ("format", "name"):
        if not model.get(part):
            text = f"The model {part} of account deployment is required."
            raise Refusal(400, "InvalidResourceProperties", text, target=f"properties.model.{part}")
    offers, today = change.control.offers, change.control.today()
    name = f"Format: {model['format']}, Name: {model['name']}, Version: {model.get('version', '')}"
    found = offers.model(model["format"], model["name"], model.get("version"), today)
    if found is None:
        since = offers.retirement(model["format"], model["name"], model.get("version"))
        if since is not None:
            raise _retired(model, since)
        raise Refusal(400, "DeploymentModelNotSupported", f"The model '{name}' of account deployment is not supported.")
    if account.body["kind"] == "OpenAI" and found["format"] != "OpenAI":
        raise Refusal(400, "DeploymentModelNotSupported", f"The model '{name}' of account deployment is not supported.")
    unchanged = change.kept("properties.model.version") == found["version"]
    since = offers.retired_since(found, today)
    if since is not None and not unchanged:
        raise _retired(found, since)
    if found["lifecycle"]["status"] == "deprecated" and not unchanged and not _deployed_already(change, found):
        who = f"Publisher:{found['publisher']},Format:{found['format']},Name:{found['name']},Version:{found['version']}"
        text = f"The model '{who}' is in deprecating state and cannot be used for new deployments."
        raise Refusal(400, "ServiceModelDeprecating", text)
    return found


def _retired(model: Json, since: str) -> Refusal:
    day = date.fromisoformat(since).strftime("%m/%d/%Y 00:00:00") if since else "an earlier date"
    name = f"Format:{model['format']},Name:{model['name']},Version:{model.get('version', '')}"
    return Refusal(400, "ServiceModelDeprecated", f"The model '{name}' has been deprecated since {day}.")


def _deployed_already(change: Change, model: Json) -> bool:
    """Only subscriptions that have deployments of a deprecated version can add more."""
    deployments = change.view.of_type(change.address.subscription.lower(), DEPLOYMENTS)
    return any(
        one.properties["model"]["name"] == model["name"] and one.properties["model"]["version"] == model["version"]
        for one in deployments
        if one.key != change.key
    )


def _sku(account: Resource, model: Json, name: str) -> tuple[Json, str]:
    skus: dict[str, Json] = model["deployment"]["skus"]
    canonical = next((one for one in skus if one.lower() == name.lower()), None)
    if canonical is None:
        raise Refusal(
            400,
            "InvalidResourceProperties",
            f"The specified SKU '{name}' of account deployment is not supported by the model '{model['name']}' "
            f"version: '{model['version']}'.",
        )
    where = region(account.location)
    if where not in (skus[canonical].get("regions") or ()):
        raise Refusal(
            400,
            "InvalidResourceProperties",
            f"The specified SKU '{canonical}' for model '{model['name']} {model['version']}' is not supported in this "
            f"region '{where}'.",
        )
    return skus[canonical], canonical


def _capacity(wanted: Wanted) -> None:
    rules = wanted.sku["quota"].get("capacity") or {}
    low, high, step = rules.get("minimum", 1), rules.get("maximum"), rules.get("step") or 1
    amount = wanted.capacity
    if amount < low or (high is not None and amount > high) or (amount - low) % step:
        raise Refusal(
            400,
            "InvalidCapacity",
            f"The specified capacity '{amount}' of account deployment is invalid for SKU '{wanted.sku_name}' of model "
            f"'{wanted.model['name']}': it must be from {low} to {high}, in steps of {step}.",
            target="sku.capacity",
        )


def _count(change: Change, account: Resource, wanted: Wanted) -> None:
    """The number of standard deployments in an account."""
    if change.existing is not None or wanted.sku_name.lower() not in STANDARD:
        return
    cap = change.control.offers.cap("standardDeploymentsPerAccount", 32)
    siblings = change.view.children(account.key, DEPLOYMENTS)
    if sum(one.body["sku"]["name"].lower() in STANDARD for one in siblings) >= cap:
        text = f"The account '{account.name}' has reached its limit of {cap} standard deployments."
        raise Refusal(400, "DeploymentLimitReached", text)


def _quota(change: Change, account: Resource, wanted: Wanted) -> None:
    """Takes the capacity from the quota of its usage name, or refuses in ARM's words."""
    view, where = change.view, region(account.location)
    subscription = change.address.subscription.lower()
    old_usage, old_amount = view.use_of(change.key)
    held = old_amount if old_usage == wanted.usage else 0
    needed = wanted.capacity - held
    used = view.used_of(subscription, where, wanted.usage) if needed > 0 else 0
    limit = change.control.offers.limit(wanted.usage)
    if needed > 0 and used + needed > limit:
        quota = f"{unit_of(wanted.sku)} - {wanted.model['name']}"
        raise Refusal(
            400,
            "InsufficientQuota",
            f"This operation require {needed} new capacity in quota {quota}, which is bigger than the current "
            f"available capacity {max(limit - used, 0)}. The current quota usage is {used} and the quota limit is "
            f"{limit} for quota {quota}.",
        )
    name = wanted.sku_name
    room = change.control.offers.room(where, name)
    if room is not None and needed > 0 and used + needed > room:
        text = f"The region {where} has no capacity for {needed} units of {name} of the model {wanted.model['name']}."
        raise Refusal(400, "InsufficientCapacity", text)
    if (old_usage, old_amount) != (wanted.usage, wanted.capacity):
        view.use(change.key, subscription, where, wanted.usage, wanted.capacity)


def _policy(change: Change, account: Resource) -> None:
    name = change.properties.get("raiPolicyName")
    if name and not policies.exists(change.view, account, name):
        text = f"The RAI policy '{name}' of account deployment does not exist in the account '{account.name}'."
        raise Refusal(400, "InvalidResourceProperties", text, target="properties.raiPolicyName")


def _skus(call: Call, view: View, resource: Resource) -> Response:
    model = resource.properties["model"]
    offers: Offers = call.control.offers
    found = offers.model(model["format"], model["name"], model["version"], call.control.today())
    skus = (found or {}).get("deployment", {}).get("skus", {})
    items = [
        {"resourceType": DEPLOYMENTS, "sku": {"name": name}, "capacity": capacity_of(sku)}
        for name, sku in skus.items()
        if region(resource.location) in (sku.get("regions") or ())
    ]
    return Response(200, {"value": items})


KIND = Kind(
    type=DEPLOYMENTS,
    versions=tables.VERSIONS,
    shape=tables.DEPLOYMENT,
    evidence=Evidence.RECORDED,
    name=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$",
    tracked=False,
    writes=Writes(Style.STATUS, asynchronous=200, updating="Accepted"),
    deletes=Deletes(Style.LOCATION),
    serial=TYPE,
    etag=True,
    system_data=True,
    patchable=("sku", "tags"),
    write=_write,
    actions={"skus": Action(_skus, "GET")},
)
