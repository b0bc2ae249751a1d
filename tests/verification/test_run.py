"""A run: what it takes for verified, and that it cleans up whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelform.verification.choice import ACCOUNT, DEPLOYMENT, RESOURCES
from modelform.verification.comparison import compare
from modelform.verification.evidence import report
from modelform.verification.run import Run, Verifier

from .conftest import SUBSCRIPTION, TODAY, small_plan

Make = Callable[..., Any]


def verify(cloud: Any, **omitted: str) -> Run:
    return Verifier("embedded", small_plan(**omitted), SUBSCRIPTION, cloud.around)()


def test_what_was_made_read_changed_and_destroyed_is_verified(elsewhere: Make) -> None:
    cloud = elsewhere()
    run = verify(cloud, **{DEPLOYMENT: "no quota"})
    assert [token for token, outcome in run.outcomes.items() if outcome.verified] == [RESOURCES, ACCOUNT]
    assert (run.left, cloud.held()) == ([], [])
    found = report([run], {}, compare(run.recorder.exchanges, "", TODAY), TODAY, "swedencentral", "https://x.azure.com")
    told = {one.type: found.evidence(one) for one in found.findings}
    assert told["Microsoft.CognitiveServices/accounts"] == "live-verified on 2026-11-22"
    assert told["Microsoft.CognitiveServices/accounts/deployments"] == "not verified: no quota"
    assert told["Microsoft.KeyVault/vaults"].startswith("not verified: the run ended before it was made")
    assert found.differences == ()


def test_what_is_refused_is_not_verified_and_says_why(elsewhere: Make) -> None:
    cloud = elsewhere("faults: [{kind: deny, methods: [PUT], path: '*/accounts/*'}]")
    run = verify(cloud)
    assert not run.outcomes[ACCOUNT].made
    assert "does not have authorization" in run.outcomes[ACCOUNT].why
    assert (run.left, cloud.held()) == ([], [])
    # What a subscription may not do says nothing of the sandbox.
    assert compare(run.recorder.exchanges, "", TODAY) == []


def test_what_cannot_be_destroyed_is_told_with_the_command_that_does_it(elsewhere: Make) -> None:
    cloud = elsewhere("faults: [{kind: deny, methods: [DELETE]}]")
    run = verify(cloud)
    assert not run.outcomes[ACCOUNT].destroyed
    assert [one.what for one in run.left] == ["resource group rg-small"]
    assert run.left[0].command == f"az group delete --yes --name rg-small --subscription {SUBSCRIPTION}"
    assert "was not cleaned up" in cloud.told[-1]


@pytest.mark.parametrize("at_once", [False, True])
def test_an_interruption_cleans_up_first(elsewhere: Make, at_once: bool) -> None:
    cloud = elsewhere()

    def interrupt(text: str) -> None:
        if "change" in text:
            cloud.cancelled.set()
            if at_once:
                raise KeyboardInterrupt

    cloud.told = type("Told", (), {"append": staticmethod(interrupt)})()
    verifier = Verifier("embedded", small_plan(), SUBSCRIPTION, cloud.around)
    if at_once:
        with pytest.raises(KeyboardInterrupt):
            verifier()
    else:
        verifier()
    assert not verifier.run.outcomes[ACCOUNT].changed
    assert (verifier.run.left, cloud.held()) == ([], [])
