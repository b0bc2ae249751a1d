"""`up` of 100 deployments in 5 accounts at 200 ms a long-running operation, against its critical path.

    python benchmarks/critical_path.py [--rounds 3]

The critical path is the longest account's calls one after another, as measured: the same stack with one account only
(its group, the account, its 20 deployments), whose calls cannot overlap. Accounts go in parallel, so 5 of them should
take little longer than that one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import measure

LATENCY = {"MODELFORM_SANDBOX_LATENCY": "200"}


def seconds(root: Path, accounts: int, rounds: int) -> float:
    """The median time of an `up` from nothing."""
    runs = []
    for number in range(rounds):
        folder = measure.project(root / f"{accounts}-{number}", accounts, 20)
        runs.append(measure.run([*measure.MODELFORM, "up", "-y"], folder, LATENCY).seconds)
    return statistics.median(runs)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        alone, together = seconds(Path(name), 1, rounds), seconds(Path(name), 5, rounds)
    measure.row("up from nothing, 200 ms an operation", "seconds", "ratio", "at most")
    measure.row("---", "---", "---", "---")
    measure.row("1 account of 20 deployments: the critical path", f"{alone:.1f}", "1", "")
    measure.row("5 accounts of 20 deployments", f"{together:.1f}", f"{together / alone:.2f}", 1.3)


if __name__ == "__main__":
    main()
