"""Where the Pulumi CLI is on this machine, and how it is installed; loads nothing of Pulumi to say where."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from modelform.errors import ModelformError

LEAST = (3, 207, 0)
"""Older ones do not send their events over gRPC, or do not know `stackConfigDir` as this driver writes it."""
WAY_OUT = (
    "`modelform doctor --install-pulumi` installs one, or run with --engine embedded, which needs none "
    "(target azure included)"
)
_VERSIONS = Path(".pulumi") / "versions"


def find(environment: Mapping[str, str]) -> str | None:
    """The command on PATH, or the newest of those that the Automation API has installed for this user."""
    found = shutil.which("pulumi", path=environment.get("PATH", os.defpath))
    if found is not None:
        return found
    home = Path(environment.get("HOME") or Path.home())
    installed = sorted((home / _VERSIONS).glob("*/bin/pulumi"), key=lambda path: numbers(path.parent.parent.name))
    return str(installed[-1]) if installed else None


def require(environment: Mapping[str, str]) -> str:
    """The command, or a `ModelformError` that says how to get one."""
    found = find(environment)
    if found is None:
        raise ModelformError(
            "the Pulumi CLI is not installed: no `pulumi` on PATH, and none in ~/.pulumi/versions",
            code="engine.no-pulumi",
            hint=WAY_OUT,
        )
    return found


def way_out(command: str) -> str:
    """What to do where a command is of no use: the one on PATH is taken, whatever is installed beside it."""
    if _VERSIONS.as_posix() in Path(command).as_posix():
        return WAY_OUT
    return (
        "put a newer one in its place on PATH, or take it off PATH and let `modelform doctor --install-pulumi` install "
        "one; or run with --engine embedded, which needs none"
    )


def version(command: str, environment: Mapping[str, str]) -> str:
    """What the command says that it is, without the `v`."""
    try:
        told = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            start_new_session=True,  # a Ctrl-C is ours to answer, and no sign of a command that does not run
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ModelformError(
            f"{command} does not run: {error}", code="engine.no-pulumi", hint=way_out(command)
        ) from error
    return told.stdout.strip().removeprefix("v")


def asked(command: str, environment: Mapping[str, str]) -> Callable[[], str]:
    """Asks for the `version` while something else is done; what comes back waits for the answer."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="pulumi-version")
    answer = pool.submit(version, command, environment)
    pool.shutdown(wait=False)
    return answer.result


def install() -> tuple[str, str]:
    """Installs the CLI that fits the SDK with Pulumi's own installer; where it is, and its version."""
    from pulumi.automation import PulumiCommand
    from pulumi.automation.errors import InvalidVersionError

    try:
        made = PulumiCommand.install()
    except (OSError, subprocess.SubprocessError, InvalidVersionError) as error:
        output = getattr(error, "output", None) or b""
        said = output.decode(errors="replace").strip() if isinstance(output, bytes) else str(output)
        raise ModelformError(
            f"the Pulumi CLI could not be installed: {error}",
            code="engine.install",
            detail=said[-1000:],
            hint="Pulumi's installer is fetched from get.pulumi.com: check the network and the proxy, or install the "
            "CLI by other means and put it on PATH",
        ) from error
    return made.command, str(made.version)


def numbers(text: str) -> tuple[int, int, int]:
    """A version as numbers that can be compared."""
    found = [int(part) for part in re.findall(r"\d+", text)[:3]]
    first, second, third = (*found, 0, 0, 0)[:3]
    return first, second, third
