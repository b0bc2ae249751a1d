"""Operations on some resources only: what names mean, what is refused, and what is left as it was."""

from __future__ import annotations

from typing import Any

import pytest

from modelform.drivers import OperationOptions, Request, open_driver, selection
from modelform.errors import UsageError
from modelform.plan import Op, Result
from modelform.state import Snapshot
from modelform.state.model import Resource

pytestmark = pytest.mark.slow

ACCOUNT = "urn:pulumi:dev::p::modelform:index:Workspace$azure-native:cognitiveservices:Account::main"
COMPONENT = "urn:pulumi:dev::p::modelform:index:Deployment::one"
ONE = "urn:pulumi:dev::p::modelform:index:Deployment$azure-native:cognitiveservices:Deployment::one"
TWO = "urn:pulumi:dev::p::modelform:index:Deployment$azure-native:cognitiveservices:Deployment::two"
PROVIDER = "urn:pulumi:dev::p::pulumi:providers:azure-native::main"
HEAD = """
apiVersion: modelform/v1
location: swedencentral
resourceGroup: rg-models
policy: {lifecycle: [generallyAvailable, preview]}
workspaces:
  main: {kind: foundry}
deployments:
  one: {model: gpt-5.4-mini, workspace: main, capacity: {tpm: 10k}}
  two: {model: mistral-large-3@1, workspace: main, sku: dataZoneStandard, capacity: {tpm: 50k}}
"""


def resource(urn: str, **more: Any) -> Resource:
    return Resource(urn=urn, type=urn.split("::")[2].rpartition("$")[2], custom="azure-native" in urn, **more)


BASE = Snapshot(
    resources=[
        resource(PROVIDER),
        resource(ACCOUNT),
        resource(COMPONENT),
        resource(ONE, parent=COMPONENT, dependencies=[ACCOUNT]),
        resource(TWO, dependencies=[ACCOUNT, ONE]),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one", {COMPONENT, ONE}),
        (ONE, {ONE}),
        ("**::Deployment::*", set()),
        ("urn:pulumi:**:Deployment::*", {COMPONENT, ONE, TWO}),
        ("**Account::main", {ACCOUNT}),
    ],
)
def test_what_a_name_means(text: str, found: set[str]) -> None:
    options = OperationOptions(targets=(text,), dependents=True)
    going = selection.doomed(options, BASE)
    assert going is not None
    # What stands on the rest goes along.
    assert going == found | ({TWO} if ONE in found else {ONE, TWO} if found else set())


def test_a_replacement_is_of_what_azure_knows() -> None:
    (pattern,) = selection.replacing(OperationOptions(replace=("one",)))
    from modelform.engine.targets import Targets

    meant = Targets([pattern])
    assert [urn for urn in (ACCOUNT, COMPONENT, ONE, TWO, PROVIDER) if urn in meant] == [ONE]
    assert PROVIDER not in Targets(selection.replacing(OperationOptions(replace=("main",))))


def test_everything_is_meant_where_nothing_is_named() -> None:
    assert selection.doomed(OperationOptions(), BASE) is None
    assert selection.targets(OperationOptions(), program=True) == selection.replacing(OperationOptions()) == ()
    selection.require_known(OperationOptions(), BASE, (), None)


@pytest.mark.parametrize("text", ["oen", ONE.replace("::one", "::oen"), "**::oen"])
def test_what_is_not_there_is_told_with_what_is_near(text: str) -> None:
    for options in (OperationOptions(targets=(text,)), OperationOptions(replace=(text,))):
        with pytest.raises(UsageError, match="there is no such resource") as caught:
            selection.require_known(options, BASE, (), None)
        assert "Nearest: one" in caught.value.diagnostics[0].detail or "*" in text


def test_what_stands_on_a_target_is_not_deleted_unasked() -> None:
    with pytest.raises(UsageError, match="would have to go too: two") as caught:
        selection.doomed(OperationOptions(targets=("one",)), BASE)
    assert caught.value.diagnostics[0].hint == "add --dependents"
    assert selection.doomed(OperationOptions(targets=("two",)), BASE) == {TWO}


def run(project: Any, command: str, **options: Any) -> Result:
    driver = open_driver("embedded", project_dir=project.folder, target="sandbox", environment={})
    request = Request("dev", project.sandbox, stack=project.stack(), options=OperationOptions(yes=True, **options))
    found: Result = getattr(driver, command)(request, lambda event: None)
    return found


def done(result: Result) -> dict[str, str]:
    assert result.ok, [str(d) for d in result.diagnostics]
    return {c.name: str(c.op) for c in result.changes if c.custom and not c.provider and c.op is not Op.SAME}


def test_operations_on_some_resources(project: Any) -> None:
    project.write(HEAD)
    first = run(project, "up", targets=("main", "one"))
    assert set(done(first).values()) == {"create"}
    assert "two" not in done(first)
    project.write(HEAD.replace("10k", "20k"))
    assert done(run(project, "preview")) == {"one": "update", "two": "create"}
    assert done(run(project, "preview", targets=("two",))) == {"two": "create"}
    assert done(run(project, "up", targets=("one",))) == {"one": "update"}
    assert done(run(project, "up")) == {"two": "create"}
    assert done(run(project, "up", replace=("two",))) == {"two": "replace"}
    assert done(run(project, "preview")) == {}
    with pytest.raises(UsageError, match="would have to go too: two"):
        run(project, "destroy", targets=("one",))
    with pytest.raises(UsageError, match="no such resource"):
        run(project, "refresh", targets=("three",))
    assert done(run(project, "destroy", targets=("one",), dependents=True)) == {"one": "delete", "two": "delete"}
    assert done(run(project, "preview")) == {"one": "create", "two": "create"}
