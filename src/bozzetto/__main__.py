"""`python -m bozzetto`."""

from bozzetto.cli.main import run

run()
