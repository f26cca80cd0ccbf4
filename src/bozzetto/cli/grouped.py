"""Help whose options stand under headings, for commands with many."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

__all__ = ["PREFERENCES", "Grouped"]

PREFERENCES = "Preferences"


class Grouped(TyperCommand):
    """A command whose options are listed by their panel, those without one first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - click's own
        """Write a section for the arguments and one for each panel."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is None:
                continue
            panel = getattr(parameter, "rich_help_panel", None) or "Options"
            name = "Arguments" if parameter.param_type_name == "argument" else panel
            sections.setdefault(name, []).append(row)
        for name, rows in sections.items():
            if rows:
                with formatter.section(name):
                    formatter.write_dl(rows)
