"""How a service refuses."""

from typing import Any


class ServiceError(Exception):
    """A service's refusal: its code, a message, and what else stands in the answer."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.body = {"__type": code, "message": message, **more}


class ExpressionError(ServiceError):
    """An expression that breaks the language's rules, or goes beyond the stub's part of it; the message names it."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def invalid(message: str) -> ServiceError:
    """DynamoDB's refusal of a request that could never be done."""
    return ServiceError("ValidationException", message)
