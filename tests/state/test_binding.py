"""A state belongs to one cloud."""

from __future__ import annotations

from typing import Any

import pytest

from modelform.errors import Exit, PolicyError
from modelform.state import Cloud, Resource, Snapshot, binding
from modelform.values import Secret

SANDBOX = Cloud("sandbox", "tenant-a", "sub-a", "https://management.sandbox.localhost")


def bound(cloud: Cloud, **fields: Any) -> Snapshot:
    inputs: dict[str, Any] = {"target": cloud.target, "tenant": cloud.tenant, "endpoint": cloud.endpoint}
    inputs["subscription"] = Secret(cloud.subscription)
    urn = "urn:pulumi:dev::shop::modelform:index:Cloud::cloud"
    return Snapshot(resources=[Resource(urn, "modelform:index:Cloud", inputs=inputs, **fields)])


def test_the_binding_is_read_from_the_state() -> None:
    assert binding.read(bound(SANDBOX)) == SANDBOX
    assert binding.read(Snapshot()) is None
    assert binding.read(bound(SANDBOX, delete=True)) is None


@pytest.mark.parametrize(
    "wanted",
    [SANDBOX, Cloud("sandbox", "TENANT-A", "Sub-A", "https://management.sandbox.localhost/")],
    ids=["the same", "another spelling"],
)
def test_the_same_cloud_passes(wanted: Cloud) -> None:
    binding.require(bound(SANDBOX), wanted, "dev")
    binding.require(Snapshot(), wanted, "dev")


@pytest.mark.parametrize(
    ("wanted", "differs"),
    [
        (Cloud("azure", "tenant-a", "sub-a", "https://management.azure.com"), "target, endpoint"),
        (Cloud("sandbox", "tenant-b", "sub-a", SANDBOX.endpoint), "tenant"),
        (Cloud("sandbox", "tenant-a", "sub-b", SANDBOX.endpoint), "subscription"),
    ],
)
def test_another_cloud_is_refused_with_both_named(wanted: Cloud, differs: str) -> None:
    with pytest.raises(PolicyError) as caught:
        binding.require(bound(SANDBOX), wanted, "dev")
    finding = caught.value.diagnostics[0]
    assert (caught.value.exit_code, finding.code) == (Exit.STOPPED, "state.other-cloud")
    assert str(SANDBOX) in finding.summary
    assert str(wanted) in finding.summary
    assert f"differ in {differs}." in finding.detail
    assert finding.hint
