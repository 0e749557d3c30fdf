"""The drawings of lab 01: each shows itself, stays on its paper, and refuses sizes that it cannot draw."""

import pytest

from reference.lab.matmul_cpu import drawings
from reference.lab.matmul_cpu.access_trace import AccessRecorder
from reference.tests.effort import one_of_each
from reference.tests.shared.pictures import assert_same_each_time, assert_shows_itself, assert_stays_on_paper


def read_by(order: str) -> AccessRecorder:
    """The reads of two 8 x 8 matrices, B along its columns or along its rows."""
    recorder = AccessRecorder()
    b = recorder.matrix("B", [[1.0] * 8 for _ in range(8)])
    for outer in range(8):
        for inner in range(8):
            _ = b[inner][outer] if order == "columns" else b[outer][inner]
    return recorder


PICTURES = {
    "access pattern": lambda: drawings.access_pattern(
        {order: read_by(order) for order in ("columns", "rows")}
    ),
    "register tile": lambda: drawings.register_tile(6, 16, 8),
    "tile costs": lambda: drawings.tile_costs(8, registers=16, mark=(6, 16)),
    "packing": lambda: drawings.packing(),
    "blocks": lambda: drawings.goto_blocks(),
}


@pytest.mark.parametrize("name", one_of_each(PICTURES, "access pattern"))
def test_a_picture_has_a_text_is_the_same_each_time_and_stays_on_its_paper(name, tmp_path):
    assert_shows_itself(PICTURES[name]())
    assert_same_each_time(PICTURES[name], tmp_path)
    assert_stays_on_paper(PICTURES[name]())


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: drawings.access_pattern({"idle": AccessRecorder()}), "'idle' recorded no read of B"),
        (lambda: drawings.register_tile(6, 10, 8), "multiple of lanes, got 6 x 10 with 8"),
        (lambda: drawings.packing(rows=10, tile=4), "multiple of tile"),
    ],
)
def test_sizes_that_cannot_be_drawn_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
