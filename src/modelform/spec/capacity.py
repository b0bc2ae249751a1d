"""From `{tpm: 50k}` to ARM's `sku.capacity`, within the bounds that the offer has."""

from __future__ import annotations

from modelform.catalog import CapacityRules
from modelform.spec.context import Context
from modelform.spec.offers import Choice, lower_camel
from modelform.spec.resolved import SERVERLESS, Capacity, CapacityUnit
from modelform.spec.stackfile import CapacityForm
from modelform.spec.units import compact

_UNITS: dict[str, CapacityUnit] = {"tpm": "tpm", "ptu": "ptu", "enqueued_tokens": "enqueuedTokens", "units": "units"}
_BY_SKU: tuple[tuple[str, CapacityUnit], ...] = (("Provisioned", "ptu"), ("Batch", "enqueuedTokens"))
_EXAMPLES: dict[CapacityUnit, str] = {
    "tpm": "{tpm: 50k}",
    "ptu": "{ptu: 100}",
    "enqueuedTokens": "{enqueuedTokens: 5M}",
    "units": "{units: 1}",
}


def resolve_capacity(context: Context, key: str, form: CapacityForm | None, choice: Choice) -> Capacity | None:
    """The capacity of a deployment; None for a serverless endpoint, and with a diagnostic where it is wrong."""
    path = f"deployments.{key}.capacity"
    shown = lower_camel(choice.sku)
    given = {unit: getattr(form, name) for name, unit in _UNITS.items() if form and getattr(form, name) is not None}
    if choice.sku == SERVERLESS:
        if form is not None:
            context.error("capacity.invalid", "a serverless endpoint has no capacity", path, "Remove it.")
        return None
    rules = context.catalog.capacity_rules(choice.facts, choice.sku) if choice.facts else None
    unit = rules.unit if rules else _unit(choice.sku)
    if not given:
        if unit == "units" and form is None:
            return Capacity(unit, rules.default if rules else 1, rules.default if rules else 1)
        summary = f"deployments.{key} has no capacity" if form is None else f"{path} gives no amount"
        context.error("capacity.invalid", summary, path, f"{shown} counts {unit}: write capacity: {_EXAMPLES[unit]}.")
        return None
    if len(given) > 1:
        context.error(
            "capacity.invalid",
            f"{path} gives {' and '.join(given)}: an offer has one unit",
            path,
            f"{shown} counts {unit}; remove the other, with null if it comes from a base file.",
        )
        return None
    if unit not in given:
        wrong = next(iter(given))
        context.error(
            "capacity.invalid",
            f"{choice.model.name} as {shown} counts {unit}, not {wrong}",
            f"{path}.{wrong}",
            f"Write capacity: {_EXAMPLES[unit]}.",
        )
        return None
    return _bounded(context, f"{path}.{unit}", unit, given[unit], rules)


def _bounded(
    context: Context, path: str, unit: CapacityUnit, amount: int, rules: CapacityRules | None
) -> Capacity | None:
    per = rules.amount_per_unit if rules else 1000 if unit in ("tpm", "enqueuedTokens") else 1
    capacity, rest = divmod(amount, per)
    if rest or capacity == 0:
        near = max(1, round(amount / per)) * per
        context.error(
            "capacity.invalid",
            f"{path} is {amount}, but {unit} go in steps of {compact(per)}",
            path,
            f"Write {compact(near)}.",
        )
        return None
    if rules is None:
        return Capacity(unit, amount, capacity)
    problem = rules.problem(capacity)
    # Bounds that we infer stop nobody; the check of the same code warns of them.
    if problem and not rules.inferred:
        hint = f"Write {compact(_nearest(capacity, rules) * per)}."
        context.error("capacity.invalid", f"{path} is {compact(amount)}, but the offer takes {problem}", path, hint)
        return None
    return Capacity(unit, amount, capacity)


def _nearest(capacity: int, rules: CapacityRules) -> int:
    """The legal capacity that is nearest, the larger one where two are."""
    steps = -(-max(0, capacity - rules.minimum) // rules.step)
    found = rules.minimum + steps * rules.step
    if rules.maximum is not None and found > rules.maximum:
        found = rules.minimum + (rules.maximum - rules.minimum) // rules.step * rules.step
    return found


def _unit(sku: str) -> CapacityUnit:
    """The unit of a sku that the catalogue knows nothing about."""
    return next((unit for part, unit in _BY_SKU if part in sku), "tpm")
