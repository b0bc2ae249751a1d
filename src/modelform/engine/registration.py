"""From a registration to its result: asks the provider, decides, has the steps carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from modelform.engine import decide, urns
from modelform.engine.admission import Admission, Case
from modelform.engine.calls import call, marked_like
from modelform.engine.decide import Planned, Verdict
from modelform.engine.dependents import Dragged, Question, Unanswered, cascade
from modelform.engine.deployment import Deployment, StepFailed
from modelform.engine.execute import Executor
from modelform.engine.goal import Goal
from modelform.engine.instances import DiffUnavailable
from modelform.engine.slots import Slot, wanted
from modelform.errors import ModelformError
from modelform.plan import Op
from modelform.record import dataclass
from modelform.seam import DiffChanges, DiffResult
from modelform.state import Resource
from modelform.values import Properties, equal, has_unknown, paths


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registration came to; `unknown` where nothing was made of a resource that the operation leaves out."""

    resource: Resource
    result: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


class Registrar:
    """Takes registrations, several at the same time."""

    def __init__(self, deployment: Deployment, executor: Executor, config: dict[str, str], secrets: set[str]) -> None:
        self.deployment = deployment
        self.executor = executor
        self.admission = Admission(deployment, lambda goal: self.register(goal).resource, config, secrets)

    def register(self, goal: Goal) -> Answer:
        """Brings one resource to what the program wants; raises `Stop` where the operation ends."""
        deployment = self.deployment
        deployment.check_running()
        goal = self.admission.complete(goal)
        with deployment.lock:
            case = self.admission.admit(goal)
            if deployment.must_skip(case.new) or self._is_not_gone(case):
                return self._skip(case, "skip")
        try:
            return self._decided(case)
        except StepFailed:
            if not deployment.options.continue_on_error:
                raise deployment.fail_quietly() from None
            # The step that failed may have been another resource's, which was to go first.
            with deployment.lock:
                return self._skip(case, "fail")
        except ModelformError as error:
            raise deployment.fail(error, case.urn) from error

    def _is_not_gone(self, case: Case) -> bool:
        """Was it to go with another resource, to be made anew, and has the deletion of that one failed?"""
        old = case.old.resource if case.old is not None else None
        return old is not None and case.urn in self.deployment.deletes and old.deleted_with in self.deployment.failed

    def _skip(self, case: Case, result: Literal["skip", "fail"]) -> Answer:
        """Goes no further with a resource that has failed, or whose dependency has; it is not deleted either."""
        deployment = self.deployment
        deployment.failed.add(case.urn)
        if case.old is not None:
            deployment.sames.add(case.urn)
            deployment.failed_slots.add(case.old)
        return Answer(case.new, result)

    def _decided(self, case: Case) -> Answer:
        """Import if asked for, check, decide, run."""
        if decide.is_import(case.goal, case.old.resource if case.old else None):
            if self._skipped_needs(case) and not self.deployment.is_meant(case.new):
                return self._left_out(case)
            self._refuse_skipped_needs(case)
            case = self._imported(case)
        if not self.deployment.is_meant(case.new):
            if case.invalid:
                raise self.deployment.fail_quietly()
            return self._left_out(case)
        self._refuse_circle(case)
        if not self.deployment.preview and has_unknown(case.new.inputs):
            raise self.deployment.refuse("engine.unknown-input", "an input is not known in an `up`", case.urn)
        self._checked(case)
        with self.deployment.lock:
            if self.deployment.targets and self.deployment.is_target(case.new):
                self.deployment.targeted.add(case.urn)
        chain = self._chain(case)
        if not chain:
            assert case.old is not None
            return Answer(case.old.resource)
        self._refuse_skipped_needs(case)
        slot = self.executor.run(chain)
        return Answer(slot.resource if slot else case.new)

    def _imported(self, case: Case) -> Case:
        """Reads the resource that the program takes over; what was read is the old state from here on."""
        deployment = self.deployment
        with deployment.lock:
            recreating = case.urn in deployment.deletes
            deployment.imports.add(case.urn)
        if case.old is not None and not recreating:
            chain = [
                Planned(Op.IMPORT_REPLACEMENT, case.urn, case.old, case.new),
                Planned(Op.REPLACE, case.urn, case.old, case.new),
            ]
        else:
            chain = [Planned(Op.IMPORT, case.urn, None, case.new)]
        slot = self.executor.run(chain)
        assert slot is not None
        with deployment.lock:
            # What was deleted for the sake of another resource is replaced by what was imported.
            deployment.deletes.discard(case.urn)
        read = slot.resource
        new = case.goal.state(case.urn, read)
        return replace(case, old=slot, new=new)

    def _is_fresh(self, case: Case) -> bool:
        """Has the old state nothing to say about the new inputs?"""
        if case.old is None or case.old.resource.external:
            return True
        return case.urn in self.deployment.deletes or self.deployment.is_targeted_replace(case.urn)

    def _checked(self, case: Case) -> None:
        """Has the provider check the inputs and fill in defaults; ends the operation where they are refused."""
        if case.goal.custom:
            with self.deployment.lock:
                fresh = self._is_fresh(case)
            olds: Properties = {}
            news = case.goal.inputs
            if not fresh and case.old is not None:
                olds = case.old.resource.inputs
                news, misfits = paths.reset_all(case.goal.ignore_changes, olds, news)
                if misfits:
                    listed = ", ".join(misfits)
                    summary = f"cannot ignore changes in added or removed elements of the path: {listed}"
                    self.deployment.note("engine.ignore-changes", summary, case.urn)
            self._check(case, olds, news)
        if case.invalid:
            raise self.deployment.fail_quietly()

    def _check(self, case: Case, olds: Properties, news: Properties) -> None:
        deployment = self.deployment
        if case.goal.is_provider:
            result = call(deployment.instances.check, case.urn, case.goal.type, olds, news)
        elif deployment.instances.is_unknown(case.goal.provider):
            case.new = case.new.with_(inputs=news)
            return
        else:
            provider = deployment.provider_of(case.new)
            result = call(provider.check, case.urn, case.goal.type, olds, news, case.seed)
            if not result.failures:
                result = replace(result, inputs=marked_like(provider, result.inputs, news))
        for failure in result.failures:
            place = f"property {failure.property} " if failure.property else ""
            summary = f"{case.goal.name} ({case.goal.type}): {place}has a problem: {failure.reason}"
            deployment.complain("engine.check", summary, case.urn)
        if result.failures:
            raise deployment.fail_quietly()
        case.new = case.new.with_(inputs=result.inputs)

    def _chain(self, case: Case) -> list[Planned]:
        """Decides what happens; an empty chain for a resource that was imported as it is wanted."""
        deployment = self.deployment
        with deployment.lock:
            early = self._without_diff(case)
        if early is not None:
            return early
        assert case.old is not None
        old = case.old.resource
        diff = decide.with_replace_on_changes(self._diff(case), case.goal.replace_on_changes, bool(old.init_errors))
        outcome = decide.verdict(old, diff)
        if outcome is Verdict.REPLACE:
            self._allow_replacement(case, old)
            return self._replacement(case, case.old, diff)
        with deployment.lock:
            if case.urn in deployment.deletes:
                return self._recreation(case, case.old)
            if outcome is Verdict.UPDATE:
                deployment.updates.add(case.urn)
                return [Planned(Op.UPDATE, case.urn, case.old, case.new, (), diff.diffs, diff.detailed)]
            if case.urn in deployment.imports:
                return []
            deployment.sames.add(case.urn)
            return [Planned(Op.SAME, case.urn, case.old, case.new)]

    def _without_diff(self, case: Case) -> list[Planned] | None:
        """The cases that no comparison is needed for; holds the lock."""
        deployment = self.deployment
        if case.old is None:
            deployment.creates.add(case.urn)
            return [Planned(Op.CREATE, case.urn, None, case.new)]
        if case.urn in deployment.deletes:
            return self._recreation(case, case.old)
        if case.old.resource.external:
            deployment.creates.add(case.urn)
            return decide.takeover(case.old, case.new)
        return None

    def _recreation(self, case: Case, old: Slot) -> list[Planned]:
        deployment = self.deployment
        deployment.deletes.discard(case.urn)
        deployment.replaces.add(case.urn)
        return decide.recreation(old, case.new, deployment.dependent_keys.get(case.urn, ()))

    def _diff(self, case: Case) -> DiffResult:
        """How the resource differs from its old state, by what forces a replacement or by its provider's word."""
        deployment, new = self.deployment, case.new
        assert case.old is not None
        old = case.old.resource
        if deployment.is_targeted_replace(case.urn):
            return decide.forced("id")
        with deployment.lock:
            if any(urn in deployment.replaces for urn in new.replace_with):
                return decide.forced("replaceWith")
            if new.deleted_with in deployment.replaces:
                return decide.forced("deletedWith")
        if self._provider_changed(old, new):
            return decide.forced("provider")
        if not new.custom:
            return DiffResult(DiffChanges.NONE if equal(old.inputs, new.inputs) else DiffChanges.SOME)
        try:
            return self._ask(old, new.inputs, new.ignore_changes, new.provider)
        except DiffUnavailable as error:
            deployment.warn(error.diagnostics[0].code, error.diagnostics[0].summary, case.urn)
            return DiffResult(DiffChanges.SOME)

    def _ask(self, old: Resource, news: Properties, ignored: tuple[str, ...], reference: str) -> DiffResult:
        """The provider's comparison of a resource with new inputs."""
        deployment = self.deployment
        if urns.is_provider(old.type):
            return call(deployment.instances.diff, old.urn, old, news)
        if deployment.instances.is_unknown(reference):
            raise DiffUnavailable("the provider is not configured yet, so what changes cannot be told")
        provider = deployment.instances.get(reference) or deployment.instances.ensure(reference, deployment.ledger.base)
        diff = call(provider.diff, old.urn, old.type, old.id, old.outputs, old.inputs, news, ignored)
        return decide.resolved(diff, old.inputs, news, ignored)

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        """Does another provider manage it, one that cannot go on with what the old one made?"""
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        deployment = self.deployment
        (old_urn, _), (new_urn, _) = urns.split_reference(old.provider), urns.split_reference(new.provider)
        with deployment.lock:
            if deployment.claimed.get(old_urn) == new_urn:
                return False
            before, after = deployment.olds.get(old_urn), deployment.made.get(new_urn)
        if before is None or after is None:
            return True
        if deployment.instances.is_unknown(new.provider):
            return False
        return decide.replaces(
            call(deployment.instances.changed, new.provider, before.resource.inputs, after.resource.inputs)
        )

    def _allow_replacement(self, case: Case, old: Resource) -> None:
        """Ends an `up` that would replace what must stay; a preview goes on and says so."""
        deployment = self.deployment
        if case.new.protect and old.protect:
            deployment.complain(
                "engine.protected",
                f"{case.goal.name} is protected and cannot be replaced",
                case.urn,
                hint="take `protect` away, then bring the change up",
            )
            if not deployment.preview:
                raise deployment.fail_quietly()
        if case.goal.import_id:
            summary = f"{case.goal.name} was imported and cannot be replaced while the program says `import`"
            if not deployment.preview:
                raise deployment.refuse("engine.import", summary, case.urn, hint="take `import` away")
            deployment.warn("engine.import", summary, case.urn)

    def _replacement(self, case: Case, old: Slot, diff: DiffResult) -> list[Planned]:
        """The chain of a replacement, with whom it drags along."""
        deployment = self.deployment
        with deployment.lock:
            if case.urn in deployment.deletes:
                return self._recreation(case, old)
            deployment.replaces.add(case.urn)
        if case.goal.custom and not deployment.is_targeted_replace(case.urn):
            # Defaults that were carried over from the old one, and what was ignored in it, say nothing of a new one.
            self._check(case, {}, case.goal.inputs)
        if not decide.deletes_first(case.goal, diff):
            return decide.replacement(old, case.new, diff, None)
        answers: dict[Question, DiffResult] = {}
        while True:
            try:
                with deployment.lock:
                    going = cascade(old, deployment.ledger.base, deployment.handled, lambda q: _known(answers, q))
                    return self._delete_first(case, old, diff, going)
            except Unanswered as open_question:
                question = open_question.question
                answers[question] = self._answer(question)

    def _answer(self, question: Question) -> DiffResult:
        resource = question.slot.resource
        diff = self._ask(resource, question.inputs, resource.ignore_changes, resource.provider)
        return decide.with_replace_on_changes(diff, resource.replace_on_changes, False)

    def _delete_first(self, case: Case, old: Slot, diff: DiffResult, going: list[Dragged]) -> list[Planned]:
        """The deletes before a replacement, last dependent first; holds the lock."""
        deployment = self.deployment
        steps: list[Planned] = []
        for dragged in reversed(going):
            slot, resource = dragged.slot, dragged.slot.resource
            if slot in deployment.deleted_slots:
                continue
            deployment.dependent_keys[slot.urn] = dragged.keys
            if resource.delete:
                steps.append(Planned(Op.DELETE, slot.urn, slot))
            elif resource.protect:
                raise deployment.refuse(
                    "engine.protected",
                    f"{urns.name_of(slot.urn)} is protected and would be replaced with {case.goal.name}",
                    case.urn,
                    hint=f"take `protect` away from {urns.name_of(slot.urn)}, then bring the change up",
                )
            else:
                steps.append(Planned(Op.DELETE_REPLACED, slot.urn, slot, holds_place=True))
            deployment.deletes.add(slot.urn)
            deployment.deleted_slots.add(slot)
        if not old.resource.pending_replacement:
            deployment.deletes.add(old.urn)
        return decide.replacement(old, case.new, diff, tuple(steps))

    def _left_out(self, case: Case) -> Answer:
        """A resource that an operation on targets does not touch: as it was, or not there yet.

        One that was deleted for the sake of a target is made again, with its old inputs.
        """
        deployment = self.deployment
        if case.old is not None and case.old in deployment.carried:
            return Answer(case.old.resource)
        with deployment.lock:
            recreated = case.old is not None and case.urn in deployment.deletes
            if not recreated:
                deployment.sames.add(case.urn)
            if case.old is None or case.old.urn != case.urn:
                # Not there yet, or not under this name.
                deployment.skipped.add(case.urn)
            if case.old is None:
                chain = [Planned(Op.SAME, case.urn, None, case.new)]
            elif recreated:
                case.new = case.new.with_(inputs=case.old.resource.inputs)
                chain = self._recreation(case, case.old)
            else:
                chain = self._as_it_was(case.old, case.urn)
        slot = self.executor.run(chain)
        assert slot is not None
        return Answer(slot.resource, unknown=case.old is None)

    def _as_it_was(self, old: Slot, urn: str) -> list[Planned]:
        """Steps that carry an old resource over, and before it what it needs and the program no longer has."""
        deployment = self.deployment
        steps: list[Planned] = []
        for needed in sorted(wanted(old.resource)):
            slot = deployment.olds.get(needed)
            settled = needed in deployment.urns or needed in deployment.claimed
            if slot is not None and not settled and not deployment.operated(needed):
                deployment.sames.add(needed)
                steps += self._as_it_was(slot, needed)
        deployment.sames.update((urn, old.urn))
        return [*steps, decide.left_as_it_was(old)]

    def _skipped_needs(self, case: Case) -> list[str]:
        """What the resource needs, and the operation leaves out and is not there yet."""
        skipped = self.deployment.skipped
        return sorted(wanted(case.new) & skipped) if skipped else []

    def _refuse_skipped_needs(self, case: Case) -> None:
        """A target cannot be made while something that it needs is left out and not there yet."""
        deployment = self.deployment
        for urn in self._skipped_needs(case):
            deployment.complain(
                "engine.target",
                f"{case.goal.name} needs {urns.name_of(urn)}, no target and not there yet under that name",
                case.urn,
                hint=f"add --only '{urn}'",
            )
            if not deployment.preview:
                raise deployment.fail_quietly()

    def _refuse_circle(self, case: Case) -> None:
        """A target cannot come to need what, left out as it is, still needs the target as it was."""
        deployment = self.deployment
        if case.old not in deployment.carried:
            return
        with deployment.lock:
            made = {slot.urn: slot.resource for slot in deployment.ledger.made if not slot.gone}
        found: set[str] = set()
        pending = list(wanted(case.new))
        while pending:
            urn = pending.pop()
            if urn not in found and urn in made:
                found.add(urn)
                pending += wanted(made[urn])
        if case.urn in found or (case.old is not None and case.old.urn in found):
            raise deployment.refuse(
                "engine.target",
                f"{case.goal.name} needs something that still needs {case.goal.name} itself and is no target",
                case.urn,
                hint="bring both up in one operation: give both as targets, or none",
            )


def _known(answers: dict[Question, DiffResult], question: Question) -> DiffResult:
    if question not in answers:
        raise Unanswered(question)
    return answers[question]
