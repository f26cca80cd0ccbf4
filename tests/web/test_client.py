from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, get_type_hints

import pytest
from pydantic import BaseModel
from tests.web.test_writing import IDEA, good

from bozzetto.app import Assistant
from bozzetto.app.safety import restore
from bozzetto.app.wire import optimize_json, record_json, search_json
from bozzetto.client import Client
from bozzetto.client.options import (
    CompareOptions,
    GenerateOptions,
    JudgeOptions,
    OptimizeOptions,
    RegenerateOptions,
    SearchOptions,
)
from bozzetto.errors import BackendError, BozzettoError, InputError, NotFoundError, SetupError
from bozzetto.testing.chat_server import ChatServer
from bozzetto.types import BadRow, Filters, JobInfo
from bozzetto.web.bodies import (
    CompareBody,
    GenerateBody,
    OptimizeBody,
    RegenerateBody,
    SearchBody,
)
from bozzetto.web.campaigns import Said
from bozzetto.web.server import Server


@pytest.fixture
def ours(shop: Server) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{shop.port}", shop.access.token) as found:
        yield found


def test_search_gives_what_the_assistant_gives(ours: Client, shelf: Assistant) -> None:
    found = ours.search(IDEA, k=3, explain=True, facets=True)
    there = shelf.search(IDEA, 3, explain=True)
    shapes = [search_json(one, explain=True, facets=True) for one in (found, there)]
    assert shapes[0] == shapes[1]
    assert len(found) == 3


def test_optimize_gives_what_the_assistant_gives(ours: Client, shelf: Assistant) -> None:
    found = ours.optimize(IDEA, n=2, mood=["calm"], seed=5)
    again = ours.optimize(IDEA, n=2, mood=["calm"], seed=5)
    assert found == again
    kept = [shelf.explain(one.id).candidate for one in found.candidates]
    assert [one.prompt for one in kept] == [one.prompt for one in found.candidates]


def test_events_are_heard(ours: Client) -> None:
    heard: list[tuple[str, Mapping[str, Any]]] = []
    with ChatServer(good) as server:
        chat = f"ollama:tiny@{server.address}"
        found = ours.optimize(
            IDEA, n=2, chat=chat, cache=False, on_event=lambda *event: heard.append(event)
        )
    done = {data["index"]: data["candidate"]["id"] for name, data in heard if name == "done"}
    assert [done[number] for number in sorted(done)] == [one.id for one in found.candidates]
    assert optimize_json(found)["usage"]["input_tokens"] > 0


def test_pictures(ours: Client) -> None:
    job = ours.generate("a red fox", n=2, size="64x64", images="sketch:")
    until = time.monotonic() + 30
    while (job := ours.job(job.id)).state != "done" and time.monotonic() < until:
        time.sleep(0.05)
    assert (job.ok, job.total) == (2, 2)


def test_files_are_sent_and_what_came_in_is_edited(
    ours: Client, shelf: Assistant, tmp_path: Path
) -> None:
    file = tmp_path / "sent.jsonl"
    file.write_text('{"prompt": "a tin robot on a shelf, pastel", "seed": 3}\n{"prompt": ""}\n')
    heard: list[str] = []
    report = ours.add(file, on_event=lambda name, _: heard.append(name))
    assert (report.source, report.new, report.bad_count) == ("sent.jsonl", 1, 1)
    assert report.bad == (BadRow("line 2", "the prompt is empty"),)
    assert set(heard) == {"progress"}
    assert ours.add(b"a tin robot on a shelf, pastel", name="again.txt").known == 1
    (sent,) = ours.library.each(source="sent.jsonl")
    (there,) = shelf.library.list(filters=Filters(source=("sent.jsonl",)))
    assert sent == replace(there, seq=0, family=0)
    assert ours.library.count(source=["sent.jsonl", "again.txt"]) == 1
    edited = ours.library.edit(sent.id, "a tin robot in a garden, pastel", tags=["toy"])
    assert ours.library.show(edited.id) == edited
    assert (edited.original, edited.tags) == ("a tin robot on a shelf, pastel", ("toy",))
    assert ours.library.rate(edited.id, 5)
    assert list(ours.library.variants(edited.id)) == []
    assert ours.library.stats()["tag"] == {"toy": 1}
    rows = list(ours.library.export(tag="toy"))
    assert rows == [record_json(shelf.library.show([edited.id])[0])]
    assert ours.library.delete(edited.id) == 1
    assert len(list(ours.library)) == shelf.library.count()
    with pytest.raises(InputError, match="none of its 1 rows is a prompt"):
        ours.add(b"!!", name="none.txt")
    with pytest.raises(InputError, match="No such file"):
        ours.add(tmp_path / "none.txt")


def test_batches(ours: Client, shelf: Assistant) -> None:
    found = list(ours.batch_search([IDEA, {"idea": "castle", "k": 1}, ""], k=2))
    assert found[0] == search_json(shelf.search(IDEA, 2))
    assert len(found[1]["hits"]) == 1
    assert found[2]["error"]["code"] == "input"
    (written,) = ours.batch_optimize([{"idea": IDEA, "n": 2}], save=False)
    assert len(written["candidates"]) == 2
    with pytest.raises(SetupError):
        list(ours.batch_optimize([IDEA], chat="ollama:"))


def test_candidates_again(ours: Client, shelf: Assistant) -> None:
    first = ours.optimize(IDEA, n=1).candidates[0]
    assert ours.candidate(first.id) == (first, IDEA)
    assert ours.explain(first.id)["idea"] == IDEA
    warmer = ours.refine(first.id, "warmer").candidates[0]
    assert warmer.parent == first.id
    assert ours.regenerate(first.id).candidates[0].id != first.id


def test_jobs_and_pictures(ours: Client, shelf: Assistant, tmp_path: Path) -> None:
    jobs = [ours.generate("a red fox", n=1, seed=n, size="64x64", images="sketch:") for n in (1, 2)]
    info, images = ours.jobs.wait(jobs[1].id)
    assert (info.state, info.ok) == ("done", 1)
    assert ours.jobs.show(info.id) == (info, images)
    assert images[0] == replace(shelf.jobs.show(info.id)[1][0], position=0, at="")
    target = ours.picture(images[0].id, tmp_path / "fox.png")
    assert target.read_bytes() == Path(images[0].path or "").read_bytes()
    ids = [job.id for job in ours.jobs]
    assert ids[:2] == [jobs[1].id, jobs[0].id]
    assert info.id in [job.id for job in ours.jobs.each("done")]
    ours.jobs.wait(jobs[0].id)
    assert (ours.jobs.cancel(info.id), ours.jobs.retry(info.id)) == (0, 0)
    assert ours.jobs.resume(info.id).id == info.id
    written, job = ours.compare(IDEA, n=1, seeds=1, size="64x64", images="sketch:")
    assert len(written.candidates) == 1
    assert ours.jobs.wait(job.id)[0].ok == job.total
    with pytest.raises(NotFoundError):
        ours.picture("none", tmp_path / "none.png")
    assert [path.name for path in tmp_path.iterdir()] == ["fox.png"]


def test_the_installation(ours: Client, shelf: Assistant, tmp_path: Path) -> None:
    assert ours.session()["role"] == "admin"
    assert ours.index.build(embed=False)["waiting"] == 0
    assert ours.index.status()["tier"] == ours.index.verify()["tier"] == "small"
    assert ours.config()["k"] == {"value": 10, "origin": "default"}
    assert ours.doctor()["ok"] is True
    assert "sdxl" in [one["name"] for one in ours.profiles()]
    assert "sketch" in [one["scheme"] for one in ours.backends()]
    saved = ours.backup(tmp_path / "saved.sqlite")
    assert saved.stat().st_mode & 0o777 == 0o600  # it holds hashes of passwords
    restore(saved, tmp_path / "other")


def test_errors_are_those_of_the_assistant(ours: Client, shop: Server) -> None:
    with pytest.raises(InputError, match="k: "):
        ours.search(IDEA, k=0)
    with pytest.raises(InputError, match="n: "):
        ours.optimize(IDEA, n=99)
    with pytest.raises(SetupError, match="no model is named") as error:
        ours.optimize(IDEA, chat="ollama:")
    assert error.value.hint
    with pytest.raises(NotFoundError):
        ours.job("none")
    with (
        Client(f"http://127.0.0.1:{shop.port}", "wrong") as other,
        pytest.raises(BozzettoError, match="open the address again"),
    ):
        other.job("none")
    with Client("http://127.0.0.1:1", "x") as nobody:
        with pytest.raises(BackendError, match="the server is not there: ConnectError"):
            nobody.search(IDEA)
        with pytest.raises(BackendError, match="the server is not there: ConnectError"):
            nobody.optimize(IDEA)


JOB = JobInfo("j1", "a fox", "waiting", 1, 1, 0, 0, 0, 0, 0)


class Losing(BaseHTTPRequestHandler):
    """Notes each call and its key; every first answer to one gets lost."""

    heard: ClassVar[list[tuple[str, str | None]]] = []
    ANSWERS: ClassVar[dict[str, Any]] = {
        "/api/v1/generate": asdict(JOB),
        "/api/v1/campaigns/a/undo": {"verdict": None},
        "/api/v1/tokens": {"tokens": {}, "limits": {}},
    }

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        call = (self.path, self.headers["Idempotency-Key"])
        self.heard.append(call)
        if self.heard.count(call) == 1:
            self.close_connection = True
            return
        lines = f"id: 1\nevent: result\ndata: {json.dumps({'name': 'a'})}\n\n"
        whole = json.dumps(self.ANSWERS[self.path]) if self.path in self.ANSWERS else lines
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_what_is_to_be_done_once_keeps_its_key_when_it_is_sent_again() -> None:
    Losing.heard.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Losing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with Client(f"http://127.0.0.1:{server.server_port}", "t") as ours:
            assert ours.generate("a fox") == JOB
            assert ours.generate("a fox") == JOB
            assert ours.campaigns.undo("a", "Ada") is None
            assert ours.campaigns.run({"name": "a"}) == {"name": "a"}
            with pytest.raises(BackendError, match="not there"):
                ours.tokens("a fox")
        server.shutdown()
    heard = Losing.heard
    assert [path for path, _ in heard] == [
        *["/api/v1/generate"] * 4, *["/api/v1/campaigns/a/undo"] * 2, *["/api/v1/campaigns"] * 2,
        "/api/v1/tokens",
    ]  # fmt: skip
    keys = [key for _, key in heard]
    assert keys[0:8:2] == keys[1:8:2]
    assert len(set(keys)) == 5
    assert keys[-1] is None


@pytest.mark.parametrize(
    ("options", "body", "besides"),
    [
        (SearchOptions, SearchBody, {"idea"}),
        (OptimizeOptions, OptimizeBody, {"idea"}),
        (RegenerateOptions, RegenerateBody, set[str]()),
        (GenerateOptions, GenerateBody, {"prompt"}),
        (CompareOptions, CompareBody, {"idea"}),
        (JudgeOptions, Said, {"image", "reviewer"}),
    ],
)
def test_options_are_those_of_the_interface(
    options: type, body: type[BaseModel], besides: set[str]
) -> None:
    assert {*get_type_hints(options)} == {*body.model_fields} - besides
