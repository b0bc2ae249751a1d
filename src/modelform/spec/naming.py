"""Physical names: legal for their type, and globally unique where ARM wants it.

The lengths and characters are ARM's own rules, the stricter one where Microsoft's documentation and the service
differ. A made-up name never changes with anything but the subscription, the resource group, the stack's name and the
key that the thing first had.
"""

from __future__ import annotations

import base64
import hashlib
import re

from modelform.record import dataclass

HASH_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """What a name of one type must look like; `separator` joins the words of a made-up one."""

    what: str
    least: int
    most: int
    pattern: str
    form: str
    separator: str = "-"

    def problem(self, name: str) -> str:
        """Why a name is not legal; empty when it is."""
        if not self.least <= len(name) <= self.most:
            length = "1 character" if len(name) == 1 else f"{len(name)} characters"
            return f"has {length}, but {self.what}'s name has {self.least} to {self.most}"
        if not re.fullmatch(self.pattern, name):
            return f"is not legal for {self.what}: {self.form}"
        return ""


_HYPHENS = "letters, digits and hyphens, a letter or digit at both ends"
GROUP = Rule("a resource group", 1, 90, r"[-\w._()]*[-\w_()]", "letters, digits, ._-() and no period at the end")
ACCOUNT = Rule("an account", 2, 64, r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?", _HYPHENS)
ACCOUNT_PROJECT = Rule("a project", 2, 64, r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", "letters, digits, and _.- after the first")
DEPLOYMENT = Rule(
    "a deployment", 2, 64, r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?", "letters, digits, and _.- between"
)
HUB = Rule("a hub", 3, 33, r"[a-zA-Z0-9][a-zA-Z0-9_-]*", "letters, digits, and _- after the first")
HUB_PROJECT = Rule("a hub's project", 3, 33, r"[a-zA-Z0-9][a-zA-Z0-9_-]*", "letters, digits, and _- after the first")
SERVERLESS = Rule(
    "a serverless endpoint", 3, 32, r"[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?", f"{_HYPHENS}, a letter first"
)
MARKETPLACE = Rule(
    "a marketplace subscription", 1, 255, r"[a-zA-Z0-9][a-zA-Z0-9_-]*", "letters, digits, and _- after the first"
)
STORAGE = Rule("a storage account", 3, 24, r"[a-z0-9]+", "lower-case letters and digits", separator="")
VAULT = Rule("a key vault", 3, 24, r"[a-zA-Z](?:-?[a-zA-Z0-9])*", "letters, digits and single hyphens, a letter first")
LOGS = Rule("a Log Analytics workspace", 4, 63, r"[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]", _HYPHENS)
INSIGHTS = Rule("an Application Insights component", 1, 260, r"[^%&\\?/\x00-\x1f]*[^%&\\?/\x00-\x1f .]", "no %&\\?/")


def short_hash(*parts: str) -> str:
    """Six letters and digits that stand for the parts; case does not count, as it does not in ARM's names."""
    digest = hashlib.sha256("\0".join(parts).lower().encode()).digest()
    return base64.b32encode(digest).decode().lower()[:HASH_LENGTH]


def made(rule: Rule, words: tuple[str, ...], tag: str) -> str:
    """A legal name of the words and the hash; words are cut where the name would be too long, the hash never."""
    kept = "a-z0-9" if rule.separator == "" else "a-z0-9-"
    joined = rule.separator.join(re.sub(f"[^{kept}]+", rule.separator, word.lower()) for word in words)
    if rule.separator:
        joined = re.sub(r"-{2,}", "-", joined).strip("-")
    if not joined[:1].isalpha():
        joined = f"m{joined}"
    room = rule.most - len(tag) - len(rule.separator)
    return f"{joined[:room].rstrip('-')}{rule.separator}{tag}"


def marketplace_name(model_asset: str) -> str:
    """The name of the one marketplace subscription that a hub's project has for a model."""
    model = model_asset.rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9-]+", "-", model).strip("-")[: MARKETPLACE.most]
