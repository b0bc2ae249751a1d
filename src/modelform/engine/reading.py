"""Reading a resource that something else manages: `.get()` in a program."""

from __future__ import annotations

from modelform.engine import urns
from modelform.engine.aliases import candidates
from modelform.engine.decide import Planned
from modelform.engine.deployment import Deployment, StepFailed
from modelform.engine.goal import Goal
from modelform.engine.registration import Answer, Registrar
from modelform.plan import Op


def read(registrar: Registrar, goal: Goal, identity: str) -> Answer:
    """Reads the resource into the state as external; raises `Stop` where the operation ends.

    One that this stack manages itself under another id is let go for it, as in a replacement.
    """
    deployment = registrar.deployment
    deployment.check_running()
    goal = registrar.admission.complete(goal)
    if not identity:
        raise deployment.refuse("engine.read", f"{goal.name} is to be read, but the program gives no id")
    with deployment.lock:
        chain = _decided(deployment, goal, identity)
    try:
        slot = registrar.executor.run(chain)
    except StepFailed:
        if not deployment.options.continue_on_error:
            raise deployment.fail_quietly() from None
        assert chain[0].new is not None
        return Answer(chain[0].new, "fail")
    assert slot is not None
    return Answer(slot.resource)


def _decided(deployment: Deployment, goal: Goal, identity: str) -> list[Planned]:
    """Read, or read in place of what is managed now; holds the lock."""
    urn = urns.make(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
    if urn in deployment.urns:
        raise deployment.refuse("engine.duplicate-urn", f"two resources are named {goal.name!r}", urn)
    deployment.urns.add(urn)
    old = deployment.olds.get(urn)
    if old is None:
        names = candidates(goal, deployment.stack, deployment.project, deployment.found_as)
        old = next((deployment.olds[name] for name in names if name in deployment.olds), None)
    new = goal.state(urn, None).with_(id=identity, external=True, property_dependencies={}, import_id="")
    if old is not None and not old.resource.external and old.resource.id != identity:
        deployment.replaces.add(urn)
        return [Planned(Op.READ_REPLACEMENT, urn, old, new), Planned(Op.REPLACE, urn, old, new)]
    deployment.reads.add(urn)
    return [Planned(Op.READ, urn, old, new)]
