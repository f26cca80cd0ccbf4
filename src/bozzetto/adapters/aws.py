"""Amazon's services: clients from the usual variables, calls that leave the loop alone, errors.

Every variable is read from the mapping that is given: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN, AWS_BEARER_TOKEN_BEDROCK, AWS_PROFILE, AWS_CONFIG_FILE,
AWS_SHARED_CREDENTIALS_FILE, AWS_REGION, AWS_DEFAULT_REGION, AWS_CA_BUNDLE, AWS_ENDPOINT_URL,
AWS_ENDPOINT_URL_<SERVICE> and AWS_EC2_METADATA_DISABLED. Where they hold no key, botocore looks
in its other places (profiles, SSO, a container's or a machine's role).
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from typing import Any, TypeVar

from bozzetto.adapters.aws_errors import Asked, error_of
from bozzetto.errors import BackendError, MissingExtraError, SetupError

__all__ = [
    "ANSWER_LIMIT",
    "ENDPOINT_NAME",
    "ask",
    "in_thread",
    "json_object",
    "json_of",
    "open_client",
    "read_body",
    "signing",
]

ANSWER_LIMIT = 180 * 1024 * 1024
"""Bytes of an answer that are read at most: a file of 128 MiB, the largest that is kept, in base64
and JSON."""

ENDPOINT_NAME = re.compile(r"[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}")
"""How SageMaker's endpoints may be called."""

_CONNECT = 10.0  # seconds to reach the service, where `timeout` allows that long
_SETTINGS = {
    "config_file": "AWS_CONFIG_FILE",
    "credentials_file": "AWS_SHARED_CREDENTIALS_FILE",
    "ca_bundle": "AWS_CA_BUNDLE",
}
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")

T = TypeVar("T")


def open_client(
    service: str, *, environ: Mapping[str, str], timeout: float, parallel: int = 1
) -> Any:  # noqa: ANN401 - botocore makes its clients' classes at run time
    """A client of a service ("bedrock-runtime") that tries each call once.

    `timeout` is how long the service may stay silent, seconds.

    Raises:
        MissingExtraError: boto3 is not installed.
        SetupError: no region or no credentials are found, or what is found is broken.
    """
    try:
        import boto3  # noqa: F401 - the package that the extra brings; it brings botocore
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise MissingExtraError(
            f"{service} needs the package boto3", hint="pip install 'bozzetto[aws]'"
        ) from error
    asked = Asked(title="Amazon Web Services", name=service)
    try:
        return _client(service, environ, timeout, parallel)
    except BotoCoreError as error:
        raise error_of(error, asked) from None
    except ValueError as error:  # what botocore says of an address that is none
        raise SetupError(
            f"{service}: {error}",
            hint=f"look at {_endpoint_variable(service)} and AWS_ENDPOINT_URL",
        ) from None


def signing(title: str, *, environ: Mapping[str, str], region: str = "") -> tuple[Any, str]:
    """Credentials to sign requests with, renewed where they expire, and the region to sign for.

    A `region` that is given goes before those of the variables and the profile.

    Raises:
        MissingExtraError: botocore is not installed.
        SetupError: no region or no credentials are found, or what is found is broken.
    """
    try:
        from botocore.credentials import Credentials
        from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError
    except ImportError as error:
        raise MissingExtraError(
            f"{title} needs the package boto3", hint="pip install 'bozzetto[aws]'"
        ) from error
    try:
        keys = _keys(environ)
        session = _session(environ, "")
        found = region or _first(environ, _REGIONS) or session.get_config_variable("region")
        if not found:
            raise NoRegionError()
        credentials = Credentials(*keys.values()) if keys else session.get_credentials()
        if credentials is None:
            raise NoCredentialsError()
    except BotoCoreError as error:
        raise error_of(error, Asked(title=title, name=title)) from None
    return credentials, found


def _client(service: str, environ: Mapping[str, str], timeout: float, parallel: int) -> Any:  # noqa: ANN401
    from botocore.config import Config
    from botocore.exceptions import NoCredentialsError, NoRegionError

    keys = _keys(environ)
    token = environ.get("AWS_BEARER_TOKEN_BEDROCK", "").strip() if "bedrock" in service else ""
    session = _session(environ, token)
    region = _first(environ, _REGIONS) or session.get_config_variable("region")
    if not region:
        raise NoRegionError()
    if not token and not keys and session.get_credentials() is None:
        raise NoCredentialsError()
    config = Config(
        retries={"total_max_attempts": 1},  # whoever calls us tries again
        connect_timeout=min(_CONNECT, timeout),
        read_timeout=timeout,
        max_pool_connections=max(parallel, 1),
        **({"signature_version": "bearer"} if token else {}),
    )
    return session.create_client(
        service,
        region_name=region,
        endpoint_url=_first(environ, (_endpoint_variable(service), "AWS_ENDPOINT_URL")) or None,
        config=config,
        **keys,
    )


@cache
def _loader() -> Any:  # noqa: ANN401
    """What reads botocore's models of the services, once for all clients."""
    from botocore.loaders import Loader

    return Loader()


def _session(environ: Mapping[str, str], token: str) -> Any:  # noqa: ANN401
    """A session that takes nothing from another environment than the one given."""
    from botocore.session import Session
    from botocore.tokens import ScopedEnvTokenProvider, TokenProviderChain

    session = Session()
    session.register_component("data_loader", _loader())
    for setting, variable in _SETTINGS.items():
        if environ.get(variable):
            session.set_config_variable(setting, environ[variable])
    if environ.get("AWS_PROFILE"):
        session.set_config_variable("profile", environ["AWS_PROFILE"])
    if token:
        chain = TokenProviderChain(providers=[ScopedEnvTokenProvider(session, dict(environ))])
        session.register_component("token_provider", chain)
    finder = session.get_component("credential_provider")
    finder.remove("env")
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        finder.remove("iam-role")
    return session


def _keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The credentials that stand in the variables themselves."""
    from botocore.exceptions import PartialCredentialsError

    found = {
        "aws_access_key_id": environ.get("AWS_ACCESS_KEY_ID", "").strip(),
        "aws_secret_access_key": environ.get("AWS_SECRET_ACCESS_KEY", "").strip(),
    }
    if not any(found.values()):
        return {}
    for name, value in found.items():
        if not value:
            raise PartialCredentialsError(provider="environment", cred_var=name.upper())
    token = environ.get("AWS_SESSION_TOKEN", "").strip()
    return {**found, **({"aws_session_token": token} if token else {})}


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(filter(None, (environ.get(name, "").strip() for name in names)), "")


def _endpoint_variable(service: str) -> str:
    return f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}"


def ask(work: Callable[[], T], asked: Asked) -> T:
    """Do a blocking call of a client.

    Raises:
        InputError, SetupError, BackendError: as `error_of` says.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        return work()
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        # The chain is cut: a service may repeat a signed request, with its session token.
        raise error_of(error, asked) from None


async def in_thread(work: Callable[[], T]) -> T:
    """Wait for blocking work. Cancelled, nobody waits for it any more, and its result is dropped.

    Not `asyncio.to_thread`: a loop waits for such threads before it ends, and an interrupt
    would hang until the service answers.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(give: Callable[[Any], None], value: object) -> None:
        if not result.done():
            give(value)

    def run() -> None:
        try:
            done = partial(settle, result.set_result, work())
        except BaseException as error:
            done = partial(settle, result.set_exception, error)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(done)

    threading.Thread(target=run, name="bozzetto-aws", daemon=True).start()
    return await result


def read_body(body: Any, asked: Asked, limit: int = ANSWER_LIMIT) -> bytes:  # noqa: ANN401
    """All of a streaming body, and its connection given back.

    Raises:
        BackendError: it is longer than `limit` bytes.
    """
    pieces: list[bytes] = []
    length = 0
    try:
        while piece := body.read(1 << 20):
            length += len(piece)
            if length > limit:
                raise BackendError(f"{asked.title}: the answer is longer than {limit} bytes")
            pieces.append(piece)
    finally:
        body.close()
    return b"".join(pieces)


def json_of(data: bytes, asked: Asked) -> Any:  # noqa: ANN401 - a stranger's JSON holds anything
    """The JSON of an answer.

    Raises:
        BackendError: it is none.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BackendError(f"{asked.title}: the answer of {asked.name} is not JSON") from None


def json_object(data: bytes, asked: Asked) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        BackendError: it is none.
    """
    found = json_of(data, asked)
    if not isinstance(found, dict):
        raise BackendError(f"{asked.title}: the answer of {asked.name} is not a JSON object")
    return found
