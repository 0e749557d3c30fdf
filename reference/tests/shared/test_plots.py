"""Pictures: their text, their numbers, what they refuse. The trace of reads, and the kept guess."""

import base64
import json
import re

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from reference.lab.matmul_cpu import drawings
from reference.lab.matmul_cpu.access_trace import Read, Recorder, misses
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
from reference.shared.plots.tables import ladder_table, seconds_text
from reference.shared.predictions import keep_prediction
from reference.tests.shared.lettering import lettering

RATES = {"python": 1e7, "numba": 5e9, "micro-kernel": 1.3e11}


def recorded(n: int, order: str) -> Recorder:
    """A trace of the product of two n x n matrices in the given loop order."""
    recorder = Recorder()
    rows = [[1.0] * n for _ in range(n)]
    a, b = recorder.matrix("A", rows), recorder.matrix("B", rows)
    span = range(n)
    for i in span:
        for second in span:
            for third in span:
                j, k = (second, third) if order == "ijk" else (third, second)
                _ = a[i][k] * b[k][j]
    return recorder


def lines_of_b(recorder: Recorder) -> list[int]:
    return [recorder.address(read) // 64 for read in recorder.only("B")]


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
    "access pattern": lambda: drawings.access_pattern({o: recorded(8, o) for o in ("ijk", "ikj")}),
    "register tile": lambda: drawings.register_tile(6, 16, 8),
    "tile costs": lambda: drawings.tile_costs(8, registers=16, mark=(6, 16)),
    "packing": lambda: drawings.packing(),
    "blocks": lambda: drawings.goto_blocks(),
}


@pytest.mark.parametrize("name", ALL_PICTURES)
def test_every_picture_shows_itself_with_its_text(name):
    picture = ALL_PICTURES[name]()
    found = re.search(r'<img alt="([^"]{20,})" src="data:image/png;base64,([^"]+)"', picture._repr_html_())
    assert found, "no <img> with an alternative text"
    assert base64.b64decode(found[2]).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ALL_PICTURES)
def test_nothing_is_drawn_outside_the_picture(name):
    figure = ALL_PICTURES[name]().figure
    figure.draw_without_rendering()
    box, tight = figure.bbox, figure.get_tightbbox()
    assert tight is not None
    assert tight.x0 * figure.dpi >= -1
    assert tight.y0 * figure.dpi >= -1
    assert tight.x1 * figure.dpi <= box.x1 + 1
    assert tight.y1 * figure.dpi <= box.y1 + 1


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


@pytest.mark.parametrize("name", ALL_PICTURES)
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
        (lambda: drawings.access_pattern({"idle": Recorder()}), "'idle' recorded no read of B"),
        (lambda: drawings.register_tile(6, 10, 8), "multiple of lanes, got 6 x 10 with 8"),
        (lambda: drawings.packing(rows=10, tile=4), "multiple of tile"),
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


def test_a_trace_records_every_read_in_order():
    recorder = Recorder()
    rows = recorder.matrix("A", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert rows[1][-1] == 6.0
    assert rows[0][1:] == [2.0, 3.0]
    assert list(rows[1]) == [4.0, 5.0, 6.0]
    assert [read[1:] for read in recorder.reads] == [(1, 2), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert recorder.address(Read("A", 1, 2)) == 5 * 8
    with pytest.raises(IndexError):
        rows[0][3]
    assert len(recorder.reads) == 6


def test_two_traced_matrices_share_no_cache_line():
    recorder = Recorder()
    recorder.matrix("A", [[0.0] * 3] * 3)
    recorder.matrix("B", [[0.0] * 3] * 3)
    last, first = recorder.address(Read("A", 2, 2)), recorder.address(Read("B", 0, 0))
    assert last // 64 < first // 64
    with pytest.raises(ValueError, match="already"):
        recorder.matrix("A", [])


def test_the_loop_order_decides_what_a_small_cache_misses():
    n, lines_a_row = 32, 32 // 8
    column_order, row_order = (lines_of_b(recorded(n, order)) for order in ("ijk", "ikj"))
    assert misses(column_order, 8) == n**3, "a column of 32 lines cannot stay in 8"
    assert misses(row_order, 8) == n * n * lines_a_row, "a row is read line by line"
    assert misses(column_order, n * lines_a_row) == misses(row_order, n * lines_a_row) == n * lines_a_row


@given(st.lists(st.integers(0, 20), max_size=60), st.integers(1, 20))
def test_a_larger_cache_never_misses_more(lines, capacity):
    smaller, larger = misses(lines, capacity), misses(lines, capacity + 1)
    assert len(set(lines)) <= larger <= smaller <= len(lines)


def test_a_cache_without_lines_is_refused():
    with pytest.raises(ValueError, match="at least one line"):
        misses([1], 0)


BLIND = {"numba": 4.0, "parallel": 4.0}


def test_the_first_guess_is_kept(tmp_path):
    path = tmp_path / "predictions.json"
    first = keep_prediction("01", {"numba": 100, "parallel": 2}, blind=BLIND, path=path)
    assert first.values == {"numba": 100.0, "parallel": 2.0}
    assert first.written in str(first)
    later = keep_prediction("01", {"numba": 300.0, "parallel": 2.0}, blind=BLIND, path=path)
    assert later.values == first.values
    assert later.written == first.written
    assert "first guess" in later.note
    assert keep_prediction("01", BLIND, blind=BLIND, path=path).values == first.values
    other = keep_prediction("02", {"tiles": 9.0}, blind={"tiles": 4.0}, path=path)
    assert other.values == {"tiles": 9.0}
    assert set(json.loads(path.read_text())) == {"01", "02"}


def test_the_blind_guess_is_not_kept(tmp_path):
    path = tmp_path / "predictions.json"
    blind = keep_prediction("01", BLIND, blind=BLIND, path=path)
    assert blind.whose == "the course's blind guess"
    assert not path.exists()
    assert (
        keep_prediction("01", {"numba": 9.0, "parallel": 2.0}, blind=BLIND, path=path).whose == "your guess"
    )


@pytest.mark.parametrize("value", [0, -1, "3", None, True, float("nan"), float("inf")])
def test_a_guess_that_is_no_gain_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match="guess for parallel must be a number above 0"):
        keep_prediction("01", {"numba": 2.0, "parallel": value}, blind=BLIND, path=tmp_path / "p.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"01": 3}', '{"01": {"values": {"x": 1}, "written": "now"}}'])
def test_a_broken_file_of_guesses_is_named(tmp_path, text):
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"p\.json.*delete"):
        keep_prediction("01", {"numba": 2.0, "parallel": 2.0}, blind=BLIND, path=path)


def test_a_guess_for_other_steps_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one guess for each of numba, parallel; got numba"):
        keep_prediction("01", {"numba": 2.0}, blind=BLIND, path=tmp_path / "p.json")


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
