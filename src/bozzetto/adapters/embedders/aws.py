"""Calls of embedders to Amazon's services, and their failures (the table is `aws_errors`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bozzetto.adapters.aws import ask
from bozzetto.adapters.aws_errors import Asked, line
from bozzetto.errors import BackendError, InputError

__all__ = ["reached"]

T = TypeVar("T")


def reached(work: Callable[[], T], asked: Asked) -> T:
    """Do a blocking call of a client. What cannot be reached at all is not to be tried again.

    Raises:
        SetupError: credentials, region or model are missing or refused.
        BackendError: the service is down, slow, throttles, or refuses the request.
    """
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

    def once() -> T:
        try:
            return work()
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            hint = "is AWS_REGION a region that has it, and is there a network?"
            raise BackendError(f"{asked.title}: {line(error)}", hint=hint) from None

    try:
        return ask(once, asked)
    except InputError as error:  # the body is ours, so nobody who asked can mend it
        raise BackendError(error.message, hint=error.hint) from None
