"""The deletes at the end of an operation, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from modelform.engine import decide, deletes, urns
from modelform.engine.decide import Planned
from modelform.engine.dependents import cascade, dependencies, dependents
from modelform.engine.deployment import Deployment, StepFailed, Stop
from modelform.engine.execute import Executor
from modelform.engine.slots import Slot
from modelform.seam import DiffChanges, DiffResult


def remove(deployment: Deployment, executor: Executor) -> None:
    """Deletes what replacements have left and what the program no longer has; raises `Stop` where it ends early."""
    state = deployment.ledger.base
    meant = _meant(deployment)
    plans = deletes.condemned(
        state,
        deployment.operated,
        lambda slot: meant is None or slot.urn in meant,
        lambda slot: slot in deployment.deleted_slots,
    )
    deployment.deletes.update(plan.urn for plan in plans)
    _refuse_untargeted(deployment, plans)
    if meant is not None:
        untouched = [slot for slot in state if not (slot.gone or slot.urn in meant or deployment.operated(slot.urn))]
        with suppress(StepFailed):
            executor.run([decide.left_as_it_was(slot) for slot in untouched])
    for level in deletes.levels(plans, state):
        kept = dependencies(deployment.failed_slots, state) if deployment.failed_slots else set()
        _run_level([plan for plan in level if plan.old not in kept], deployment, executor)


def _run_level(level: Sequence[Planned], deployment: Deployment, executor: Executor) -> None:
    """Runs a level at once, as far as parallel steps are allowed; a failure lets what runs end."""
    if not level:
        return
    deployment.check_running()

    def one(plan: Planned) -> None:
        with suppress(StepFailed, Stop):
            executor.run([plan])

    if len(level) == 1 or deployment.options.parallel <= 1 or deployment.preview:
        for plan in level:
            one(plan)
    else:
        with ThreadPoolExecutor(deployment.options.parallel, thread_name_prefix="delete") as pool:
            for future in [pool.submit(one, plan) for plan in level]:
                future.result()
    deployment.check_running()


def _meant(deployment: Deployment) -> set[str] | None:
    """The URNs that an operation on targets may delete: the targets, and whom their deletion drags along."""
    if not deployment.targets:
        return None
    state = deployment.ledger.base
    found: set[Slot] = set()
    meant = {slot.urn for slot in state if slot.urn in deployment.targets}
    # A name may be that of several: of what one of them takes along, the others may have dependents of their own.
    while roots := [slot for slot in state if slot.urn in meant and slot not in found]:
        for root in roots:
            found |= {root, *dependents(root, state, lambda urn: False, children=True)}
        meant |= {slot.urn for slot in found}
    for root in [slot for slot in state if slot.urn in meant]:
        for dragged in cascade(root, state, deployment.handled, lambda _: DiffResult(DiffChanges.NONE)):
            meant.add(dragged.slot.urn)
    return meant


def _refuse_untargeted(deployment: Deployment, plans: Sequence[Planned]) -> None:
    """What would go along with a target must be a target too, unless the caller asked for dependents."""
    if not deployment.targets or deployment.options.target_dependents:
        return
    loose = [plan for plan in plans if plan.urn not in deployment.targets]
    for plan in loose:
        deployment.complain(
            "engine.target",
            f"{urns.name_of(plan.urn)} would be deleted with a target, and is no target itself",
            plan.urn,
            hint=f"add --only '{plan.urn}', or --dependents",
        )
    if loose and not deployment.preview:
        raise deployment.fail_quietly()
