"""The report that every benchmark returns."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference.benchmarks.report import Figure, Report, geometric_mean, load_record

FINITE = st.floats(allow_nan=False, allow_infinity=False)
FIGURES = st.builds(
    Figure,
    name=st.text(min_size=1),
    value=FINITE.filter(lambda x: x == float(f"{x:.6g}")),
    unit=st.text(),
    better=st.sampled_from(["higher", "lower"]),
    target=st.none() | FINITE,
)


def test_a_target_is_met_on_its_good_side():
    assert Figure("speed", 1.0, "ratio", "higher", 1.0).met is True
    assert Figure("speed", 0.99, "ratio", "higher", 1.0).met is False
    assert Figure("latency", 0.9, "ms", "lower", 1.0).met is True
    assert Figure("latency", 1.1, "ms", "lower", 1.0).met is False
    assert Figure("latency", 1.1, "ms", "lower").met is None


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # few random texts are names of figures
@given(st.lists(FIGURES, max_size=5))
def test_json_carries_everything_both_ways(figures):
    report = Report("01_matmul_cpu", tuple(figures), "a machine", "2026-11-20T00:00:00+00:00")
    assert Report.from_json(report.to_json()) == report


def test_json_has_the_one_shape_of_all_units():
    record = json.loads(Report("x", (Figure("a", 1.5, "s", "lower", 2.0),)).to_json())
    assert set(record) == {"unit", "machine", "date", "figures"}
    assert record["figures"] == [
        {"name": "a", "value": 1.5, "unit": "s", "better": "lower", "target": 2.0, "met": True}
    ]


def test_met_is_worked_out_again_when_a_record_is_read(tmp_path):
    record = json.loads(Report("x", (Figure("a", 1.5, "s", "lower", 1.0),)).to_json())
    record["figures"][0]["met"] = True
    (tmp_path / "x.json").write_text(json.dumps(record))
    assert load_record(tmp_path / "x.json")["a"].met is False


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_is_a_finite_number(value):
    with pytest.raises(ValueError, match="finite"):
        Figure("a", value, "s")


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="'up'"):
        Figure("a", 1.0, "s", "up")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no figure 'b'"):
        Report("x", (Figure("a", 1.0, "s"),))["b"]
    with pytest.raises(ValueError, match="report"):
        Report.from_json("{}")
    with pytest.raises(ValueError, match="above 0"):
        geometric_mean([1.0, 0.0])


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=8))
def test_geometric_mean_of_ratios_and_of_their_inverses_agree(ratios):
    assert math.isclose(geometric_mean(ratios) * geometric_mean([1 / r for r in ratios]), 1.0)
