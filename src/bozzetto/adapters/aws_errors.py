"""What Amazon's services and their client say went wrong, in our terms: a table.

Codes and messages as documented for InvokeModel, Converse, InvokeEndpoint and their streams, and
as seen ("This Model is marked by provider as Legacy ...", a ResourceNotFoundException).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.paid import lost
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["CLIENT", "CODES", "Asked", "Said", "error_of", "line", "said"]

_LONGEST = 400  # characters of a service's words that are shown


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call is about, for its errors.

    `title` is the service; `name` the model or endpoint; `listing` and `access` are ways out,
    for a name that is not there and for one that is not allowed. `paid` says that an answer
    which is lost may have cost money, so that nobody may ask for it again unseen.
    """

    title: str
    name: str
    listing: str = ""
    access: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An error as a service put it: its code, its words on one line, the HTTP status.

    `original` is the status that a model's own container gave, or None.
    """

    code: str
    words: str
    status: int | None
    original: int | None = None


def line(text: object) -> str:
    """What a stranger said, as one safe line of bounded length."""
    return visible(" ".join(str(text)[: 4 * _LONGEST].split()))[:_LONGEST]


def said(error: BaseException) -> Said | None:
    """What the service said, or None where the error is the client's own."""
    answer: object = getattr(error, "response", None)
    if not isinstance(answer, Mapping):
        return None
    inner, about = answer.get("Error") or {}, answer.get("ResponseMetadata") or {}
    words = answer.get("OriginalMessage") or inner.get("Message") or answer.get("message") or ""
    code = line(inner.get("Code") or "no code")
    return Said(
        code=code if code == "no code" else code[:1].upper() + code[1:],  # streams begin it small
        words=line(words),
        status=_number(about.get("HTTPStatusCode")),
        original=_number(answer.get("OriginalStatusCode") or answer.get("originalStatusCode")),
    )


def _number(value: Any) -> int | None:  # noqa: ANN401 - whatever an answer holds
    return value if isinstance(value, int) else None


def _login(asked: Asked, what: Said) -> BozzettoError:
    # Not their words: a wrong signature is answered with the signed request.
    return SetupError(
        f"{asked.title} does not accept the credentials ({what.code})",
        hint="sign in again (aws sso login), run aws configure, or set AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN anew",
    )


def _region(asked: Asked, what: Said) -> BozzettoError:
    return SetupError(
        f"{asked.title} is in another region than the request is for",
        hint="set AWS_REGION to the region of AWS_ENDPOINT_URL, or leave that one out",
    )


def _denied(asked: Asked, what: Said) -> BozzettoError:
    hint = asked.access or "ask for the permission, or choose another profile with AWS_PROFILE"
    return SetupError(f"{asked.title} refuses {asked.name}: {what.words}", hint=hint)


def _gone(asked: Asked, what: Said) -> BozzettoError:
    return SetupError(
        f"{asked.title} knows nothing of {asked.name} in this account and region: {what.words}",
        hint=asked.listing or None,
    )


def _invalid(asked: Asked, what: Said) -> BozzettoError:
    return InputError(f"{asked.title} does not take the request to {asked.name}: {what.words}")


def _model(asked: Asked, what: Said) -> BozzettoError:
    """A model's own failure; busy containers come round, broken ones do not."""
    return BackendError(
        f"{asked.title}: {asked.name} failed: {what.words or what.code}",
        status=what.original or what.status,
        retryable=what.original in (429, 502, 503, 504),
    )


def _quota(asked: Asked, what: Said) -> BozzettoError:
    return BackendError(
        f"{asked.title}: {what.words or 'a quota is exceeded'} ({what.code})",
        hint="ask for more in the console, Service Quotas",
        status=what.status,
    )


def _backend(retryable: bool) -> Callable[[Asked, Said], BozzettoError]:
    def make(asked: Asked, what: Said) -> BozzettoError:
        return BackendError(
            f"{asked.title}: {what.words or 'no reason is given'} ({what.code})",
            status=what.status,
            retryable=retryable,
        )

    return make


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_Rule = tuple[frozenset[str], re.Pattern[str], Callable[[Asked, Said], BozzettoError]]
_RULES: tuple[_Rule, ...] = (
    (frozenset({"InvalidSignatureException"}), _words("scoped to a valid region"), _region),
    (
        frozenset({
            "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
            "IncompleteSignatureException", "InvalidClientTokenId", "InvalidSignatureException",
            "MissingAuthenticationToken", "MissingAuthenticationTokenException",
            "RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
        }),
        _words(""),
        _login,
    ),
    (frozenset(), _words("api key|bearer token|security token"), _login),
    (
        frozenset(),
        _words(
            "end of its life|marked by provider as legacy|model identifier is invalid"
            "|on-demand throughput isn|endpoint .* not found|could not find .*(?:model|endpoint)"
        ),
        _gone,
    ),
    (frozenset({"ResourceNotFoundException"}), _words(""), _gone),
    (frozenset({"AccessDenied", "AccessDeniedException"}), _words(""), _denied),
    (frozenset({"ValidationError", "ValidationException"}), _words(""), _invalid),
    (frozenset({"ModelError", "ModelErrorException"}), _words(""), _model),
    (
        frozenset({
            "InternalDependencyException", "InternalFailure", "InternalServerException",
            "InternalStreamFailure", "ModelNotReadyException", "ModelStreamError",
            "ModelStreamErrorException", "ModelTimeoutException", "ServiceUnavailable",
            "ServiceUnavailableException", "Throttling", "ThrottlingException",
            "TooManyRequestsException",
        }),
        _words(""),
        _backend(retryable=True),
    ),
    (frozenset({"ServiceQuotaExceededException"}), _words(""), _quota),
    (frozenset({"ConflictException"}), _words(""), _backend(retryable=False)),
)  # fmt: skip
"""Codes (none: any), what the words must hold, what becomes of it; the first that fits."""

CODES = frozenset[str]().union(*(codes for codes, _, _ in _RULES))
"""All codes that stand in the table."""


def _from_service(what: Said, asked: Asked) -> BozzettoError:
    for codes, words, make in _RULES:
        if (not codes or what.code in codes) and words.search(what.words):
            return make(asked, what)
    status = what.status or 0
    return _backend(retryable=status >= 500 or status in (408, 429))(asked, what)


_CLIENT_SETUP = {
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or "
    "run aws configure",
    "PartialCredentialsError": "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "CredentialRetrievalError": "run aws sso login, or look at the profile's credential_process",
    "SSOError": "run aws sso login",
    "TokenRetrievalError": "run aws sso login",
    "LoginError": "run aws login",
    "ProfileNotFound": "name one of aws configure list-profiles in AWS_PROFILE",
    "ConfigParseError": "mend the file, or name another in AWS_CONFIG_FILE",
    "ConfigNotFound": "name a file that exists in AWS_CONFIG_FILE",
    "NoRegionError": "set AWS_REGION, such as us-west-2",
    "InvalidRegionError": "set AWS_REGION to a region's name, such as us-west-2",
    "InvalidEndpointConfigurationError": "an API key goes over https only: look at "
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL, or sign with access keys",
    "SSLError": "name the certificates of a proxy in AWS_CA_BUNDLE",
    "MetadataRetrievalError": "the machine's role gives no credentials: look at its instance "
    "profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "NoAuthTokenError": "run aws sso login, or set AWS_BEARER_TOKEN_BEDROCK",
    "RefreshWithMFAUnsupportedError": "sign in again with aws sso login or aws sts assume-role",
    "MissingDependencyException": "install what it names, or use another profile",
    **dict.fromkeys(
        ("UnknownRegionError", "ServiceNotInRegionError", "UnknownEndpointError",
         "EndpointProviderError", "BaseEndpointResolverError", "InvalidHostLabelError"),
        "set AWS_REGION to a region that has the service, such as us-west-2",
    ),
    **dict.fromkeys(
        ("InvalidConfigError", "InfiniteLoopConfigError", "InvalidDefaultsMode",
         "InvalidChecksumConfigError", "InvalidIMDSEndpointError", "InvalidIMDSEndpointModeError",
         "InvalidMaxRetryAttemptsError", "InvalidProxiesConfigError", "InvalidRetryModeError",
         "InvalidRetryConfigurationError", "InvalidS3AddressingStyleError",
         "InvalidEndpointDiscoveryConfigurationError",
         "InvalidS3UsEast1RegionalEndpointConfigError", "InvalidSTSRegionalEndpointsConfigError",
         "UnknownCredentialError", "UnknownTokenProviderError"),
        "mend the profile in the file that AWS_CONFIG_FILE names (else ~/.aws/config)",
    ),
}  # fmt: skip
"""botocore's own errors that whoever set it up can mend (subclasses too), and how."""


_FAR = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"})
"""botocore's own errors, subclasses too, before the service has anything of a request."""

_LOST = frozenset({"HTTPClientError", "IncompleteReadError", "ResponseParserError"})
"""botocore's own errors, subclasses too, after the service has the whole request."""


_PASSING = frozenset({"HTTPClientError", "ConnectionError", "CapacityNotAvailableError"})
"""botocore's own errors, subclasses too, that may not come again."""

_MISUSED = frozenset({
    "AliasConflictParameterError", "ApiVersionNotFoundError", "AwsChunkedWrapperError",
    "ChecksumError", "DataNotFoundError", "EndpointVariantError", "FlexibleChecksumError",
    "InvalidDNSNameError", "InvalidExpressionError", "MD5UnavailableError",
    "MissingParametersError", "OperationNotPageableError", "PaginationError", "RangeError",
    "StubResponseError", "UnStubbedResponseError", "UnknownClientMethodError",
    "UnknownEndpointResolutionBuiltInName", "UnknownFIPSEndpointError", "UnknownKeyError",
    "UnknownParameterError", "UnknownServiceError", "UnknownServiceStyle",
    "UnknownSignatureVersionError", "UnseekableStreamError", "UnsupportedOutpostResourceError",
    "UnsupportedS3AccesspointConfigurationError", "UnsupportedS3ArnError",
    "UnsupportedS3ConfigurationError", "UnsupportedS3ControlArnError",
    "UnsupportedS3ControlConfigurationError", "UnsupportedServiceProtocolsError",
    "UnsupportedSignatureVersionError", "ValidationError", "WaiterConfigError", "WaiterError",
})  # fmt: skip
"""botocore's own errors where its caller is wrong, or that nothing we call can raise."""

CLIENT = frozenset({"ParamValidationError"}).union(_CLIENT_SETUP, _FAR, _LOST, _PASSING, _MISUSED)
"""All classes of botocore's own errors that stand in a table, subclasses with them."""


def _from_client(error: BaseException, asked: Asked) -> BozzettoError:
    names = [kind.__name__ for kind in type(error).__mro__]
    for name in names:
        if name in _CLIENT_SETUP:
            return SetupError(f"{asked.title}: {line(error)}", hint=_CLIENT_SETUP[name])
    if "ParamValidationError" in names:
        return InputError(f"{asked.title}: {asked.name}: {line(error)}")
    message = f"{asked.title}: {line(error)}"
    if asked.paid and not _LOST.isdisjoint(names):
        return lost(message)
    hint = None
    if not _FAR.isdisjoint(names):
        hint = "look at AWS_REGION, at the network, and at AWS_ENDPOINT_URL if it is set"
    lasting = "ResponseParserError" in names or not _MISUSED.isdisjoint(names)
    return BackendError(message, hint=hint, retryable=not lasting)


def error_of(error: BaseException, asked: Asked) -> BozzettoError:
    """An error of botocore, or of a service by way of it, as one of ours."""
    what = said(error)
    return _from_client(error, asked) if what is None else _from_service(what, asked)
