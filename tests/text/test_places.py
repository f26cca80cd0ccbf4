"""What is told of a back end to whoever gets a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.text.places import without_place, without_places


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sketch:", "sketch:"),
        ("a1111:", "a1111:"),
        ("a1111:http://127.0.0.1:7860", "a1111:"),
        ("a1111:studio.lan:7860", "a1111:"),
        ("comfyui:sdxl", "comfyui:sdxl"),
        ("comfyui:http://10.0.0.7:8188", "comfyui:"),
        ("comfyui:/srv/ann/flow.json@http://10.0.0.7:8188", "comfyui:flow.json"),
        ("comfyui:~/flows/flow.json@HTTPS://me:pass@art.test/x", "comfyui:flow.json"),
        ("diffusers:/srv/ann/models/turbo/", "diffusers:turbo"),
        ("diffusers:../turbo", "diffusers:turbo"),
        ("diffusers:C:\\art\\ann\\turbo.safetensors", "diffusers:turbo.safetensors"),
        ("diffusers:C:/art/ann/turbo", "diffusers:turbo"),
        ("diffusers:\\\\nas\\ann\\turbo\\", "diffusers:turbo"),
        ("diffusers:C:turbo", "diffusers:turbo"),
        ("diffusers:stabilityai/sdxl-turbo", "diffusers:stabilityai/sdxl-turbo"),
        ("openai:gpt-image-1", "openai:gpt-image-1"),
        ("openai:owner/sd-3.5@http://10.0.0.7:8080/v1", "openai:owner/sd-3.5"),
        ("ollama:llama3.2:3b@http://10.0.0.7:11434/v1", "ollama:llama3.2:3b"),
        ("bedrock:us.stability.sd3-5-large-v1:0", "bedrock:us.stability.sd3-5-large-v1:0"),
        (
            "bedrock:arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova:0",
            "bedrock:us.amazon.nova:0",
        ),
        ("sagemaker:sdxl@jumpstart", "sagemaker:sdxl@jumpstart"),
        ("compose", "compose"),
        ("sd_xl_base.safetensors [31e35c80fc]", "sd_xl_base.safetensors [31e35c80fc]"),
        ("/srv/ann/model.safetensors", "model.safetensors"),
        ("diffusers:/srv/ann/turbo", "diffusers:turbo"),
        ("http://10.0.0.7", ""),
        ("", ""),
    ],
)
def test_places_stay_behind(name: str, told: str) -> None:
    assert without_place(name) == told


PART = st.text("abcDE09 ._-:é@", min_size=1, max_size=8).filter(str.strip)
ANY = st.text("aC1:/\\@.~ #\n", max_size=20) | st.text()


@given(ANY | st.builds("{}:{}@http://{}".format, st.sampled_from(["comfyui", "openai"]), ANY, ANY))
def test_what_is_without_a_place_stays_as_it_is(name: str) -> None:
    told = without_place(name)
    assert without_place(told) == told
    assert len(told) <= len(name)
    assert "\\" not in told
    assert told.count("/") <= 1


@given(st.lists(PART, min_size=2, max_size=5), st.sampled_from(["/", "\\"]), st.booleans())
def test_no_folder_is_told(parts: list[str], slash: str, scheme: bool) -> None:
    folders, last = [f"secret{part}" for part in parts[:-1]], parts[-1]
    path = slash + slash.join([*folders, last])
    assert "secret" not in without_place(f"diffusers:{path}" if scheme else path)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("AUTOMATIC1111 at http://127.0.0.1:45371 sent 0", "AUTOMATIC1111 at ... sent 0"),
        ("a fault in /srv/bob/webui/x.py, line 3", "a fault in x.py, line 3"),
        ("C:\\Models\\ann\\m.safetensors is gone", "m.safetensors is gone"),
        ("no sampler a/b, and/or 16:9", "no sampler a/b, and/or 16:9"),
    ],
)
def test_a_sentence_names_no_place(said: str, told: str) -> None:
    assert without_places(said) == told
