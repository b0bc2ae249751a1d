"""What the data plane says when it does not answer: an HTTP status with an error in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping

from modelform.sandbox.exchange import Json, Response

AUDIENCE = "https://cognitiveservices.azure.com"


class Denial(Exception):
    """A refusal: `type` and `param` are in the body where the request itself was wrong (`type` is set then)."""

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        *,
        type: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code or type}: {message}")
        self.status, self.code, self.message, self.type, self.param = status, code, message, type, param
        self.headers = dict(headers or {})

    def body(self) -> Json:
        """The error as it is answered."""
        error: Json = {"code": self.code, "message": self.message}
        if self.type is not None:
            error |= {"type": self.type, "param": self.param}
        return {"error": error}

    def response(self) -> Response:
        """The refusal as an answer."""
        return Response(self.status, self.body(), self.headers)


class Filtered(Denial):
    """400 for a prompt that a content filter stops; `results` say which category did."""

    def __init__(self, results: Json) -> None:
        text = (
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
            "modify your prompt and retry. To learn more about our content filtering policies please read our "
            "documentation: https://go.microsoft.com/fwlink/?linkid=2198766"
        )
        super().__init__(400, "content_filter", text, param="prompt")
        self.results = results

    def body(self) -> Json:
        """The error with what the filter found."""
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": self.results}
        error = {"message": self.message, "type": None, "param": self.param, "code": self.code, "status": self.status}
        return {"error": {**error, "innererror": inner}}


class BadToken(Denial):
    """401 for a bearer token that is missing or not accepted; the gateway's body, which has no `error`."""

    def __init__(self, audience: str = AUDIENCE) -> None:
        text = f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
        super().__init__(401, "401", text, headers={"WWW-Authenticate": "Bearer"})

    def body(self) -> Json:
        """The gateway's own shape, as applications have reported it."""
        return {"statusCode": self.status, "message": self.message}


def invalid(message: str, param: str | None, *, code: str | None = None) -> Denial:
    """400 for a request that is wrong in itself; `param` is the parameter at fault."""
    return Denial(400, code, message, type="invalid_request_error", param=param)


def not_found() -> Denial:
    """404 for a path, a host or an api-version that the service does not have."""
    return Denial(404, "404", "Resource not found")


def no_deployment() -> Denial:
    """404 for a deployment that is not there, or not there yet."""
    text = (
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
        "minutes, please wait a moment and try again."
    )
    return Denial(404, "DeploymentNotFound", text)


def bad_key() -> Denial:
    """401 for a key that is not the resource's."""
    text = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
        "active subscription and use a correct regional API endpoint for your resource."
    )
    return Denial(401, "401", text)


def keys_disabled() -> Denial:
    """403 for a key where only Entra tokens are taken."""
    return Denial(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.")


def closed() -> Denial:
    """403 for a resource that only its private endpoints reach."""
    return Denial(403, "403", "Public access is disabled. Please configure private endpoint.")


def filtered_out() -> Denial:
    """403 for a caller whom the resource's network rules keep out."""
    return Denial(403, "403", "Access denied due to Virtual Network/Firewall rules.")


def wrong_operation(operation: str, model: str) -> Denial:
    """400 for a model that cannot do what was asked of it."""
    text = f"The {operation} operation does not work with the specified model, {model}. Please choose another model."
    return Denial(400, "OperationNotSupported", text)
