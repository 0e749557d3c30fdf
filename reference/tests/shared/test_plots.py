"""Pictures and tables: their text, their numbers, what they refuse."""

import re

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from reference.shared.machine import machine
from reference.shared.plots.charts import how_far_off, ladder, prediction_vs_measured, roofline, sweep
from reference.shared.plots.style import (
    PALETTE,
    Picture,
    new_figure,
    on_slide,
    scaled,
    show,
    slide_pixels,
    three_digits,
)
from reference.shared.plots.tables import COLUMNS, ladder_table, seconds_text, show_machine
from reference.tests.effort import one_of_each
from reference.tests.shared.lettering import lettering
from reference.tests.shared.pictures import assert_shows_itself, assert_stays_on_paper

RATES = {"python": 1e7, "numba": 5e9, "micro-kernel": 1.3e11}


ALL_PICTURES = {
    "ladder": lambda: ladder(RATES, peak=1.5e11, others={"numpy": 1.2e11}, marked=["python"]),
    "roofline": lambda: roofline({"numba": (0.1, 5e9)}, {"2 cores": 1.5e11}, {"memory": 2e10, "L1": 2e11}),
    "sweep": lambda: sweep(
        {"numba": {2: 1.0, 4: 3.0}},
        title="It grows",
        x_label="n",
        y_label="GFLOPS",
        marks={"L1": 3},
        levels={"peak": 5.0},
    ),
    "prediction": lambda: prediction_vs_measured({"a": 2.0, "b": 3.0}, {"a": 4.0, "b": 3.0}),
}


@pytest.mark.parametrize("name", one_of_each(ALL_PICTURES, "sweep"))
def test_every_picture_shows_itself_with_its_text(name):
    assert_shows_itself(ALL_PICTURES[name]())


@pytest.mark.parametrize("name", one_of_each(ALL_PICTURES, "roofline"))
def test_nothing_is_drawn_outside_the_picture(name):
    assert_stays_on_paper(ALL_PICTURES[name]())


def test_the_same_picture_is_the_same_svg(tmp_path):
    first = ALL_PICTURES["ladder"]().save(tmp_path / "a.svg").read_bytes()
    again = ALL_PICTURES["ladder"]().save(tmp_path / "new" / "b.svg").read_bytes()
    assert first == again
    assert b"numba 5 GFLOPS" in first, "the alternative text is missing from the file"


def test_a_picture_without_text_or_of_another_kind_is_refused(tmp_path):
    figure, _ = new_figure()
    with pytest.raises(ValueError, match="alternative text"):
        Picture(figure, "  ")
    with pytest.raises(ValueError, match="alternative text"):
        show(figure)
    with pytest.raises(ValueError, match=r"\.svg or \.png, got 'a\.gif'"):
        Picture(figure, "a figure").save(tmp_path / "a.gif")


def test_a_scaled_picture_has_smaller_paper_and_still_fits():
    with scaled(0.8):
        small = ALL_PICTURES["sweep"]().figure
    large = ALL_PICTURES["sweep"]().figure
    assert small.get_figwidth() == pytest.approx(0.8 * large.get_figwidth())
    with pytest.raises(ValueError, match="between"), scaled(10):
        pass


@pytest.mark.parametrize("name", one_of_each(ALL_PICTURES, "ladder"))
def test_on_a_slide_every_picture_has_large_letters_and_no_headline(name):
    with on_slide(520, 1136):
        picture = ALL_PICTURES[name]()
    width, height = picture.figure.get_size_inches()
    assert (slide_pixels(width), slide_pixels(height)) == pytest.approx((1136, 520))
    assert picture.figure.get_suptitle() == ""
    assert ALL_PICTURES[name]().figure.get_suptitle() != ""
    found = lettering(picture)
    assert found.smallest >= 22
    assert (found.covered, found.sticks_out) == ([], [])


def test_a_size_that_no_slide_has_is_refused():
    with pytest.raises(ValueError, match="got 1300 by 400"), on_slide(400, 1300):
        pass


def test_letters_that_cover_each_other_or_stick_out_are_found():
    with on_slide(300):
        figure, axes = new_figure()
    for text, place in (("first", 0.5), ("second", 0.52), ("far right", 1.05)):
        axes.annotate(text, (place, 0.5), xycoords="axes fraction", in_layout=False)
    found = lettering(Picture(figure, "three words"))
    assert found.covered == [("first", "second")]
    assert found.sticks_out == ["far right"]


def test_drawing_leaves_the_settings_of_others_alone():
    before = dict(matplotlib.rcParams)
    ALL_PICTURES["roofline"]()
    assert dict(matplotlib.rcParams) == before


def test_the_colours_differ_in_brightness_or_are_few():
    def brightness(colour: str) -> float:
        red, green, blue = to_rgb(colour)
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert len(set(PALETTE)) == len(PALETTE) == 7
    assert max(map(brightness, PALETTE)) < 0.75, "too pale on white"


def test_the_ladder_names_its_finding():
    assert "13 000× faster than python: 87% of the peak" in ALL_PICTURES["ladder"]().alt


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: ladder({}, peak=1.0), "positive value|at least one"),
        (lambda: ladder({"a": 0.0}, peak=1.0), "positive value for 'a', got 0.0"),
        (lambda: ladder({"a": 1.0}, peak=float("nan")), "'peak', got nan"),
        (lambda: roofline({"a": (0.0, 1.0)}, {"p": 1.0}, {"m": 1.0}), "positive value for 'a'"),
        (lambda: roofline({"a": (1.0, 1.0)}, {}, {}), "at least one value"),
        (lambda: sweep({}, title="t", x_label="x", y_label="y"), "at least one series"),
        (lambda: sweep({"a": {}}, title="t", x_label="x", y_label="y"), "at least one point"),
        (lambda: prediction_vs_measured({"a": 1.0}, {"b": 1.0}), "same steps"),
        (lambda: prediction_vs_measured({"a": 1.0}, {"a": -1.0}), "positive value for 'a', got -1.0"),
    ],
)
def test_bad_input_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


@given(st.floats(1e-6, 1e15))
def test_three_digits_keep_the_value(value):
    text = three_digits(value).replace(" ", "")
    assert float(text) == pytest.approx(value, rel=5.1e-3)
    assert len(re.sub(r"^0\.0*|[.]", "", text).split("e")[0].rstrip("0")) <= 3


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_off_high_and_off_low_mirror_each_other(guess, real):
    ours, mirror = how_far_off(guess, real), how_far_off(real, guess)
    assert ours.replace("high", "low") == mirror.replace("high", "low")
    assert ours == "right" or ("high" in ours) == (guess > real)


# Science 2020, Table 1: seconds at n = 4096, absolute speed-up, fraction of the peak of 835 GFLOPS
LEISERSON = {
    "Python": (25552.48, "1", "0.00%"),
    "Java": (2372.68, "11", "0.01%"),
    "C": (542.67, "47", "0.03%"),
    "Parallel loops": (69.80, "366", "0.24%"),
    "Parallel divide and conquer": (3.80, "6 727", "4.33%"),
    "plus vectorization": (1.10, "23 224", "14.96%"),
    "plus AVX intrinsics": (0.41, "62 806", "40.45%"),
}


def test_the_table_reproduces_the_published_one():
    rates = {name: 2 * 4096**3 / seconds for name, (seconds, _, _) in LEISERSON.items()}
    rows = ladder_table(rates, peak=835e9, n=4096).rows
    for row, (name, (seconds, speedup, fraction)) in zip(rows, LEISERSON.items(), strict=True):
        assert row[:2] == (name, seconds_text(seconds))
        ours, theirs = (float(text.replace(" ", "")) for text in (row[3], speedup))
        assert ours == pytest.approx(theirs, rel=0.02)  # their speed-ups come from seconds with more digits
        assert float(row[5][:-1]) == pytest.approx(float(fraction[:-1]), rel=0.02, abs=0.006)
    assert rows[0][4] == "–"


def test_a_table_is_markdown_and_html():
    table = ladder_table({"a<b": 1e9, "c": 2e9}, peak=4e9, n=10, marked=["c"])
    assert "| c\u00a0* | 0.00 | 2 | 2 | 2.0 | 50.00% |" in str(table)
    assert "a&lt;b" in table._repr_html_()
    assert "timed at a smaller n" in table._repr_html_()


@pytest.mark.parametrize(
    ("rates", "peak", "n"), [({}, 1.0, 4), ({"a": 0.0}, 1.0, 4), ({"a": 1.0}, 0.0, 4), ({"a": 1.0}, 1.0, 0)]
)
def test_a_table_of_nothing_is_refused(rates, peak, n):
    with pytest.raises(ValueError, match="positive"):
        ladder_table(rates, peak=peak, n=n)


def test_a_machine_is_printed_in_lines_that_end_between_facts(capsys):
    show_machine(machine())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert " ".join(lines).replace("\u00a0", " ") == str(machine())
    assert all(line.endswith(",") for line in lines[:-1])
