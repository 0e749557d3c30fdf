"""Given: checks of arguments. `@checked(batch=count)` checks `batch` before each call.

A rule takes the start of a message and a value. It raises TypeError for the wrong kind
of value, ValueError for one out of range.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import wraps
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
Rule = Callable[[str, Any], None]


def checked(**rules: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: check the arguments of these names before the function runs."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            for name, rule in rules.items():
                rule(f"{function.__name__}: expected {name} to be", given.arguments[name])
            return function(*args, **kwargs)

        return inside

    return decorate


def number(start: str, value: Any) -> None:
    """A finite number."""
    _is_number(start, "a number", value)
    if not isinstance(value, Integral) and not math.isfinite(value):
        raise ValueError(f"{start} a finite number, got {value}")


def positive(start: str, value: Any) -> None:
    """A finite number above 0."""
    number(start, value)
    if value <= 0:
        raise ValueError(f"{start} above 0, got {value}")


def not_negative(start: str, value: Any) -> None:
    """A finite number of at least 0."""
    number(start, value)
    if value < 0:
        raise ValueError(f"{start} at least 0, got {value}")


def fraction(start: str, value: Any) -> None:
    """A number from 0 to 1, both ends included."""
    number(start, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{start} between 0 and 1, got {value}")


def share(start: str, value: Any) -> None:
    """A number above 0 and at most 1."""
    number(start, value)
    if not 0 < value <= 1:
        raise ValueError(f"{start} above 0 and at most 1, got {value}")


def level(start: str, value: Any) -> None:
    """A number between 0 and 1, without the ends."""
    number(start, value)
    if not 0 < value < 1:
        raise ValueError(f"{start} between 0 and 1, without the ends, got {value}")


def count(start: str, value: Any) -> None:
    """A whole number of at least 1."""
    _at_least(start, value, 1)


def whole(start: str, value: Any) -> None:
    """A whole number of at least 0."""
    _at_least(start, value, 0)


def flag(start: str, value: Any) -> None:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{start} True or False, got {value!r}")


def text(start: str, value: Any) -> None:
    """A string."""
    if not isinstance(value, str):
        raise TypeError(f"{start} a string, got {type(value).__name__}")


def anything(start: str, value: Any) -> None:
    """No rule, for the values inside of `several`."""


def several(least: int, rule: Rule) -> Rule:
    """The rule for a list or 1-D array of at least `least` values, each of `rule`."""

    def rule_of_all(start: str, values: Any) -> None:
        array = isinstance(values, np.ndarray)
        if not isinstance(values, (list, tuple)) and not (array and values.ndim == 1):
            shape = f" of shape {values.shape}" if array else ""
            raise TypeError(f"{start} a list or 1-D array, got {type(values).__name__}{shape}")
        if len(values) < least:
            plural = "s" if least > 1 else ""
            raise ValueError(f"{start} at least {least} value{plural}, got {len(values)}")
        for place, value in enumerate(values):
            rule(start.replace(" to be", f"[{place}] to be"), value)

    return rule_of_all


def pair(start: str, value: Any) -> None:
    """Two whole numbers of at least 0, the smaller first."""
    several(2, whole)(start, value)
    if len(value) != 2 or value[0] > value[1]:
        raise ValueError(f"{start} two whole numbers, the smaller first, got {value!r}")


def _at_least(start: str, value: Any, least: int) -> None:
    _is_number(start, "a whole number", value)
    if not isinstance(value, Integral):
        raise TypeError(f"{start} a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{start} at least {least}, got {value}")


def _is_number(start: str, wanted: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{start} {wanted}, got {type(value).__name__}")
