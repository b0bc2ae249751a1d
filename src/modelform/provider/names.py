"""Names: the ids that inputs make, what an id says of them, and the name that is given where a program gives none."""

from __future__ import annotations

import hashlib
import re

from modelform.errors import ProviderError
from modelform.provider.row import Row
from modelform.seam import CheckFailure
from modelform.values import UNKNOWN, Properties, bare

# The input by which azure-native remembers that it made a name up, so that a replacement may come first.
MADE_UP = "__createBeforeDelete"


def resource_id(row: Row, subscription: str, inputs: Properties) -> str:
    """The ARM id that these inputs make; an error where a name is not known yet."""
    given: dict[str, str] = {"subscriptionId": subscription}
    for parameter in row.parameters:
        value = bare(inputs.get(parameter.name))
        if not isinstance(value, str) or not value:
            raise ProviderError(
                f"'{parameter.name}' of {row.token} is not known, so that it has no id yet", code="provider.no-id"
            )
        given[parameter.name] = value.strip("/")
    return row.path.format_map(given)


def parse_id(row: Row, id: str) -> dict[str, str]:
    """The path parameters in an id, whatever the case of its fixed parts; an error for an id of another type."""
    template, parts = row.path.strip("/").split("/"), id.strip("/").split("/")
    if row.extends:  # the first name is the whole id of another resource
        more = max(len(parts) - len(template) + 1, 1)
        parts = ["/" + "/".join(parts[:more]), *parts[more:]]
    found: dict[str, str] = {}
    for expected, part in zip(template, parts, strict=False):
        if expected.startswith("{"):
            found[expected[1:-1]] = part
        elif expected.lower() != part.lower():
            break
    if len(template) != len(parts) or len(found) != row.path.count("{"):
        raise ProviderError(
            f"'{id}' is no id of {row.token}", code="provider.wrong-id", hint=f"such an id looks like {row.path}"
        )
    return found


def check_names(row: Row, inputs: Properties) -> list[CheckFailure]:
    """What is wrong with the names in the path."""
    failures = []
    for parameter in row.parameters:
        value = bare(inputs.get(parameter.name))
        if value is UNKNOWN:
            continue
        if not isinstance(value, str) or not value:
            failures.append(CheckFailure(parameter.name, f"{row.token} needs {parameter.name}"))
        elif not parameter.shortest <= len(value) <= parameter.longest or not re.fullmatch(parameter.pattern, value):
            failures.append(
                CheckFailure(
                    parameter.name,
                    f"'{value}' is no legal {parameter.name}: {parameter.shortest} to {parameter.longest} characters "
                    f"that match {parameter.pattern}",
                )
            )
    return failures


def made_up_name(row: Row, urn: str, olds: Properties, seed: bytes) -> tuple[str, bool]:
    """A name where the program gives none, and whether it is unique to this resource.

    As azure-native does it: the old one if there is one, a child's logical name as it is, else the logical name with
    eight hexadecimal digits.
    """
    old = olds.get(row.name_parameter.name)
    if isinstance(old, str):
        return old, bool(olds.get(MADE_UP))
    logical = urn.rsplit("::", 1)[-1]
    if row.child:
        return logical, False
    suffix = hashlib.sha256(seed + urn.encode()).hexdigest()[:8]
    text = logical.lower()
    if re.fullmatch(row.name_parameter.pattern, "a-b") is None:
        text = re.sub(r"[^a-z0-9]", "", text)
    return f"{text[: row.name_parameter.longest - 8]}{suffix}", True
