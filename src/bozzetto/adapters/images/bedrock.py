"""Pictures by the models of Amazon Bedrock: one InvokeModel a picture.

`rest` is a model's id, inference profile, or ARN that carries the id. Whoever calls tries
again: botocore's own retries are off.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

from bozzetto.adapters.aws import ask, in_thread, json_object, open_client, read_body
from bozzetto.adapters.aws_errors import Asked, said
from bozzetto.adapters.bedrock_ids import plain_id
from bozzetto.adapters.images.bedrock_bodies import BLOCKED, Drawn, body, family_of, read, refusal
from bozzetto.adapters.models import known
from bozzetto.adapters.paid import silence
from bozzetto.errors import SetupError
from bozzetto.ports import ImageFeatures
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

__all__ = ["Bedrock", "open_images"]

PARALLEL = 4  # the smallest default quota is 15 pictures a minute, each of some seconds
_LISTING = (
    "ids: aws bedrock list-foundation-models --by-output-modality IMAGE, and profiles: "
    "aws bedrock list-inference-profiles; AWS_REGION chooses the region"
)
_ACCESS = (
    "the account needs access to the model (Amazon Bedrock console, Model catalog) and the "
    "permission bedrock:InvokeModel"
)


class Bedrock:
    """An image generator behind Amazon Bedrock."""

    def __init__(self, model: str, client: Any) -> None:  # noqa: ANN401 - made at run time
        self._model = model
        self._client = client
        self._asked = Asked("Amazon Bedrock", f"the model {model!r}", _LISTING, _ACCESS, paid=True)

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        row = known("bedrock", "image", plain_id(self._model))
        return ImageFeatures(
            name=f"bedrock:{self._model}",
            parallel=PARALLEL,
            lifecycle=row.lifecycle if row else None,
        )

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Make one picture; left early, the service ends it by itself and nobody hears of it."""
        return self._stream(request)

    async def aclose(self) -> None:
        """Let go of idle connections; a later call opens its own."""
        self._client.close()

    async def _stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        made, effective = body(request, self._model)
        yield ImageProgress(0.0)
        yield await in_thread(lambda: self._ask(made, effective))

    def _ask(self, made: dict[str, Any], effective: Effective) -> ImageEvent:
        answer = ask(lambda: self._invoke(made, effective.prompt), self._asked)
        if isinstance(answer, ImageFiltered):
            return answer
        drawn = read(json_object(answer, self._asked), self._model, effective.prompt)
        return _made(drawn, effective) if isinstance(drawn, Drawn) else drawn

    def _invoke(self, made: dict[str, Any], prompt: str) -> bytes | ImageFiltered:
        """The answer; a request that the content filters block comes as an error, and is none."""
        from botocore.exceptions import ClientError

        try:
            answer = self._client.invoke_model(
                modelId=self._model,
                body=json.dumps(made).encode(),
                contentType="application/json",
                accept="application/json",
            )
        except ClientError as error:
            what = said(error)
            if what and what.code == "ValidationException" and BLOCKED.search(what.words):
                return refusal(what.words, prompt)
            raise
        return read_body(answer["body"], self._asked)


def _made(drawn: Drawn, effective: Effective) -> ImageMade:
    if drawn.seed is None:
        return ImageMade(drawn.data, effective)
    return ImageMade(drawn.data, replace(effective, seed=drawn.seed))


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> Bedrock:
    """Open a model. `timeout` is how long the service may stay silent, at least 300 seconds.

    Raises:
        SetupError: no model is named, no region or no credentials are found.
        MissingExtraError: boto3 is not installed.
        InputError: the model's requests are not known.
    """
    model = rest.strip()
    if not model:
        raise SetupError("bedrock: no model is named", hint=f"bedrock:MODEL-ID; {_LISTING}")
    family_of(model)
    client = open_client(
        "bedrock-runtime", environ=environ, timeout=silence(timeout), parallel=PARALLEL
    )
    return Bedrock(model, client)
