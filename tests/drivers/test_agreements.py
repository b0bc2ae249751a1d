"""The marketplace: who may buy, asked before an up; what is left behind when a purchase ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelform.errors import PolicyError, Severity
from modelform.sandbox.exchange import Request

pytestmark = pytest.mark.slow

STACK = """\
apiVersion: modelform/v1
location: swedencentral
subscription: 00000000-0000-4000-8000-000000000001
tenant: 00000000-0000-4000-8000-00000000aaaa
workspaces: {studio: {kind: hub, projects: [research], protect: false}}
deployments:
  clerk: {model: mistral-small-2503, workspace: studio/research, sku: serverless, terms: accepted}
"""
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


def set_kind(project: Any, kind: str) -> None:
    control = project.sandbox(SUBSCRIPTION).transport.control
    body = json.dumps({"quotaId": kind}).encode()
    answer = control.handle(Request("PUT", f"/_sandbox/subscriptions/{SUBSCRIPTION}", {}, {}, body))
    assert answer.status == 200


def test_a_subscription_that_cannot_buy_is_told_so_before_anything_is_made(project: Any) -> None:
    project.write(STACK)
    set_kind(project, "CSP_2015-05-01")
    with pytest.raises(PolicyError) as caught:
        project.run("up")
    (error,) = [d for d in caught.value.diagnostics if d.severity is Severity.ERROR]
    assert error.code == "marketplace.eligibility"
    assert error.summary.endswith("the subscription cannot buy: it is of a Cloud Solution Provider")


def test_who_will_not_hear_of_it_hears_it_of_azure(project: Any) -> None:
    project.write(STACK + "policy: {rules: {marketplace.eligibility: off}}\n")
    set_kind(project, "CSP_2015-05-01")
    result = project.run("up")
    assert not result.ok
    (error,) = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    assert error.code == "marketplace.eligibility"
    assert "eligibility check failed" in error.summary
    project.run("destroy", yes=True)


def test_a_destroy_says_what_stays_of_a_purchase(project: Any) -> None:
    project.write(STACK)
    project.up()
    planned = project.run("destroy", dry_run=True)
    (bought,) = [c for c in planned.changes if c.type.endswith(":MarketplaceSubscription")]
    assert bought.reason == "ends the purchase; the terms stay accepted for the Azure subscription"
    done = project.run("destroy", yes=True)
    assert done.ok
    (note,) = [d for d in done.diagnostics if d.code == "marketplace.left-behind"]
    assert note.severity is Severity.INFO
    assert note.summary.startswith("ended 1 marketplace subscription; the terms stay accepted")
    assert note.summary.endswith("(mistral-small-2503)")


def test_a_subscription_that_would_not_go_is_left_behind(project: Any) -> None:
    from modelform.sandbox.faults import Fault, Plan

    project.write(STACK)
    project.up()
    trouble = project.sandbox(SUBSCRIPTION).transport.control.trouble
    trouble.set(Plan((Fault("deny", methods=("DELETE",), path="*/marketplaceSubscriptions/*"),)))
    result = project.run("destroy", yes=True)
    assert not result.ok
    (note,) = [d for d in result.diagnostics if d.code == "marketplace.left-behind"]
    assert note.severity is Severity.WARNING
    assert note.summary.startswith("left behind 1 marketplace subscription: ")
    trouble.set(Plan())
    project.run("destroy", yes=True)
