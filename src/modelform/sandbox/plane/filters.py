"""Content filters: what a policy says of a prompt or an answer, made to speak by words that a test puts into a prompt.

The sandbox judges no content. `sandbox-filter:violence` in a message stands for a prompt of high severity, and
`sandbox-filter:violence=low` for one of low; `sandbox-filter:answer/hate` for an answer. There are hate, sexual,
violence, self_harm and, for prompts, jailbreak. What comes of it is the policy's to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from modelform.record import dataclass
from modelform.sandbox.exchange import Json

WORDS = re.compile(r"sandbox-filter:(answer/)?(hate|sexual|violence|self_harm|jailbreak)(?:=(low|medium|high))?")
SEVERITIES = ("safe", "low", "medium", "high")
HARMS = ("hate", "self_harm", "sexual", "violence")
NAMES = {"selfharm": "self_harm", "self_harm": "self_harm"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy found in a text: the annotation of each category, and whether the text is stopped."""

    results: Json
    stops: bool


def severities(text: str, *, answer: bool) -> dict[str, str]:
    """How severe a text says it is, or its answer will be, by category."""
    found = [one for one in WORDS.finditer(text) if bool(one[1]) is answer]
    return {one[2]: one[3] or "high" for one in found}


def judge(filters: Sequence[Json], said: Mapping[str, str], source: str) -> Verdict:
    """Holds severities against the filters of a policy for prompts or for completions (`source`)."""
    results: Json = {}
    stops = False
    for one in filters:
        name = str(one.get("name", "")).lower()
        name = NAMES.get(name, name)
        if one.get("source") != source or not one.get("enabled", True) or name not in (*HARMS, "jailbreak"):
            continue
        blocks = bool(one.get("blocking", True))
        if name == "jailbreak":
            results[name] = {"filtered": blocks and name in said, "detected": name in said}
        else:
            severity = said.get(name, "safe")
            least = SEVERITIES.index(str(one.get("severityThreshold") or "Medium").lower())
            stopped = blocks and SEVERITIES.index(severity) >= max(least, 1)
            results[name] = {"filtered": stopped, "severity": severity}
        stops = stops or results[name]["filtered"]
    return Verdict(dict(sorted(results.items())), stops)
