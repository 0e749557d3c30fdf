"""Help texts for people: paragraphs fill the window, and each parameter shows the word to type, not a Python type."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption


def filled(text: str | None) -> str | None:
    """The text with each paragraph on one line, except examples: paragraphs whose lines are indented."""
    if text is None:
        return None
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        textwrap.dedent(each) if each.startswith(" ") else " ".join(each.split()) for each in paragraphs
    )


class Argument(TyperArgument):
    """An argument that shows its name only."""

    def display_type_rich(self, ctx: Any) -> str | None:  # noqa: ARG002
        return None

    def _get_number_range_help_str(self) -> str | None:
        return None


class Option(TyperOption):
    """An option with its metavar, its choices, or nothing if it is a flag."""

    def display_type_rich(self, ctx: Any) -> str | None:
        if self.is_flag:
            return None
        if self.metavar:
            return self.metavar
        return self.display_type(ctx).strip("<>") if self.type_descriptor.is_choice else self.name.upper()

    def _get_number_range_help_str(self) -> str | None:
        return None  # the message for a value outside of the range names it


class PlainCommand(TyperCommand):
    """A command whose help a newcomer can read."""

    def __init__(self, name: str | None, *, help: str | None = None, **settings: Any) -> None:
        super().__init__(name, help=filled(help), **settings)

    def get_params(self, ctx: Any) -> list[Any]:
        return described(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """[OPTIONS], then each argument: UNIT, or [DIR]... if it may be left out."""
        pieces = [self.options_metavar] if self.options_metavar else []
        for param in self.get_params(ctx):
            if isinstance(param, TyperArgument):
                name = param.display_name_raw
                several = "..." if param.nargs != 1 else ""
                pieces.append(f"{name}{several}" if param.required else f"[{name}]{several}")
        return pieces


class PlainGroup(TyperGroup):
    """A group of commands whose help a newcomer can read."""

    def __init__(self, *, help: str | None = None, **settings: Any) -> None:
        super().__init__(help=filled(help), **settings)

    def get_params(self, ctx: Any) -> list[Any]:
        return described(super().get_params(ctx))


def described(params: list[Any]) -> list[Any]:
    """The parameters that typer made, as those of this module: typer has no setting for their class."""
    for param in params:
        if type(param) is TyperArgument:
            param.__class__ = Argument
        elif type(param) is TyperOption:
            param.__class__ = Option
    return params
