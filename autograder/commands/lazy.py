"""A command whose module is imported only when it runs: `./mlsys --help` must not wait for every library of the course.

So the modules of commands import what they need at their top, like all others.
"""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from autograder.commands.help_text import PlainCommand


class LazyCommand(TyperCommand):
    """`./mlsys NAME`: the function NAME, or the group `app`, of the module NAME of this package."""

    def __init__(self, name: str, summary: str, panel: str, **settings: Any) -> None:
        """summary: the command's line in `./mlsys --help`. settings: the command's context_settings."""
        super().__init__(name, help=summary, rich_help_panel=panel)
        self.settings = settings

    def load(self) -> Any:
        """The command itself, with its parameters."""
        assert self.name is not None
        function = self.name.replace("-", "_")
        module = importlib.import_module(f"autograder.commands.{function}")
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            return get_command(group)
        one = typer.Typer(add_completion=False, rich_markup_mode="rich")
        one.command(self.name, cls=PlainCommand, context_settings=self.settings)(getattr(module, function))
        return get_command(one)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return self.load().make_context(info_name, args, parent, **extra)
