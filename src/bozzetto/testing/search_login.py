"""How OpenSearch, Elasticsearch and Amazon's doors check who asks.

A signature (SigV4) is computed anew with botocore's own signer from the secret that the server
knows, so that a wrong header, body, region or service is found as Amazon finds it.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ApiKey", "Basic", "Denied", "Login", "Request", "Signed"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is checked: header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nobody is let in, as it is answered."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password, as OpenSearch's security plug-in and Elasticsearch take them."""

    user: str
    password: str

    def denied(self, request: Request) -> Denied | None:
        """None for the right ones."""
        pair = b64encode(f"{self.user}:{self.password}".encode()).decode()
        if request.headers.get("authorization") == f"Basic {pair}":
            return None
        return Denied(401, "Unauthorized")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Elasticsearch's API key, as it is encoded when it is made."""

    encoded: str

    def denied(self, request: Request) -> Denied | None:
        """None for the right one."""
        if request.headers.get("authorization") == f"ApiKey {self.encoded}":
            return None
        reason = "unable to authenticate with provided credentials and anonymous access is not "
        error = {"type": "security_exception", "reason": f"{reason}allowed for this request"}
        return Denied(401, {"error": {"root_cause": [error], **error}, "status": 401})


@dataclass(frozen=True, slots=True)
class Signed:
    """Amazon's signature for a service ("es", "aoss") in a region.

    `allowed` is False for a user whom no policy allows.
    """

    service: str
    region: str = "eu-central-1"
    key: str = "AKIDEXAMPLE"
    secret: str = "example-secret-of-forty-characters-long"
    token: str = ""
    allowed: bool = True

    def environ(self) -> dict[str, str]:
        """The variables of a client that may sign, and nothing else of Amazon."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            **({"AWS_SESSION_TOKEN": self.token} if self.token else {}),
        }

    def denied(self, request: Request) -> Denied | None:
        """None for a good signature of somebody allowed."""
        found = _SIGNATURE.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            return self._message("User: anonymous is not authorized to perform: es:ESHttpGet")
        if found["region"] != self.region:
            return self._message("Credential should be scoped to a valid region. ")
        if found["service"] != self.service:
            return self._message(
                f"Credential should be scoped to correct service: '{self.service}'. "
            )
        if (
            found["key"] != self.key
            or request.headers.get("x-amz-security-token", "") != self.token
        ):
            return self._message("The security token included in the request is invalid.")
        if not self._fits(request, found["headers"].split(";"), found["signature"]):
            return self._message(_MISMATCH)
        return None if self.allowed else self._refused()

    def _fits(self, request: Request, names: list[str], signature: str) -> bool:
        """Whether the signature is that of what came; Serverless wants the body's hash signed."""
        digest = hashlib.sha256(request.body).hexdigest()
        hashed = "x-amz-content-sha256"
        if request.headers.get(hashed, digest) != digest:
            return False
        if self.service == "aoss" and hashed not in names:
            return False
        return "host" in names and signature == self._signature(request, names)

    def _signature(self, request: Request, names: list[str]) -> str:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        signer = SigV4Auth(Credentials(self.key, self.secret), self.service, self.region)
        headers = {name: request.headers.get(name, "") for name in names}
        again = AWSRequest(request.method, request.url, headers=headers, data=request.body)
        again.context["timestamp"] = request.headers["x-amz-date"]
        signed = signer.string_to_sign(again, signer.canonical_request(again))
        return str(signer.signature(signed, again))

    def _message(self, words: str) -> Denied:
        return Denied(403, {"message": words}) if self.service == "es" else self._refused()

    def _refused(self) -> Denied:
        if self.service == "es":
            user = "User: arn:aws:iam::123456789012:user/somebody"
            return Denied(403, {"Message": f"{user} is not authorized to perform: es:ESHttpPost"})
        reason = (
            "OpenSearch exception [type=authorization_exception, reason=User does not have "
            "permissions for the requested resource]"
        )
        error = {"type": "security_exception", "reason": reason}
        return Denied(403, {"error": {"root_cause": [error], **error}, "status": 403})


Login = Basic | ApiKey | Signed

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z]+)"
    r"/aws4_request, SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n"
    "The Canonical String for this request should have been\n'GET\n/\n'"
)
