"""Whole processes, measured: wall seconds and peak memory of each run, and stacks of any size to run on."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MODELFORM = [sys.executable, "-m", "modelform"]
# A user's Python keeps its compiled files; without them every start is a compilation. Under CI a stack must be named.
HERE = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "CI")}
BASELINE = [sys.executable, "-c", "import pulumi, pulumi_azure_native.cognitiveservices"]


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    megabytes: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end; a command that fails ends the benchmark with what it printed."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={**HERE, **(environment or {})},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(
                f"{' '.join(command)}: exit {process.returncode}\n{output.read().decode(errors='replace')[-4000:]}"
            )
    return Run(seconds, usage.ru_maxrss / 1024)


def medians(
    commands: Mapping[str, tuple[Sequence[str], Path]], rounds: int, environment: Mapping[str, str] | None = None
) -> dict[str, Run]:
    """The median of `rounds` runs of each command, taken in turn so that the machine's drift hits all alike."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for name, (command, folder) in commands.items():  # once to warm the page cache and the compiled files
        run(command, folder, environment)
        found[name] = []
    for _ in range(rounds):
        for name, (command, folder) in commands.items():
            found[name].append(run(command, folder, environment))
    return {
        name: Run(statistics.median(r.seconds for r in runs), max(r.megabytes for r in runs))
        for name, runs in found.items()
    }


def project(folder: Path, accounts: int, each: int, subscription: str = "") -> Path:
    """Writes a project whose stack `bench` has `accounts` Foundry accounts with `each` deployments of Mistral Large."""
    lines = ["apiVersion: modelform/v1", "name: bench", "location: swedencentral"]
    if subscription:
        lines.append(f"subscription: {subscription}")
    lines += ["policy: {residency: eu-data-zone, lifecycle: [generallyAvailable, preview]}", "workspaces:"]
    lines += [f"  account{a:03}: {{kind: foundry}}" for a in range(accounts)]
    lines.append("deployments:")
    for a in range(accounts):
        lines += [
            f"  model{a:03}x{d:02}: {{model: mistral-large-3@1, workspace: account{a:03}, sku: dataZoneStandard, "
            "capacity: {tpm: 1k}}"
            for d in range(each)
        ]
    (folder / "stacks").mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "stacks" / "bench.yaml").write_text("\n".join(lines) + "\n")
    return folder


def row(*cells: object) -> None:
    """Prints one line of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
