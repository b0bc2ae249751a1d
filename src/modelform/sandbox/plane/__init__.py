"""The sandbox's data plane: what applications call at the deployed models' own hosts.

The text of an answer is canned; hosts, keys, tokens, rate limits, refusals and streams are as the service has them.
"""

from __future__ import annotations

from modelform.sandbox.plane.service import DataPlane, Stream

__all__ = ["DataPlane", "Stream"]
