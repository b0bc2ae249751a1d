"""`validate` with all checks, offline, as a ratio to importing the SDKs that every Pulumi program of this kind imports;
and the live checks of five regions as a ratio to one answer's time.

    python benchmarks/checks.py [--rounds 5] [--answer 0.2]

The first in whole processes, medians. The second through the client that asks Azure, against a sandbox that lets every
answer wait; the worst of the rounds. A test holds the same bound (`tests/drivers/test_preflight.py`).
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import measure

BOUND = 2.0
LIVE_BOUND = 3.0
REGIONS = ("swedencentral", "eastus2", "francecentral", "westus3", "germanywestcentral")


class Wait:
    """A layer of the sandbox that answers late, and counts what it was asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, Counter[str]()
        self._lock = threading.Lock()

    def __call__(self, request: Any, inner: Any) -> Any:
        """The layer."""
        with self._lock:
            self.asked[request.path.partition("/providers/")[2]] += 1
        time.sleep(self.seconds)
        return inner(request)


def live(answer: float) -> tuple[float, Counter[str]]:
    """Seconds that the live checks of five regions take, two accounts each and provisioned units; what was asked."""
    from modelform.azure import SANDBOX_ENDPOINT, SANDBOX_TENANT, Arm, Connection
    from modelform.drivers import preflight
    from modelform.sandbox import Credential, create_app
    from modelform.sandbox.transport import SandboxTransport
    from modelform.spec import load_stack

    spaces = "".join(f"  {r}-{n}: {{kind: foundry, location: {r}}}\n" for r in REGIONS for n in range(2))
    made = "".join(
        f"  chat-{r}-{n}: {{model: gpt-5.4-mini, workspace: {r}-{n}, sku: globalStandard, capacity: {{tpm: 1k}}}}\n"
        f"  ptu-{r}-{n}: {{model: gpt-5.4-mini, workspace: {r}-{n}, sku: globalProvisionedManaged, "
        "capacity: {ptu: 15}}\n"
        for r in REGIONS
        for n in range(2)
    )
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "many.yaml"
        file.write_text(f"apiVersion: modelform/v1\ntarget: sandbox\nworkspaces:\n{spaces}deployments:\n{made}")
        stack, report = load_stack(file, environment={})
        assert stack is not None, [str(item) for item in report]
    wait = Wait(answer)
    transport = SandboxTransport(create_app(None, layers=[wait]))

    def arm(subscription: str) -> Arm:
        connection = Connection(SANDBOX_ENDPOINT, SANDBOX_TENANT, subscription, Credential(), transport, "sandbox")
        return Arm(connection)

    started = time.perf_counter()
    facts = preflight.gather(stack, [], arm)
    took = time.perf_counter() - started
    assert len(facts.usages) == len(REGIONS), facts.failed
    return took, wait.asked


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--answer", type=float, default=0.2)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        thousand = measure.project(root / "thousand", 50, 20)
        overlaid = measure.project(root / "overlaid", 50, 20)
        refresh = [*measure.MODELFORM, "catalog", "refresh", "--target", "sandbox"]
        subprocess.run(refresh, cwd=overlaid, check=True, capture_output=True)
        found = measure.medians(
            {
                "import": (measure.BASELINE, root),
                "validate, 1,000 in 50": ([*measure.MODELFORM, "validate"], thousand),
                "the same with an overlay of every region": ([*measure.MODELFORM, "validate"], overlaid),
            },
            options.rounds,
        )
    measure.row("command", "seconds", "ratio to the import", "at most", "peak MB")
    measure.row("---", "---", "---", "---", "---")
    for case, ran in found.items():
        ratio = ran.seconds / found["import"].seconds
        bound = BOUND if case != "import" else ""
        measure.row(case, f"{ran.seconds:.2f}", f"{ratio:.2f}", bound, f"{ran.megabytes:.0f}")
    live(0.0)  # once to import what asks
    rounds = [live(options.answer) for _ in range(options.rounds)]
    worst = max(seconds for seconds, _ in rounds)
    most = max(max(asked.values()) for _, asked in rounds)
    print()
    measure.row("live checks", "questions", "most of one", "seconds", "ratio to an answer", "at most")
    measure.row("---", "---", "---", "---", "---", "---")
    number = sum(rounds[0][1].values())
    measure.row("5 regions", number, most, f"{worst:.2f}", f"{worst / options.answer:.2f}", LIVE_BOUND)


if __name__ == "__main__":
    main()
