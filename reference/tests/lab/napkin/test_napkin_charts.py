"""The charts of counting and measuring: what their text says, and what they refuse."""

import re
from typing import Any

import pytest

from reference.lab.napkin.charts import latencies, model_and_points, predicted_roofline, staircase
from reference.shared.plots.counts import claims_chart, shares
from reference.shared.plots.spreads import distribution, intervals
from reference.shared.plots.style import Picture
from reference.tests.effort import one_of_each
from reference.tests.shared.pictures import assert_same_each_time, assert_shows_itself

LABELS: dict[str, Any] = {"title": "It grows", "x_label": "n", "y_label": "seconds"}
CLAIMS = [("years", 5.3, 126.8, False), ("bubble", 0.27, 0.2727, True), ("FLOP", 3.8e9, 8.2e9, False)]
TIMES = {"L1 cache": 2e-9, "memory": 1e-7, "pipe": 1e-5}

PICTURES = {
    "model and points": lambda: model_and_points(
        {"law": {1: 1.0, 4: 3.0}, "limit": {1: 4.0, 4: 4.0}},
        {"law": {1: 1.0, 4: 2.9}},
        formulas={"law": "Amdahl"},
        marks={"ridge": 2},
        **LABELS,
    ),
    "roofline": lambda: predicted_roofline(
        {"triad": (0.1, 1e9), "product": (100.0, 5e10)}, peak=1e11, bandwidth=1e10
    ),
    "latencies": lambda: latencies(TIMES, dict.fromkeys(TIMES, 1e-6)),
    "staircase": lambda: staircase({4096: 2e-9, 2**20: 1e-8, 2**27: 1e-7}, {"L1": 32768, "L3": 2**30}),
    "shares": lambda: shares(
        {"conv": {"parameters": 1, "FLOP": 9}, "fc": {"parameters": 9, "FLOP": 1}}, title="Two"
    ),
    "claims": lambda: claims_chart(CLAIMS),
    "distribution": lambda: distribution(
        [1.0, 2.0, 3.0, 90.0], title="In k$", x_label="k$", marks={"half": 2.5, "high": 9.0}, within=(0, 10)
    ),
    "intervals": lambda: intervals(
        {"same": (0.9, 1.0, 1.1), "slower": (1.2, 1.3, 1.4)}, title="Two", x_label="ratio"
    ),
}


@pytest.mark.parametrize("name", one_of_each(PICTURES, "staircase"))
def test_a_picture_is_the_same_each_time_and_has_a_text(name, tmp_path):
    assert_same_each_time(PICTURES[name], tmp_path)
    assert_shows_itself(PICTURES[name]())


def letters(picture: Picture) -> str:
    """Everything that is written in the axes of a picture."""
    axes = picture.figure.axes[0]
    return " | ".join(
        text.get_text() for text in [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels()]
    )


def test_the_roofline_tells_how_much_of_the_prediction_came_out():
    told = PICTURES["roofline"]()
    assert "triad at 0.1 FLOP/byte, 1 GFLOPS, 100%" in told.alt
    assert "product at 100 FLOP/byte, 50 GFLOPS, 50%" in told.alt
    assert "ridge\n10 FLOP/byte" in letters(told)


def test_guesses_are_compared_on_one_axis():
    told = letters(PICTURES["latencies"]())
    assert "2 ns, guess 500× too high" in told
    assert "10 µs, guess 10× too low" in told


def test_only_the_caches_within_reach_are_marked():
    told = letters(PICTURES["staircase"]())
    assert "L1 is full" in told
    assert "L3" not in told


def test_a_dollar_sign_stays_one():
    picture = PICTURES["distribution"]()
    picture.figure.draw_without_rendering()
    assert picture.figure.axes[0].get_xlabel() == r"k\$" + "\n(1 of 4 are outside the picture)"
    assert "In k$" in picture.alt


def test_an_interval_that_holds_one_is_no_difference():
    assert re.search(
        r"same: 1\.000, no difference.*slower: 1\.300, a difference", PICTURES["intervals"]().alt
    )


def test_the_claims_that_do_not_hold_are_named():
    told = PICTURES["claims"]()
    assert told.alt == "2 of 3 claims do not hold: years; FLOP."
    assert "3.8e9 instead of 8.2e9" in letters(told)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="at least one series"):
        model_and_points({}, {}, **LABELS)
    with pytest.raises(ValueError, match=r"positive numbers, got \(1, 0\)"):
        model_and_points({}, {"a": {1: 0}}, **LABELS)
    with pytest.raises(ValueError, match="peak and bandwidth positive"):
        predicted_roofline({"a": (1.0, 1.0)}, peak=0, bandwidth=1)
    with pytest.raises(ValueError, match="same names in both"):
        latencies(TIMES, {"memory": 1.0})
    with pytest.raises(ValueError, match="positive seconds"):
        latencies({"memory": 0.0})
    with pytest.raises(ValueError, match="at least two sizes"):
        staircase({4096: 1e-9}, {})
    with pytest.raises(ValueError, match="same quantities"):
        shares({"a": {"FLOP": 1}, "b": {"bytes": 1}}, title="Two")
    with pytest.raises(ValueError, match="positive totals"):
        shares({"a": {"FLOP": 0}}, title="None")
    with pytest.raises(ValueError, match="at least one row"):
        claims_chart([])
    with pytest.raises(ValueError, match="at least two finite values"):
        distribution([1.0, float("nan")], title="", x_label="", marks={})
    with pytest.raises(ValueError, match="in this order"):
        intervals({"a": (2.0, 1.0, 3.0)}, title="", x_label="")
