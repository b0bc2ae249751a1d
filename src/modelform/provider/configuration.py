"""The provider's own configuration: which of azure-native's keys the embedded provider takes."""

from __future__ import annotations

from modelform.plan import PropertyDiff
from modelform.seam import CheckFailure, CheckResult, DiffChanges, DiffResult
from modelform.values import UNKNOWN, Properties, bare, equal

# Where resources are. The rest of what it takes has no effect on them.
PLACE = ("subscriptionId", "tenantId")
TAKEN = frozenset({*PLACE, "location", "version", "__internal", "disablePulumiPartnerId", "partnerId"})


def check_config(news: Properties) -> CheckResult:
    """Refuses what it would have to ignore: endpoint and identity are given by the environment, not by a resource."""
    failures = [  # `environment: public` is what the SDK's provider class says by itself
        CheckFailure(
            key,
            "the embedded provider does not take it: endpoint and identity come from the target and the AZURE_* "
            "variables; `--engine pulumi` has azure-native's whole configuration",
        )
        for key in sorted(news.keys() - TAKEN)
        if not (key == "environment" and bare(news[key]) == "public")
    ]
    for key in (*PLACE, "location"):
        value = bare(news.get(key))
        if value is not None and value is not UNKNOWN and not (isinstance(value, str) and value):
            failures.append(CheckFailure(key, "must be text, and not empty"))
    return CheckResult(dict(news), tuple(failures))


def diff_config(olds: Properties, news: Properties) -> DiffResult:
    """Another subscription or tenant is another place: everything would have to be made anew there."""
    changed = {
        key: PropertyDiff("update-replace" if key in PLACE and key in olds else "update")
        for key in sorted((olds.keys() | news.keys()) - {"version", "__internal"})
        if not equal(bare(olds.get(key)), bare(news.get(key)))
    }
    if not changed:
        return DiffResult(DiffChanges.NONE)
    replaces = tuple(key for key, found in changed.items() if found.kind.endswith("-replace"))
    return DiffResult(DiffChanges.SOME, replaces=replaces, diffs=tuple(changed), detailed=changed)
