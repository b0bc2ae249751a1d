"""The embedded engine: Pulumi's deployment algorithm in this process. It knows no cloud.

decide (pure) -> execute -> ledger: what is to be done is decided from what the program wants, what the state says and
what the provider answers; each step is carried out with a write before and after it; `run` puts the phases together.
"""

from modelform.engine.options import Journal, Options, Outcome
from modelform.engine.run import Operation, run

__all__ = ["Journal", "Operation", "Options", "Outcome", "run"]
