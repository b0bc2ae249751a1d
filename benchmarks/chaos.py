"""`up` and `destroy` of the portfolio under seeded fault plans: each ends well, or in an error that the next run mends.

    python benchmarks/chaos.py [--plans 20] [--first 1]

Whole processes on sandboxes of their own. After a run that failed comes one without faults, which must do. Then the
sandbox holds exactly what a run without faults makes, each resource settled, and `preview` finds nothing to change;
after `destroy` it holds nothing. A run ends the program with its seed and what it printed, if any of this is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelform.sandbox.store import DATABASE, Store

PORTFOLIO = Path(__file__).parents[1] / "examples" / "portfolio"
MODELFORM = [sys.executable, "-m", "modelform"]
LATENCY = 20  # milliseconds of each long-running operation
MOST = 600.0  # seconds that one run may take
PASSES = ("throttle", "error", "drop-before", "drop-after", "slow", "hide", "expire")  # what a client may see through
ENDS = ("fail", "cancel")  # what it cannot
Holding = dict[str, str]


class Broken(Exception):
    """A promise that was not kept."""


@dataclass(frozen=True)
class Outcome:
    """What one operation came to under a plan: the faults that happened, by kind, the runs and seconds it took."""

    faults: Counter[str]
    runs: int
    seconds: float


def plan(seed: int) -> dict[str, Any]:
    """A fault plan; the same one for the same seed."""
    dice = random.Random(seed)
    lines: list[dict[str, Any]] = []
    for kind in PASSES:
        if dice.random() < 0.7:
            line: dict[str, Any] = {"kind": kind, "chance": round(dice.uniform(0.02, 0.12), 3)}
            if kind in ("throttle", "slow"):
                line["seconds"] = round(dice.uniform(0.02, 0.3), 2)
            if kind == "error":
                line["status"] = dice.choice((500, 502, 503, 504))
            if kind == "hide":
                line["reads"] = dice.randint(1, 5)
            lines.append(line)
    for kind in ENDS:
        if dice.random() < 0.5:
            line = {"kind": kind, "after": dice.randint(0, 25), "times": dice.randint(1, 2)}
            if dice.random() < 0.5:
                line["path"] = dice.choice(("*/deployments/*", "*/accounts/*", "*/workspaces/*"))
            lines.append(line)
    if dice.random() < 0.3:  # a service that is down for longer than anybody tries
        lines.append(
            {"kind": "error", "path": "*microsoft.cognitiveservices*", "after": dice.randint(5, 60), "times": 40}
        )
    return {"seed": seed, "record": "happened.jsonl", "faults": lines}


def project(folder: Path) -> Path:
    """A copy of the portfolio with an empty sandbox."""
    shutil.copytree(PORTFOLIO, folder, ignore=shutil.ignore_patterns(".modelform", "__pycache__"))
    return folder


def run(folder: Path, *arguments: str, faults: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One run of the command line."""
    here = {**os.environ, "NO_COLOR": "1"}
    here.pop("MODELFORM_SANDBOX_FAULTS", None)
    here.pop("CI", None)  # its rule that a stack must be named is not what is tried here
    if faults is not None:
        here["MODELFORM_SANDBOX_FAULTS"] = str(faults)
    command = [*MODELFORM, *arguments, "-C", str(folder), "--latency", str(LATENCY)]
    return subprocess.run(command, env=here, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=MOST)


def holding(folder: Path) -> Holding:
    """What the sandbox holds: each resource's key, with its state, sku and model."""
    store = Store(folder / ".modelform" / "sandbox" / DATABASE)
    try:
        with store.read() as view:
            found = [one for root in view.subscriptions() for one in view.below(f"/subscriptions/{root}")]
    finally:
        store.close()
    now = time.time()
    return {
        one.key: json.dumps([one.state_at(now), one.body.get("sku"), one.properties.get("model")], sort_keys=True)
        for one in found
    }


def reference(folder: Path) -> Holding:
    """What the sandbox holds after an `up` without faults."""
    done = run(project(folder), "up", "-y")
    if done.returncode:
        raise Broken(f"up without faults ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return holding(folder)


def operate(folder: Path, operation: str, seed: int) -> Outcome:
    """One operation under a plan, and once more without faults if it failed; raises `Broken`."""
    file, record = folder / "faults.yaml", folder / "happened.jsonl"
    record.unlink(missing_ok=True)
    file.write_text(json.dumps(plan(seed)))
    started, runs = time.perf_counter(), 1
    done = run(folder, operation, "-y", faults=file)
    said = done.stdout + done.stderr
    if done.returncode:
        if "Traceback" in said or "error: " not in said or done.returncode not in (1, 7, 8):
            raise Broken(f"{operation} under plan {seed} ended with {done.returncode}, and not clearly:\n{said}")
        again = run(folder, operation, "-y")
        runs += 1
        if again.returncode:
            text = f"{said}\n-- and again, without faults --\n{again.stdout}{again.stderr}"
            raise Broken(f"{operation} after plan {seed} ended with {again.returncode}:\n{text}")
    happened = record.read_text().splitlines() if record.exists() else []
    return Outcome(Counter(json.loads(line)["fault"] for line in happened), runs, time.perf_counter() - started)


def round_trip(folder: Path, seed: int, wanted: Holding) -> tuple[Outcome, Outcome]:
    """`up`, a look at everything, `destroy`, and a look at nothing; raises `Broken`."""
    project(folder)
    up = operate(folder, "up", seed)
    if (found := holding(folder)) != wanted:
        odd = sorted(set(found.items()) ^ set(wanted.items()))
        raise Broken(f"after up under plan {seed} the sandbox holds something else:\n" + "\n".join(map(str, odd)))
    look = run(folder, "preview", "--detailed-exitcode")
    if look.returncode:
        raise Broken(f"after up under plan {seed} there is something to change:\n{look.stdout}{look.stderr}")
    down = operate(folder, "destroy", seed + 1000)
    if left := holding(folder):
        raise Broken(f"destroy under plan {seed + 1000} left behind:\n" + "\n".join(left))
    return up, down


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--plans", type=int, default=20)
    arguments.add_argument("--first", type=int, default=1)
    options = arguments.parse_args()
    total: Counter[str] = Counter()
    first_tries = runs = 0
    print("| plan | up: faults | runs | seconds | destroy: faults | runs | seconds |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        wanted = reference(Path(name) / "reference")
        for seed in range(options.first, options.first + options.plans):
            try:
                outcomes = round_trip(Path(name) / str(seed), seed, wanted)
            except Broken as problem:
                sys.exit(str(problem))
            cells = [f"{sum(one.faults.values())} | {one.runs} | {one.seconds:.1f}" for one in outcomes]
            print(f"| {seed} | {' | '.join(cells)} |", flush=True)
            for one in outcomes:
                total += one.faults
                runs += 1
                first_tries += one.runs == 1
    print(f"\n{runs} operations, {first_tries} done at the first try; {sum(total.values())} faults met:")
    print(", ".join(f"{number} {kind}" for kind, number in sorted(total.items())))


if __name__ == "__main__":
    main()
