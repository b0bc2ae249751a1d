"""What a state is bound to; apart from the program, so that it can be asked without loading Pulumi."""

from __future__ import annotations

from modelform.spec.resolved import Stack, Target

ENDPOINTS: dict[Target, str] = {
    "sandbox": "https://management.sandbox.localhost",
    "azure": "https://management.azure.com",
}


def binding(stack: Stack, endpoint: str | None = None) -> dict[str, str]:
    """What a state is bound to: target, tenant, subscription and ARM endpoint."""
    return {
        "target": stack.target,
        "tenant": stack.tenant,
        "subscription": stack.subscription,
        "endpoint": (endpoint or ENDPOINTS[stack.target]).rstrip("/"),
    }
