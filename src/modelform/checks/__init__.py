"""What must hold of a resolved stack before anything is touched: one rule a file, findings as data."""

from __future__ import annotations

from modelform.checks.rule import Rule, every_rule
from modelform.checks.runner import run

__all__ = ["Rule", "every_rule", "run"]
