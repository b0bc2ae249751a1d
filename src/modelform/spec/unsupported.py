"""Keys that parse and validate, but whose machinery does not exist yet: one diagnostic each, never silence."""

from __future__ import annotations

from collections.abc import Iterator

from modelform.spec.kinds import Reading
from modelform.spec.stackfile import StackForm

_FILTER_WORDS = ("strict", "default")


def report_unsupported(form: StackForm, reading: Reading) -> None:
    """Reports each such key once, at its first place; the other places are in the detail."""
    places: dict[tuple[str, str], list[str]] = {}
    for key, path, hint in _found(form, reading):
        places.setdefault((key, hint), []).append(path)
    for (key, hint), paths in places.items():
        first, *others = [(path, reading.origins.get(path)) for path in paths]
        detail = f"Also at {', '.join(str(span or path) for path, span in others)}." if others else ""
        reading.report.error(
            "not-supported-yet", f"{key} is not supported yet", detail=detail, span=first[1], hint=hint
        )


def _found(form: StackForm, reading: Reading) -> Iterator[tuple[str, str, str]]:
    """Each use: the key as a person says it, its path, and what to do instead."""

    def written(key: str) -> bool:
        """Has the key anything below it? Also where that is wrong in itself, and no part of the form."""
        return any(path.startswith(f"{key}.") for path in reading.origins)

    if written("networks"):
        yield "networks", "networks", "Remove it; workspaces are reached from the public network for now."
    if written("identities"):
        yield "identities", "identities", "Remove it; workspaces have a system-assigned identity for now."
    if written("access"):
        yield "access", "access", "Remove it, and assign roles outside modelform for now."
    for key, workspace in form.workspaces.items():
        path = f"workspaces.{key}"
        if workspace.exposure == "private":
            yield "exposure: private", f"{path}.exposure", "Write `exposure: public`, or remove the line."
        if workspace.network is not None:
            yield "a workspace's network", f"{path}.network", "Remove it."
        if workspace.existing is not None:
            yield "an existing workspace", f"{path}.existing", "Let the stack make the workspace: give its kind."
        if workspace.manage is not None:
            yield "a workspace's manage", f"{path}.manage", "Remove it."
    for key, deployment in form.deployments.items():
        if deployment.content_filter in _FILTER_WORDS:
            hint = "Name a policy that the account has: Microsoft.DefaultV2, Microsoft.Default, or one of your own."
            yield f"contentFilter: {deployment.content_filter}", f"deployments.{key}.contentFilter", hint
