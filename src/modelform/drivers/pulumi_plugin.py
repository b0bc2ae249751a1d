"""The provider as the Pulumi CLI starts it for this driver: with care for soft deletes, as an operation wants it.

What the operation said comes in variables, since the CLI and not the driver starts this process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from modelform.drivers.careful import CarefulAzureNative
from modelform.drivers.driver import OnNameTaken, OperationOptions, Request
from modelform.drivers.graves import Graves
from modelform.errors import Diagnostic, ModelformError
from modelform.provider import plugin
from modelform.provider.plugin import Serving
from modelform.seam import Provider
from modelform.state import Snapshot

if TYPE_CHECKING:
    from modelform.azure import Arm, Connection

Connect = Callable[[str], "Connection"]

ON_NAME_TAKEN, PURGE = "MODELFORM_ON_NAME_TAKEN", "MODELFORM_PURGE"


def variables(options: OperationOptions) -> dict[str, str]:
    """What the plugin has to know of an operation."""
    return {ON_NAME_TAKEN: options.on_name_taken, PURGE: " ".join(options.purge)}


class _Told(Graves):
    """Graves whose notes are told at once: nobody comes to ask a plugin for them."""

    serving: Serving | None = None

    def could_not_purge(self, name: str, error: ModelformError) -> None:
        """Says so through the engine."""
        super().could_not_purge(name, error)
        if self.serving is not None:
            note: Diagnostic = self.notes[-1]
            self.serving.plugin.tell(note)


def maker(connect: Connect, environment: Mapping[str, str]) -> tuple[Callable[[], Provider], Callable[[Serving], None]]:
    """What makes the provider for the sandbox as the environment wants it, and what takes the plugin it speaks through.

    `connect` gives the connection for a subscription.
    """
    chosen: dict[str, OnNameTaken] = {"recover": "recover", "purge": "purge"}
    options = OperationOptions(
        on_name_taken=chosen.get(environment.get(ON_NAME_TAKEN, ""), "fail"),
        purge=tuple(environment.get(PURGE, "").split()),
    )
    graves = _Told(Request("", connect, options=options), "sandbox", Snapshot())

    def arm(subscription: str) -> Arm:
        from modelform.azure import Arm

        return Arm(connect(subscription))

    def ready(serving: Serving) -> None:
        graves.serving = serving

    return lambda: CarefulAzureNative(arm, graves), ready


def offer(connect: Connect, environment: Mapping[str, str]) -> Serving:
    """Serves the provider in this process, for a plain `pulumi` that is told to attach to it."""
    make, ready = maker(connect, environment)
    serving = plugin.start(make)
    ready(serving)
    return serving


def main() -> int:
    """Serves until the engine is done."""
    make, ready = maker(lambda subscription: plugin.connection(subscription, os.environ), os.environ)
    return plugin.run(make, sys.argv[1:], ready)


if __name__ == "__main__":
    sys.exit(main())
