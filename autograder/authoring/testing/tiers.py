"""The three tiers of the tests: what each leaves out, and its time budget. No other file defines them."""

from __future__ import annotations

from dataclasses import dataclass

EFFORT = "MLSYS_TEST_EFFORT"  # the variable that reference/tests/effort.py reads


@dataclass(frozen=True)
class Tier:
    """One size of a test run, on two cores.

    leaves_out: marks of the tests that do not run. quick: tests that took a second or more when durations were
    recorded do not run either. effort: the share of its examples that a property test tries.
    """

    name: str
    command: str
    budget: str
    holds: str
    leaves_out: tuple[str, ...]
    effort: float
    quick: bool = False

    @property
    def words(self) -> list[str]:
        """The options of the plugin in selection.py."""
        return [f"--leave-out={mark}" for mark in self.leaves_out] + ["--quick"] * self.quick

    @property
    def environment(self) -> dict[str, str]:
        return {EFFORT: f"{self.effort:g}"}


FAST = Tier(
    name="fast",
    command="./mlsys test --fast",
    budget="about 3 minutes",
    holds="The quick tests, for while you work; property tests try a fifth of their examples",
    leaves_out=("slow", "exhaustive"),
    effort=0.2,
    quick=True,
)
DEFAULT = Tier(
    name="default",
    command="./mlsys test",
    budget="12 to 18 minutes",
    holds="Every unit's tests, the judge and each attack on it, one lab in a real browser, the style rules, and the "
    "proofs of what changed",
    leaves_out=("exhaustive",),
    effort=0.5,
)
ALL = Tier(
    name="all",
    command="./mlsys test --all",
    budget="over an hour",
    holds="Everything: every repetition, every lab in a browser, every wrong solution",
    leaves_out=(),
    effort=1.0,
)
TIERS = {tier.name: tier for tier in (FAST, DEFAULT, ALL)}
