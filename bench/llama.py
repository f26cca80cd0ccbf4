"""Serve a GGUF file on a loopback port until stdin ends; the address goes to stdout.

    python bench/llama.py MODEL.gguf [--threads 1] [--slots 4]

A real llama.cpp server (the wheel `xllamacpp`) for tests and benchmarks of writing with a
chat model. It stops with the process that started it, because its stdin then ends.
"""

from __future__ import annotations

import argparse
import sys

import xllamacpp


def main() -> None:
    """Start, print the address of the API, wait, stop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--slots", type=int, default=4)
    args = parser.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path = args.model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = args.slots
    params.n_ctx = 2048 * args.slots
    params.cpuparams.n_threads = args.threads
    params.cpuparams_batch.n_threads = args.threads
    params.n_threads_http = 2 * args.slots
    params.warmup = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
