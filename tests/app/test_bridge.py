import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from bozzetto.app.bridge import run


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def _fail() -> None:
    raise ValueError("no")


def test_a_result_and_an_error_come_through() -> None:
    assert run(_double(21)) == 42
    with pytest.raises(ValueError, match="no"):
        run(_fail())


def test_it_works_inside_a_running_loop() -> None:
    async def notebook() -> int:
        with pytest.raises(ValueError, match="no"):
            run(_fail())
        return run(_double(21))

    assert asyncio.run(notebook()) == 42


INTERRUPTED = """
import asyncio
from bozzetto.app.bridge import run

async def work():
    print("ready", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("let go", flush=True)

async def notebook():
    run(work())

try:
    {start}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.timeout(20)
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("start", ["run(work())", "asyncio.run(notebook())"])
def test_an_interrupt_cancels_the_work_and_goes_on(start: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED.replace("{start}", start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "let go\ninterrupted\n"
        assert process.wait(10) == 0
