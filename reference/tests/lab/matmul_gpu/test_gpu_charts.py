"""The charts of what a GPU gives a kernel: what they say, that they repeat, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.lab.matmul_gpu.charts import Rung, gpu_roofline, intensity, occupancy_chart, tile_intensity
from reference.shared.gpu.datasheets import datasheet
from reference.shared.plots.style import Picture
from reference.tests.effort import one_of_each
from reference.tests.shared.pictures import assert_same_each_time, assert_stays_on_paper

H100 = datasheet("H100 SXM")
RUNGS = {
    "naive": Rung(0.25),
    "shared_tiled": Rung(8.0, 0.25),
    "register_tiled": Rung(32.0, 2.5),
    "Triton": Rung(64.0, unit="bf16"),
}
PICTURES = {
    "occupancy": lambda: occupancy_chart(
        H100, kernels={"mine": (256, 128, 16384), "tiles": (1024, 40, 8192)}
    ),
    "occupancy of small blocks": lambda: occupancy_chart(datasheet("T4"), blocks=[64], shared_bytes=16384),
    "intensity": lambda: tile_intensity(
        H100, blocks={"naive": (1, 1, 0.25), "wide": (128, 64, 21.0)}, threads={"wide": (8, 8, 2.0)}
    ),
    "intensity of the formula alone": lambda: tile_intensity(datasheet("L4")),
    "roofline": lambda: gpu_roofline(H100, RUNGS),
}


@pytest.mark.parametrize("name", one_of_each(PICTURES, "occupancy"))
def test_a_picture_is_the_same_each_time_and_stays_on_its_paper(name, tmp_path):
    assert_same_each_time(PICTURES[name], tmp_path)
    assert_stays_on_paper(PICTURES[name]())


def legend(picture: Picture) -> list[str]:
    return [text.get_text() for each in picture.figure.legends for text in each.get_texts()]


def test_the_marked_kernels_have_their_warps():
    picture = PICTURES["occupancy"]()
    assert "mine: 16 warps" in legend(picture)
    assert "1024 threads per block" in legend(picture)
    assert "above 32 registers per thread" in picture.alt
    assert "mine: 2 blocks, 16 of 64 warps (25 %), limited by registers" in picture.alt


def test_the_tiles_that_keep_up_are_named():
    """A square tile of side s gives s / 4 FLOP a byte; the ridges of an H100 are 20 and 2."""
    picture = PICTURES["intensity"]()
    assert picture.alt.startswith("Tiles with sides of 80 and 8 reach the fp32 ridge of H100 SXM")
    assert "wide, 128 × 64: 21 counted" in picture.alt


def test_every_rung_stands_on_the_line_that_binds_it():
    picture = PICTURES["roofline"]()
    assert legend(picture)[:4] == [
        "naive: memory",
        "shared_tiled: shared memory",
        "register_tiled: arithmetic",
        "Triton: memory",
    ]
    assert "naive: memory 0.838 TFLOPS" in picture.alt
    assert "shared_tiled: shared memory 8.36 TFLOPS" in picture.alt
    assert "register_tiled: arithmetic 67 TFLOPS" in picture.alt
    assert "nothing measured" in picture.alt
    assert "memory limits 3 of 4 kernels" in picture.alt


@given(rows=st.integers(1, 512), columns=st.integers(1, 512), deep=st.integers(1, 64))
def test_the_intensity_is_flop_over_bytes(rows, columns, deep):
    flop, numbers = 2 * rows * columns * deep, (rows + columns) * deep
    assert intensity(rows, columns) == pytest.approx(flop / (4 * numbers))
    assert intensity(rows, columns, itemsize=2) == pytest.approx(flop / (2 * numbers))
    assert intensity(rows, columns) <= intensity(rows + 1, columns)


@given(reuse=st.floats(0.01, 1e4), shared=st.floats(0.01, 1e4))
def test_no_rung_passes_any_limit(reuse, shared):
    rate, why = Rung(reuse, shared).bound(H100)
    limits = {
        "memory": reuse * H100.bandwidth,
        "shared memory": shared * H100.shared_bandwidth,
        "arithmetic": H100.fp32,
    }
    assert rate == min(limits.values()) == limits[why]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: occupancy_chart(H100, blocks=()), "at least one block size"),
        (
            lambda: occupancy_chart(H100, blocks=(2048,)),
            "a block that can start on H100 SXM, got 2048 threads",
        ),
        (
            lambda: occupancy_chart(H100, kernels={"a": (1024, 255, 0)}),
            "expected at most 65536 registers per block",
        ),
        (lambda: tile_intensity(H100, blocks={"a": (1, 1, 0.0)}), "expected positive counts"),
        (lambda: gpu_roofline(H100, {}), "at least one rung"),
        (
            lambda: gpu_roofline(datasheet("T4"), {"a": Rung(1.0, unit="bf16")}),
            "T4: expected one of fp32, fp16",
        ),
        (lambda: intensity(0, 4), "sides of at least 1, got 0 x 4"),
    ],
)
def test_bad_input_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
