"""The one cloud that a state belongs to, as it says itself in the inputs of its component `modelform:index:Cloud`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from modelform.errors import PolicyError
from modelform.record import dataclass
from modelform.state.model import Snapshot
from modelform.values import bare

TYPE = "modelform:index:Cloud"


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud: `sandbox` or `azure`, the tenant, the subscription and ARM's endpoint."""

    target: str
    tenant: str
    subscription: str
    endpoint: str

    def __str__(self) -> str:
        name = "the sandbox" if self.target == "sandbox" else "Azure" if self.target == "azure" else self.target
        return f"{name} (tenant {self.tenant}, subscription {self.subscription}, endpoint {self.endpoint})"

    def differences(self, other: Cloud) -> tuple[str, ...]:
        """The fields in which two clouds differ; neither case nor a slash at the end makes a difference."""
        mine, theirs = asdict(self), asdict(other)
        return tuple(name for name, text in mine.items() if _plain(text) != _plain(theirs[name]))


def read(snapshot: Snapshot) -> Cloud | None:
    """The cloud that a state belongs to; None for one never brought up, or whose binding is deleted already."""
    for resource in snapshot.resources:
        if resource.type == TYPE and not resource.delete:
            inputs: dict[str, Any] = bare(resource.inputs)
            return Cloud(*(str(inputs.get(name) or "") for name in ("target", "tenant", "subscription", "endpoint")))
    return None


def require(snapshot: Snapshot, wanted: Cloud, stack: str) -> None:
    """Raises `PolicyError` when the state belongs to another cloud than the one an operation is about to work on."""
    bound = read(snapshot)
    if bound is None or not bound.differences(wanted):
        return
    raise PolicyError(
        f"the state of stack {stack} belongs to {bound}, and this operation is for {wanted}",
        code="state.other-cloud",
        detail=f"They differ in {', '.join(bound.differences(wanted))}. A state never moves from one cloud to another: "
        "everything in it would be taken for missing, and made a second time.",
        hint="give the operation the cloud of the state, use another stack (another name) for the other cloud, "
        "or `modelform destroy` the stack where it is first",
    )


def _plain(text: str) -> str:
    return text.strip().rstrip("/").lower()
