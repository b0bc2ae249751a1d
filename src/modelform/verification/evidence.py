"""What a verification came to: a YAML file with each type's evidence, as `sandbox status --types` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelform.provider.table import ROWS
from modelform.verification.comparison import Difference
from modelform.verification.recording import Mask
from modelform.verification.run import Left, Run

AZURE = (".azure.com", ".azure.us", ".azure.cn", ".chinacloudapi.cn", ".usgovcloudapi.net")
STEPS = ("made", "read", "changed", "destroyed")


@dataclass(frozen=True)
class Finding:
    """What is known of one type now; `why` is empty where it was verified."""

    type: str
    version: str
    engines: tuple[str, ...]
    why: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Report:
    """A verification: when, where, with which engines, and what it found."""

    day: date
    region: str
    endpoint: str
    engines: dict[str, str]
    findings: tuple[Finding, ...]
    others: tuple[Difference, ...]
    left: tuple[Left, ...]

    @property
    def real(self) -> bool:
        """Was it Azure that was asked, and not something that stands in for it?"""
        host = urlsplit(self.endpoint).hostname or ""
        return host.endswith(AZURE)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference."""
        return (*(one for finding in self.findings for one in finding.differences), *self.others)

    def evidence(self, finding: Finding) -> str:
        """What is to be said of a type from now on."""
        if finding.why:
            return f"not verified: {finding.why}"
        if finding.differences:
            number = len(finding.differences)
            return f"differs from Azure in {number} point{'s' if number > 1 else ''}, {self.day}"
        return f"{'live-verified' if self.real else 'rehearsed'} on {self.day}"

    def to_json(self) -> dict[str, Any]:
        """The report as data, in the order in which a person reads it."""
        return {
            "version": 1,
            "date": self.day.isoformat(),
            "region": self.region,
            "endpoint": self.endpoint,
            "engines": self.engines,
            "types": {
                one.type: {
                    "evidence": self.evidence(one),
                    "apiVersion": one.version,
                    "engines": list(one.engines),
                    "differences": [difference.to_json() for difference in one.differences],
                }
                for one in self.findings
            },
            "others": [{"type": one.type, **one.to_json()} for one in self.others],
            "left": [{"what": one.what, "command": one.command} for one in self.left],
        }


def report(
    runs: Sequence[Run],
    skipped: dict[str, str],
    differences: Iterable[Difference],
    day: date,
    region: str,
    endpoint: str,
) -> Report:
    """Puts together what the engines came to and where the sandbox differs."""
    by_type: dict[str, dict[Difference, None]] = {}
    for difference in differences:
        by_type.setdefault(difference.type.lower(), {})[difference] = None
    findings = []
    for token, row in ROWS.items():
        good = tuple(run.engine for run in runs if run.outcomes[token].verified)
        reasons = [run.outcomes[token].why or _undone(run, token) for run in runs if not run.outcomes[token].verified]
        why = reasons[0] if reasons else "" if good else "no engine was run"
        found = tuple(by_type.pop(row.arm_type.lower(), ()))
        findings.append(Finding(row.arm_type, row.api_version, good, why, found))
    others = tuple(one for rest in by_type.values() for one in rest)
    left = tuple(dict.fromkeys(one for run in runs for one in run.left))
    engines = {run.engine: "run" for run in runs} | skipped
    return Report(day, region, endpoint, engines, tuple(findings), others, left)


def _undone(run: Run, token: str) -> str:
    outcome = run.outcomes[token]
    missing = [step for step in STEPS if not getattr(outcome, step)]
    if "made" in missing:
        return "the run ended before it was made"
    return f"it was not {' and not '.join(missing)}"


def write(report: Report, runs: Sequence[Run], folder: Path, mask: Mask) -> tuple[Path, Path]:
    """Writes the evidence and the journal into a folder, both without what is private; their paths."""
    import yaml

    evidence, journal = folder / "evidence.yaml", folder / "journal.jsonl"
    evidence.write_text(yaml.safe_dump(mask.value(report.to_json()), sort_keys=False, width=120, allow_unicode=True))
    lines = [json.dumps(mask.exchange(run.engine, one)) for run in runs for one in run.recorder.exchanges]
    journal.write_text("".join(f"{line}\n" for line in lines))
    return evidence, journal
