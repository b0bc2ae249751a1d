"""From the forms of a `policy:` to what it means, the same for a stack file and for a company file."""

from __future__ import annotations

from modelform.catalog.seats import countries
from modelform.spec.context import Context
from modelform.spec.policyforms import OriginsForm, PolicyForm
from modelform.spec.resolved import CostLimit, Policy
from modelform.spec.suggest import did_you_mean, either, nearest


def resolve_policy(context: Context, form: PolicyForm | None) -> Policy:
    """The policy that a file's `policy:` means, before its packs are read."""
    if form is None:
        return Policy()
    written = form.origins if isinstance(form.origins, OriginsForm) else OriginsForm(require=form.origins)
    below = ("policy.origins.require", "policy.origins.prefer") if written is form.origins else ("policy.origins", "")
    return Policy(
        residency=_residency(context, form.residency, "residency"),
        at_rest=_residency(context, form.at_rest, "atRest"),
        proof=form.proof,
        publishers=tuple(_publisher(context, name, index) for index, name in enumerate(form.publishers)),
        lifecycle=form.lifecycle,
        retirement_notice_days=form.retirement_notice,
        monthly_cost=CostLimit(form.monthly_cost.limit, form.monthly_cost.currency) if form.monthly_cost else None,
        public_network=form.public_network,
        local_keys=form.local_keys,
        outbound=form.outbound,
        diagnostics=form.diagnostics,
        origins=tuple(_seat(context, text, f"{below[0]}.{index}") for index, text in enumerate(written.require)),
        preferred_origins=tuple(
            _seat(context, text, f"{below[1]}.{index}") for index, text in enumerate(written.prefer)
        ),
        rules=dict(form.rules),
    )


def _seat(context: Context, text: str, path: str) -> str:
    """`EU` or a country code; a country without a publisher allows nothing, which is worth a word."""
    place = text.upper()
    known = {seat.country for name in context.catalog.publishers if (seat := context.catalog.seat(name))}
    if not countries((place,)) & known:
        hint = f"The publishers' countries are {', '.join(sorted(known))}, and EU stands for its members."
        context.warning("policy.origin", f"the catalogue has no publisher from {text!r}", path, hint)
    return place


def _residency(context: Context, text: str | None, key: str) -> str | None:
    """A residency as the catalogue spells it: country codes in capitals, all else in small letters."""
    if text is None:
        return None
    for spelled in (text, text.lower(), text.upper()):
        if context.catalog.is_residency(spelled):
            return spelled
    words = ("global", "us-data-zone", "eu-data-zone", "apac-data-zone", "eu")
    near = nearest(text, (*words, *context.catalog.residencies()))
    hint = (
        f"Did you mean {either(near)}?"
        if near
        else f"Write {', '.join(words)}, a country code such as DE, or a region."
    )
    context.error(
        "stack-file.value", f"policy.{key} {text!r} is no place that the catalogue knows", f"policy.{key}", hint
    )
    return None


def _publisher(context: Context, name: str, index: int) -> str:
    """A publisher as the catalogue spells it; one that it does not know allows nothing, which is worth a word."""
    known = {publisher.lower().replace(" ", "-"): publisher for publisher in context.catalog.publishers}
    found = known.get(name.lower().replace(" ", "-"))
    if found is None:
        hint = did_you_mean(name, known.values()) or f"The catalogue has {', '.join(sorted(known.values()))}."
        context.warning(
            "policy.publisher", f"the catalogue has no model of {name!r}", f"policy.publishers.{index}", hint
        )
    return found or name
