"""The measurements of lab 01: the ladder of rungs, the sweeps, and the traces of reads."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from reference.lab.matmul_cpu import limits, notebook, sweeps
from reference.lab.matmul_cpu.limits import MachineLimits
from reference.lab.matmul_cpu.rungs import RUNGS, Ladder, product
from reference.matmul_cpu import python_loops, python_reordered
from reference.matmul_cpu.vectors import TileShape
from reference.shared.plots.tables import COLUMNS
from reference.tests.shared.docstrings import too_wide
from reference.tests.shared.labs import code_lines

LAB = Path(__file__).resolve().parents[4] / "labs" / "01_matmul_cpu.ipynb"
HERE = MachineLimits(2, {"1 core": 5e10, "2 cores": 1e11}, {"L1": 2e11, "memory": 2e10})


def test_the_limits_are_printed_with_what_they_mean():
    assert HERE.peak == 1e11
    assert HERE.balance == pytest.approx(40)
    told = str(HERE)
    assert "peak, 2 cores      100.0 GFLOPS in float64" in told
    assert told.endswith("While one number of 8 bytes arrives from memory,\n2 core(s) could do 40 FLOP.")


def test_every_level_is_measured_in_half_of_its_caches(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(limits, "measure_peak", lambda _dtype, cores: 1e10 * cores)
    monkeypatch.setattr(
        limits, "measure_bandwidth", lambda cores, working_set=None: asked.append((cores, working_set)) or 1e9
    )
    found, here = limits.measure_limits(), notebook.machine()
    caches = {"L1": here.cores, "L2": here.cores, "L3": 1}
    assert asked == [
        *((here.cores, size // 2 * caches[level]) for level, size in here.caches.items()),
        (here.cores, None),
    ]
    assert found.peak == 1e10 * here.cores


def double(a, b):
    return a @ b if isinstance(a, np.ndarray) else python_loops(a, b)


def rung(name: str):
    def fn(a, b):
        return double(a, b)

    fn.__name__ = name
    return fn


def test_a_rung_is_measured_at_the_largest_size_and_compared_with_the_one_below(capsys):
    ladder = Ladder(HERE)
    ladder.measure(rung("python_loops"), [4], lists=True)
    ladder.measure(rung("python_reordered"), [4, 8], lists=True)
    assert ladder.sizes == {"python_loops": 4, "python_reordered": 8}
    told = capsys.readouterr().out
    assert "python_reordered: n = 8" in told
    assert "times python_loops" in told
    assert "% of the peak" in told
    gain = ladder.rates["python_reordered"] / ladder.rates["python_loops"]
    assert ladder.gains() == {"python_reordered": pytest.approx(gain)}


def test_a_size_that_would_take_too_long_is_not_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("reference.lab.matmul_cpu.rungs.LONGEST_SECONDS", 0)
    ladder = Ladder(HERE)
    ladder.measure(rung("numba_loops"), [4, 8])
    assert ladder.sizes == {"numba_loops": 4}


def filled() -> Ladder:
    rates = {name: 1e7 * 4.0**i for i, name in enumerate(reversed(RUNGS))}
    sizes = {name: 96 if "python" in name else 1024 for name in RUNGS}
    return Ladder(HERE, {name: rung(name) for name in RUNGS}, dict(reversed(rates.items())), sizes)


def test_the_ladder_is_drawn_from_the_bottom_to_the_top():
    ladder = filled()
    assert list(ladder.climbed()) == list(RUNGS)
    assert "NumPy 80 GFLOPS" in ladder.chart({"NumPy": 8e10}).alt
    table = ladder.table(n=4096)
    assert [row[0].rstrip("\u00a0*") for row in table.rows] == list(RUNGS)
    assert all(row[0].endswith("*") for row in table.rows)
    assert "python_loops at 0.125 FLOP/byte" in ladder.roofline(dict.fromkeys(RUNGS, 16.0)).alt


def test_the_highest_rung_is_timed_beside_the_libraries(capsys):
    ladder = filled()
    assert set(ladder.beside_libraries(n=8)) == {"NumPy", "PyTorch"}
    assert "microkernel" in capsys.readouterr().out


def test_products_are_the_same_for_arrays_and_lists():
    assert np.allclose(product(python_loops, 5, lists=True)(), product(np.matmul, 5)())


def test_the_other_order_computes_the_product():
    a, b = np.random.default_rng(0).random((2, 7, 7))
    assert np.allclose(sweeps.columns_of_b()(a[:5], b), a[:5] @ b)


def test_a_sweep_has_a_rate_for_each_size_and_marks_the_caches(monkeypatch: pytest.MonkeyPatch):
    swept = sweeps.sweep_sizes({"numpy": np.matmul}, [8, 16])
    assert list(swept["numpy"]) == [8, 16]
    assert min(swept["numpy"].values()) > 0
    monkeypatch.setattr(sweeps, "machine", lambda: SimpleNamespace(caches={"L1": 8 * 12**2, "L2": 8 * 99**2}))
    figure = sweeps.size_chart(swept, "It grows", "one core").figure
    assert [text.get_text() for text in figure.axes[0].texts] == ["B fills L1"]


def test_threads_are_compared_and_set_back():
    import numba

    most = sweeps.most_threads()
    assert sweeps.thread_gain(np.matmul, 16, most) > 0
    assert numba.get_num_threads() == most


def test_the_misses_of_both_orders_are_traced():
    alt = sweeps.misses_chart([python_loops, python_reordered], n=16).alt
    assert "python_loops: " in alt
    reads = sweeps.record_reads(python_loops, 4)
    assert len(reads.only("B")) == 4**3


def test_the_notebook_uses_every_name_of_its_module_and_fits_a_narrow_window():
    code = code_lines(LAB)
    assert [name for name in notebook.__all__ if f"lab.{name}" not in "\n".join(code)] == []
    assert [line for line in code if len(line) > COLUMNS] == []


def test_the_tile_of_this_machine_is_drawn():
    tile = TileShape("float64", lanes=4, rows=6, vectors=2)
    assert "6 rows by 8 columns" in notebook.tile_in_registers(tile).alt
    assert "Tile shapes" in notebook.tile_costs(tile).alt


def test_the_docstrings_of_the_starters_fit_a_narrow_editor():
    modules = sorted((LAB.parents[1] / "assignments" / "01_matmul_cpu").glob("*.py"))
    assert len(modules) > 5
    assert [place for module in modules for place in too_wide(module)] == []


def test_a_busy_machine_is_told_beside_its_limits():
    quiet = MachineLimits(2, {"1 core": 50e9, "2 cores": 95e9}, {"memory": 10e9})
    busy = MachineLimits(2, {"1 core": 50e9, "2 cores": 48e9}, {"memory": 10e9})
    assert quiet.warning == ""
    assert str(busy).endswith(
        "2 cores reached only 0.96 times the peak of one: the machine is busy. Close other programs, and run this cell "
        "again."
    )
