"""Chat completions: what a request may hold, and the canned answer, at once or as a stream of events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from modelform.record import dataclass
from modelform.sandbox.exchange import Json
from modelform.sandbox.plane import words
from modelform.sandbox.plane.denial import Filtered, invalid
from modelform.sandbox.plane.filters import Verdict, judge, severities
from modelform.sandbox.plane.targets import Target

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
RANGES = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
FIXED = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
WIDEST = 128  # choices in one request
QUOTED = 400  # characters of the question that an answer repeats
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, checked: `limit` is the most tokens of an answer, `stops` the texts before which it ends."""

    messages: list[Json]
    stream: bool
    with_usage: bool
    limit: int | None
    choices: int
    stops: tuple[str, ...]
    as_json: bool

    @property
    def question(self) -> str:
        """The last thing that the user said."""
        asked = [one for one in self.messages if one["role"] == "user"]
        return words.content_text(asked[-1].get("content")) if asked else ""

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(words.content_text(one.get("content")) for one in self.messages)


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer: the pieces of its text, why it ends, how many tokens went in, and what filters found in both."""

    pieces: Sequence[str]
    finish: str
    prompt: int
    asked: Verdict
    answered: Verdict

    @property
    def text(self) -> str:
        """The text of the answer."""
        return "".join(self.pieces)

    def usage(self, choices: int) -> Json:
        """The usage counts."""
        out = len(self.pieces) * choices
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": out,
            "total_tokens": self.prompt + out,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def read(body: Json, target: Target) -> Ask:
    """Checks a request; raises `Denial` with the parameter at fault."""
    messages = _messages(body)
    _sampling(body, target)
    stream = _flag(body, "stream")
    options = body.get("stream_options")
    if options is not None and (not stream or not isinstance(options, dict)):
        raise invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or len(stops) > 4 or not all(isinstance(one, str) for one in stops):
        raise invalid("Invalid 'stop': a text or a list of at most 4 texts is expected.", "stop")
    return Ask(
        messages=messages,
        stream=stream,
        with_usage=bool((options or {}).get("include_usage")),
        limit=_limit(body, target),
        choices=_whole(body, "n", WIDEST) or 1,
        stops=tuple(one for one in stops if one),
        as_json=_format(body),
    )


def _messages(body: Json) -> list[Json]:
    messages = body.get("messages")
    if messages is None:
        raise invalid("Missing required parameter: 'messages'.", "messages", code="missing_required_parameter")
    if not isinstance(messages, list):
        raise invalid("Invalid type for 'messages': expected an array of objects.", "messages", code="invalid_type")
    if not messages:
        text = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array."
        raise invalid(text, "messages", code="empty_array")
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        if not isinstance(message, dict):
            raise invalid(f"Invalid type for '{where}': expected an object.", where, code="invalid_type")
        if message.get("role") not in ROLES:
            said = f"Invalid value: '{message.get('role')}'. Supported values are: {', '.join(map(repr, ROLES))}."
            raise invalid(said, f"{where}.role", code="invalid_value")
        content = message.get("content")
        if not isinstance(content, str | list) and not (content is None and message["role"] == "assistant"):
            text = f"Invalid type for '{where}.content': expected a string or an array of objects."
            raise invalid(text, f"{where}.content", code="invalid_type")
    return messages


def _sampling(body: Json, target: Target) -> None:
    for name, (low, high) in RANGES.items():
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise invalid(f"Invalid '{name}': a number from {low} to {high} is expected.", name, code="invalid_value")
        usual = 1 if name in ("temperature", "top_p") else 0
        if target.reasons_only and name in FIXED and value != usual:
            said = (
                f"Unsupported value: '{name}' does not support {value} with this model. Only the default ({usual}) "
                "value is supported."
            )
            raise invalid(said, name, code="unsupported_value")


def _limit(body: Json, target: Target) -> int | None:
    if body.get("max_tokens") is not None and target.reasons_only:
        said = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        raise invalid(said, "max_tokens", code="unsupported_parameter")
    most = target.bound("maxOutput")
    return _whole(body, "max_completion_tokens", most) or _whole(body, "max_tokens", most)


def _whole(body: Json, name: str, most: int | None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid(f"Invalid '{name}': a whole number from 1 on is expected.", name, code="invalid_value")
    if most is not None and value > most:
        text = f"{name} is too large: {value}. This model supports at most {most}, whereas you provided {value}."
        raise invalid(text, name, code="invalid_value")
    return value


def _flag(body: Json, name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"Invalid type for '{name}': expected a boolean.", name, code="invalid_type")
    return bool(value)


def _format(body: Json) -> bool:
    """Is JSON asked for? What only a model can make up is refused: the sandbox knows no content."""
    wanted = body.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted is not None and kind not in ("text", "json_object"):
        said = f"Invalid parameter: 'response_format' of type '{kind}' is not supported by the sandbox."
        raise invalid(said, "response_format", code="unsupported_value")
    choice = body.get("tool_choice")
    if choice is not None and choice not in ("auto", "none"):
        said = "Invalid parameter: the sandbox calls no tools, so 'tool_choice' can be 'auto' or 'none'."
        raise invalid(said, "tool_choice", code="unsupported_value")
    return kind == "json_object"


def complete(ask: Ask, target: Target) -> Completion:
    """The canned answer: which model this is, where it is deployed, and what was asked.

    Raises `Denial` for a conversation that is longer than the model takes, or that a content filter stops.
    """
    prompt = words.prompt_tokens(ask.messages)
    window = target.bound("maxInput") or target.bound("window")
    if window is not None and prompt > window:
        said = f"This model's maximum context length is {window} tokens. However, your messages resulted in {prompt}."
        raise invalid(said, "messages", code="context_length_exceeded")
    asked = judge(target.filters, severities(ask.text, answer=False), "Prompt")
    if asked.stops:
        raise Filtered(asked.results)
    answered = judge(target.filters, severities(ask.text, answer=True), "Completion")
    if answered.stops:
        return Completion((), "content_filter", prompt, asked, answered)
    question = ask.question
    shown = question if len(question) <= QUOTED else question[:QUOTED] + "…"
    version = f" (version {target.version})" if target.version else ""
    said = f"you asked: {shown}" if shown else "you asked nothing."
    text = f"I am {target.model}{version}, deployed as {target.deployment} in {target.where}; {said}"
    if ask.as_json:
        text = json.dumps({"answer": text}, ensure_ascii=False)
    for stop in ask.stops:
        text = text.partition(stop)[0]
    found = words.pieces(text)
    if ask.limit is not None and len(found) > ask.limit:
        return Completion(found[: ask.limit], "length", prompt, asked, answered)
    return Completion(found, "stop", prompt, asked, answered)


def document(ask: Ask, target: Target, completion: Completion, created: int) -> Json:
    """The answer as one JSON document."""
    choices: list[Json] = []
    for index in range(ask.choices):
        stopped = completion.finish == "content_filter"
        message = {"role": "assistant", "content": None if stopped else completion.text, "refusal": None}
        choice: Json = {"index": index, "message": message, "logprobs": None, "finish_reason": completion.finish}
        if not target.is_serverless:
            choice["content_filter_results"] = completion.answered.results
        choices.append(choice)
    body = {**_head(target, "chat.completion", created), "choices": choices, "usage": completion.usage(ask.choices)}
    if not target.is_serverless:
        body["prompt_filter_results"] = _prompt_results(completion)
    return body


def events(ask: Ask, target: Target, completion: Completion, created: int) -> Iterator[bytes]:
    """The answer as server-sent events: a role, the pieces, an end for each choice, usage if asked, `[DONE]`."""
    head = _head(target, "chat.completion.chunk", created)
    if not target.is_serverless:
        yield _event({**head, "choices": [], "prompt_filter_results": _prompt_results(completion)})
    for index in range(ask.choices):
        deltas: list[tuple[Json, str | None]] = [({"role": "assistant", "content": "", "refusal": None}, None)]
        deltas += [({"content": piece}, None) for piece in completion.pieces]
        deltas.append(({}, completion.finish))
        for delta, finish in deltas:
            choice: Json = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            if not target.is_serverless:
                tells = delta.get("content") or finish == "content_filter"
                choice["content_filter_results"] = completion.answered.results if tells else {}
            more: Json = {"usage": None} if ask.with_usage else {}
            yield _event({**head, "choices": [choice], **more})
    if ask.with_usage:
        yield _event({**head, "choices": [], "usage": completion.usage(ask.choices)})
    yield DONE


def _prompt_results(completion: Completion) -> list[Json]:
    return [{"prompt_index": 0, "content_filter_results": completion.asked.results}]


def _head(target: Target, kind: str, created: int) -> Json:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": created,
        "model": target.reported,
        "system_fingerprint": "fp_sandbox",
    }


def _event(document: Any) -> bytes:
    return b"data: " + json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"
