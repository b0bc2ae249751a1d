"""What destroys is asked for."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

from modelform.drivers import OperationOptions, guards
from modelform.errors import Exit, PolicyError
from modelform.plan import Change, Difference, Op, Step

ACCOUNT = "azure-native:cognitiveservices:Account"
HUB = "azure-native:machinelearningservices:Workspace"
URN = f"urn:pulumi:s::p::modelform:index:Workspace${ACCOUNT}::main"


def change(op: Op, type: str = ACCOUNT, **more: Any) -> Change:
    return Change(op, URN.replace(ACCOUNT, type), type, "main", **more)


def found(changes: list[Change], options: OperationOptions | None = None, **more: Any) -> list[Any]:
    more.setdefault("stack", None)
    return guards.findings(changes, more.pop("steps", []), options or OperationOptions(), **more)


@pytest.mark.parametrize("op", [Op.REPLACE, Op.DELETE])
@pytest.mark.parametrize("type", sorted(guards.GUARDED))
def test_what_holds_other_things_is_guarded(op: Op, type: str) -> None:
    (diagnostic,) = found([change(op, type)])
    flag = "--allow-replace" if op is Op.REPLACE else "--allow-delete"
    assert diagnostic.hint == f"{flag} '{URN.replace(ACCOUNT, type)}'"
    assert URN.replace(ACCOUNT, type) in diagnostic.summary
    with pytest.raises(PolicyError) as error:
        guards.require([diagnostic])
    assert error.value.exit_code is Exit.STOPPED


@pytest.mark.parametrize("op", [Op.CREATE, Op.UPDATE, Op.SAME])
def test_what_destroys_nothing_is_not(op: Op) -> None:
    assert found([change(op)]) == []


def test_deployments_and_hub_projects_may_go() -> None:
    project = change(Op.DELETE, HUB)
    steps = [Step(Op.DELETE, project.urn, HUB, "main", old={"kind": "Project"})]
    assert found([project], steps=steps) == []
    assert found([change(Op.DELETE, "azure-native:cognitiveservices:Deployment")]) == []


def test_each_flag_allows_its_own_urn_and_nothing_else() -> None:
    assert found([change(Op.REPLACE)], OperationOptions(allow_replace=(URN,))) == []
    assert found([change(Op.DELETE)], OperationOptions(allow_delete=(URN,))) == []
    assert len(found([change(Op.DELETE)], OperationOptions(allow_replace=(URN,)))) == 1
    assert len(found([change(Op.REPLACE)], OperationOptions(allow_replace=(URN + "x",), yes=True))) == 1


def test_what_was_allowed_in_vain_is_told() -> None:
    (named,) = found([change(Op.REPLACE)], OperationOptions(allow_replace=("main",)))
    assert "What was allowed is not this" in named.detail
    (crossed,) = found([change(Op.REPLACE)], OperationOptions(allow_delete=(URN,)))
    assert "--allow-delete allows something else: this takes --allow-replace." in crossed.detail
    (plain,) = found([change(Op.REPLACE)])
    assert plain.detail == "Everything in it goes with it."


def test_protect_false_is_enough_together_with_a_yes() -> None:
    stack: Any = SimpleNamespace(workspaces={"main": SimpleNamespace(logical="main", protect=False)})
    assert len(found([change(Op.REPLACE)], stack=stack)) == 1
    assert found([change(Op.REPLACE)], OperationOptions(yes=True), stack=stack) == []
    assert found([change(Op.REPLACE)], stack=stack, agreed=True) == []


def test_it_says_what_forces_the_replacement() -> None:
    forced = dataclasses.replace(
        change(Op.REPLACE), diff=(Difference("properties.customSubDomainName", "update", "a", "b", True),)
    )
    (diagnostic,) = found([forced])
    assert "properties.customSubDomainName" in diagnostic.detail
