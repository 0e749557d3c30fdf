"""The benchmark's parts, with few rounds: that they run, agree, and name what they found."""

from __future__ import annotations

import json

import pytest

from reference.benchmarks.napkin import bench as napkin
from reference.benchmarks.report import Figure, Report


def by_name(figures) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


@pytest.mark.slow
def test_the_counts_are_torchs_own():
    found = by_name(napkin.counts(6))
    for name in napkin.models():
        assert found[f"count/off_torch/{name}"].value == 0
        low, middle, high = (found[f"count/ratio_torch/{name}{end}"].value for end in ("/low", "", "/high"))
        assert 0 < low <= middle <= high


def test_the_intervals_are_scipys():
    found = by_name(napkin.intervals(6))
    assert all(figure.met for name, figure in found.items() if "/off_" in name)


def test_the_mean_campaign_is_the_exact_one():
    assert by_name(napkin.campaigns(6))["campaign/off_mean"].met


def test_a_function_is_compared_with_itself():
    found = by_name(napkin.twins(5, 6))
    assert {name: 0 <= figure.value <= 1 for name, figure in found.items()} == {
        "twins/in_turns/held": True,
        "twins/one_after_the_other/held": True,
    }


@pytest.mark.slow
def test_a_report_of_these_figures_can_be_kept():
    report = Report("00_napkin", (*napkin.intervals(6), *napkin.campaigns(6)))
    assert json.loads(report.to_json())["unit"] == "00_napkin"
