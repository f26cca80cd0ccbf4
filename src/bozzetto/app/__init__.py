"""The assistant: the only place that knows the order of the path."""

from bozzetto.app.assistant import Assistant

__all__ = ["Assistant"]
