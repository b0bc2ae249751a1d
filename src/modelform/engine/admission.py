"""How a registration gets its name, its old state and its provider."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from modelform.engine import urns
from modelform.engine.aliases import candidates
from modelform.engine.deployment import Deployment
from modelform.engine.goal import Goal
from modelform.engine.instances import INTERNAL
from modelform.engine.slots import Slot
from modelform.state import Resource
from modelform.values import Properties, Secret

SEED_BYTES = 32


@dataclass(slots=True)
class Case:
    """One registration on its way."""

    urn: str
    goal: Goal
    old: Slot | None
    new: Resource
    seed: bytes
    invalid: bool = False


class Admission:
    """Takes goals in; `register` registers the default providers that they turn out to need."""

    def __init__(
        self,
        deployment: Deployment,
        register: Callable[[Goal], Resource],
        config: dict[str, str],
        secrets: set[str],
    ) -> None:
        self.deployment = deployment
        self._register = register
        self._config = config
        self._secrets = secrets
        self._defaults: dict[tuple[str, str, str], str] = {}
        self._default_locks: dict[tuple[str, str, str], threading.Lock] = {}

    def default_provider(self, package: str, version: str, url: str) -> str:
        """The reference of the provider that serves whoever names none; registered when it is first asked for."""
        key = (package, version, url)
        with self.deployment.lock:
            lock = self._default_locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._defaults:
                self._refuse_denied(package)
                name = "_".join(("default", *_name_parts(version), *([_name_safe(url)] if url else [])))
                goal = Goal(
                    f"{urns.PROVIDER_PREFIX}{package}",
                    name,
                    True,
                    self._package_config(package),
                    version=version,
                    plugin_url=url,
                )
                made = self._register(goal)
                self._defaults[key] = f"{made.urn}::{made.id}"
            return self._defaults[key]

    def _refuse_denied(self, package: str) -> None:
        denied = self._config.get("pulumi:disable-default-providers", "")
        if denied and (f'"{package}"' in denied or '"*"' in denied):
            raise self.deployment.refuse(
                "engine.default-provider",
                f"default providers for {package} are disabled",
                hint="give the resource a provider of its own",
            )

    def _package_config(self, package: str) -> Properties:
        """The stack's configuration of a package, as its default provider takes it."""
        prefix = f"{package}:"
        return {
            key.removeprefix(prefix): Secret(text) if key in self._secrets else text
            for key, text in self._config.items()
            if key.startswith(prefix)
        }

    def complete(self, goal: Goal) -> Goal:
        """The goal with what it takes over from its parent, and with the provider that manages it.

        A provider resource says its version in its inputs.
        """
        with self.deployment.lock:
            parent = self.deployment.goals.get(self.deployment.claimed.get(goal.parent, goal.parent))
        if parent is not None:
            goal = goal.inherit(parent)
        if not goal.custom:
            return goal
        if goal.is_provider:
            inputs = dict(goal.inputs)
            if goal.version:
                inputs.setdefault(INTERNAL, {})
                inputs["version"] = goal.version
            if goal.plugin_url:
                inputs[INTERNAL] = {**inputs.get(INTERNAL, {}), "pluginDownloadURL": goal.plugin_url}
            return replace(goal, inputs=inputs)
        provider = goal.provider or goal.providers.get(goal.package, "")
        if not provider and parent is not None and not parent.custom:
            provider = parent.providers.get(goal.package, "")
        return replace(goal, provider=provider or self.default_provider(goal.package, goal.version, goal.plugin_url))

    def admit(self, goal: Goal) -> Case:
        """Gives the resource its name and finds its old state; holds the lock."""
        deployment = self.deployment
        # What an operation on targets leaves out answers to its old name.
        if goal.parent and goal.parent not in deployment.urns and goal.parent not in deployment.claimed:
            raise deployment.refuse("engine.no-parent", f"could not find parent resource {goal.parent}")
        urn = urns.make(deployment.stack, deployment.project, goal.parent, goal.type, goal.name)
        if urn in deployment.urns:
            raise deployment.refuse(
                "engine.duplicate-urn",
                f"two resources are named {goal.name!r}",
                urn,
                detail=f"duplicate resource URN '{urn}'",
                hint="give one of them another name",
            )
        deployment.urns.add(urn)
        old, invalid = self._find_old(goal, urn)
        deployment.goals[urn] = goal
        new = goal.state(urn, old.resource if old else None)
        return Case(urn, goal, old, new, os.urandom(SEED_BYTES), invalid)

    def _find_old(self, goal: Goal, urn: str) -> tuple[Slot | None, bool]:
        """The old state under the resource's name or one that it had, and whether somebody else has a claim to it."""
        deployment = self.deployment
        invalid = False
        if urn in deployment.claimed:
            other = deployment.claimed[urn]
            deployment.complain("engine.alias", f"{urn} was registered already, as an alias of {other}", urn)
            invalid = True
        found = deployment.olds.get(urn)
        if found is not None:
            return found, invalid
        for alias in candidates(goal, deployment.stack, deployment.project, deployment.found_as):
            found = deployment.olds.get(alias)
            if found is None:
                continue
            other = alias if alias in deployment.urns else deployment.claimed.get(alias, "")
            if other:
                deployment.complain("engine.alias", f"{alias} is an alias of both {other} and {urn}", urn)
                invalid = True
            deployment.claimed[alias] = urn
            deployment.found_as[urn] = alias
            deployment.instances.alias(urn, alias)
            return found, invalid
        return None, invalid


def _name_parts(version: str) -> list[str]:
    """A version as it is part of a default provider's name."""
    if not version:
        return []
    core, _, build = version.partition("+")
    core, _, pre = core.partition("-")
    return [part for text in (core, pre, build) for part in text.split(".") if part]


def _name_safe(text: str) -> str:
    """A URL as a name: what no name may hold becomes an underscore."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)
