"""The provider as the Pulumi CLI starts it for this driver: with care for soft deletes, as an operation wants it.

What the operation said comes in variables, since the CLI and not the driver starts this process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from modelform.drivers.careful import CarefulAzureNative
from modelform.drivers.driver import OnNameTaken, OperationOptions, Request
from modelform.drivers.graves import Graves
from modelform.errors import Diagnostic, ModelformError
from modelform.provider import plugin
from modelform.seam import Provider
from modelform.state import Snapshot

ON_NAME_TAKEN, PURGE = "MODELFORM_ON_NAME_TAKEN", "MODELFORM_PURGE"


def variables(options: OperationOptions) -> dict[str, str]:
    """What the plugin has to know of an operation."""
    return {ON_NAME_TAKEN: options.on_name_taken, PURGE: " ".join(options.purge)}


class _Told(Graves):
    """Graves whose notes are told at once: nobody comes to ask a plugin for them."""

    serving: plugin.Serving | None = None

    def could_not_purge(self, name: str, error: ModelformError) -> None:
        """Says so through the engine."""
        super().could_not_purge(name, error)
        if self.serving is not None:
            note: Diagnostic = self.notes[-1]
            self.serving.plugin.tell(note)


def graves(environment: Mapping[str, str]) -> _Told:
    """The soft deletes of the operation that the environment tells of, in the sandbox."""
    chosen: dict[str, OnNameTaken] = {"recover": "recover", "purge": "purge"}
    options = OperationOptions(
        on_name_taken=chosen.get(environment.get(ON_NAME_TAKEN, ""), "fail"),
        purge=tuple(environment.get(PURGE, "").split()),
    )
    request = Request("", lambda subscription: plugin.connection(subscription, environment), options=options)
    return _Told(request, "sandbox", Snapshot())


def main() -> int:
    """Serves until the engine is done."""
    own = graves(os.environ)

    def make() -> Provider:
        return CarefulAzureNative(plugin.connector(os.environ), own)

    def ready(serving: plugin.Serving) -> None:
        own.serving = serving

    return plugin.run(make, sys.argv[1:], ready)


if __name__ == "__main__":
    sys.exit(main())
