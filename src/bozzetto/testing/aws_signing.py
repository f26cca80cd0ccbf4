"""Whether a request is signed as Amazon signs (Signature Version 4), computed anew from the secret.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Key", "refusal"]

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Key:
    """What a server knows of a caller: an access key, its secret, an API key instead of both."""

    access: str
    secret: str
    bearer: str


def refusal(
    key: Key, url: str, headers: Mapping[str, str], data: bytes, *, region: str, scope: str
) -> tuple[str, str] | None:
    """The code and the words of a refusal, or None; header names in lower case."""
    said = headers.get("authorization", "")
    if said.startswith("Bearer "):
        return _bearer(said[len("Bearer ") :], key, scope)
    found = _SIGNED.fullmatch(said)
    if not found:
        return "MissingAuthenticationTokenException", "Missing Authentication Token"
    access, _, signed_region, signed_scope, names, signature = found.groups()
    if access != key.access:
        return (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    if headers.get("x-amz-security-token") == "expired":
        return "ExpiredTokenException", "The security token included in the request is expired"
    if signed_scope != scope:
        words = f"Credential should be scoped to correct service: '{scope}'."
        return "InvalidSignatureException", words
    if signed_region != region:
        return "InvalidSignatureException", "Credential should be scoped to a valid region."
    signed = {name: headers.get(name, "") for name in names.split(";")}
    if "host" not in signed or signature != _sign(key, url, signed, data, region, scope):
        return (
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method.",
        )
    return None


def _bearer(token: str, key: Key, scope: str) -> tuple[str, str] | None:
    if scope == "bedrock" and token == key.bearer:
        return None
    words = "Authentication failed: Please make sure your API Key is valid."
    return "AccessDeniedException", words


def _sign(
    key: Key, url: str, headers: Mapping[str, str], data: bytes, region: str, scope: str
) -> str:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = SigV4Auth(Credentials(key.access, key.secret), scope, region)
    request = AWSRequest("POST", url, dict(headers), data)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    canonical = signer.canonical_request(request)
    return str(signer.signature(signer.string_to_sign(request, canonical), request))
