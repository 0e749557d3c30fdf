"""The experiments of lab 00: they measure what their names say, with the reference where the student's code goes."""

import time
from pathlib import Path

import numpy as np
import pytest

from reference.lab.napkin import kernels, notebook, tables, turns
from reference.lab.napkin.growing import growth_chart
from reference.lab.napkin.loader import FETCH_SECONDS, loader_chart, measure_loader
from reference.lab.napkin.networks import beside_torch, layer_shares, networks
from reference.napkin.audit import audit
from reference.napkin.campaign import simulate_costs, summary
from reference.napkin.claims import CLAIMS
from reference.napkin.modules import count_module
from reference.napkin.scaling import amdahl
from reference.napkin.stopwatch import in_turns, ratio_interval
from reference.shared.plots.tables import COLUMNS, NBSP
from reference.tests.shared.docstrings import too_wide
from reference.tests.shared.labs import code_lines

LAB = Path(__file__).resolve().parents[4] / "labs" / "00_napkin.ipynb"


def test_the_networks_are_counted_as_torch_counts_them():
    counted = {name: count_module(network, example) for name, (network, example) in networks().items()}
    table = beside_torch(counted)
    assert [row[2] for row in table.rows] == [row[3] for row in table.rows]
    assert table.rows[0][:3] == ("AlexNet", "61.10 M", "1.428")
    assert "most FLOP: Conv2d 2" in layer_shares(counted["AlexNet"]).alt


def test_more_workers_share_the_waits_and_not_the_serial_work():
    assert measure_loader([1, 4], serial_ms=1, files=8)[1] > 1.5
    mostly_serial = measure_loader([1, 4], serial_ms=8 * 1e3 * FETCH_SECONDS, files=1)
    assert mostly_serial[0] == 1
    assert mostly_serial[1] < 1.5


def test_the_loader_chart_has_a_line_for_each_amount_of_serial_work():
    alt = loader_chart([1, 4], {2: [1, 3.5], 40: [1, 2.0]}, {2: 0.95, 40: 0.7}, amdahl).alt
    assert "2 ms of serial work, measured: 1 at 1, 3.5 at 4" in alt
    assert "40 ms of serial work, formula: 1 at 1, 2.11 at 4" in alt


def test_a_straight_line_is_found_and_never_negative():
    assert kernels.straight_line({b: 0.01 + 0.002 * b for b in (1, 2, 4, 8)}) == pytest.approx((0.01, 0.002))
    setup, each = kernels.straight_line({b: 0.002 * b - 1e-3 for b in (1, 2, 4)})
    assert setup == 1e-6
    assert each > 0


def test_limits_are_kept_when_the_machine_was_quiet_and_raised_when_it_was_busy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(kernels, "measure_peak", lambda _: 1e11)
    monkeypatch.setattr(kernels, "measure_bandwidth", lambda: 2e10)
    assert kernels.limits_again(0.99e11, 2.1e10) == (1e11, 2.1e10)
    assert capsys.readouterr().out == ""
    assert kernels.limits_again(0.5e11, 2e10) == (1e11, 2e10)
    assert "was busy in section 6" in capsys.readouterr().out


def test_the_kernels_are_predicted_and_measured_by_name():
    counts = {"sum": (10.0, 100.0), "product": (1e6, 10.0)}
    table = kernels.prediction_table(
        counts, {"sum": "memory", "product": "compute"}, {"sum": 1e-6, "product": 1e-3}
    )
    assert table.rows == (("sum", "0.10", "memory", "1 µs"), ("product", "100000.00", "compute", "1 ms"))
    measured = {"sum": 2e-6, "product": 1e-3}
    assert kernels.measured_table({"sum": 1e-6, "product": 1e-3}, measured).rows[0][2:] == ("2 µs", "2.00")
    assert "sum at 0.1 FLOP/byte" in kernels.roofline_chart(counts, measured, (1e12, 1e9)).alt


def test_the_growth_chart_draws_the_fitted_law():
    alt = growth_chart({"SVM": {10: 1e-3, 20: 4e-3}}, {"SVM": (2.0, 1e-5)}).alt
    assert "SVM, measured: 1 at 10, 4 at 20; SVM, formula: 1 at 10, 4 at 20" in alt


def test_functions_run_in_the_order_that_was_asked_for():
    ran: list[str] = []
    functions = {name: lambda name=name: ran.append(name) for name in "AB"}
    samples = turns.time_in_turns(functions, in_turns(list(functions), 2), calls=2)
    assert ran == list("AABBBBAA")
    assert {name: len(runs) for name, runs in samples.items()} == {"A": 2, "B": 2}


@pytest.mark.alone  # it measures time
def test_a_call_that_takes_twice_as_long_has_a_ratio_of_two():
    functions = {"one": lambda: time.sleep(2e-3), "two": lambda: time.sleep(4e-3)}
    samples = turns.time_in_turns(functions, in_turns(list(functions), 10), calls=1)
    alt = turns.ratio_chart(samples, "one", ratio_interval).alt
    assert "two: " in alt
    assert ", a difference" in alt


def test_a_walk_returns_after_the_length_of_its_cycle():
    assert turns.steps_to_return(np.array([1, 2, 0, 4, 3])) == 3
    assert turns.steps_to_return(np.array([0, 2, 1])) == 1


def test_the_tables_keep_numbers_and_units_together():
    table = tables.training_table({"GPT-3": 3.15e23}, days=lambda _: 97_222.2)
    assert table.rows == (("GPT-3", "3.15e+23", "97 222.2"),)
    html = table._repr_html_()
    assert f"97{NBSP}222.2" in html
    assert f"30{NBSP}%" in html


def test_costs_batches_and_waits_are_drawn():
    costs = simulate_costs(0, 200, 1e3, 1e4, 5e4, 2e3)
    assert "Planned: 151 k$" in tables.cost_histogram(costs, 151e3, summary(costs)).alt
    assert (
        "a batch, measured: 2 at 1, 3 at 2"
        in tables.batch_chart({1: 2e-3, 2: 3e-3}, lambda b: 1e-3 * (1 + b)).alt
    )
    alt = tables.wait_chart(100.0, 0.1, lambda b: 1e-3 * b, least=2, most=9).alt
    assert "Batches from 2 on keep up, batches to 9 answer in time" in alt


def test_the_audit_is_told_in_words():
    found = audit([(claim.name, claim.figure, claim.inputs) for claim in CLAIMS])
    assert tables.audit_chart(CLAIMS, found).alt.startswith("6 of 19 claims do not hold: svm years")
    assert ("1.47", "0.102 GB") in [row[1:] for row in tables.wrong_claims(CLAIMS, found).rows]


def test_the_sheet_counts_in_function_calls():
    table = tables.sheet_table({"L1 cache": 2e-9, "function call": 4e-8}, "a CPU")
    assert table.rows == (("L1 cache", "2 ns", "0.05"), ("function call", "40 ns", "1"))


def test_the_course_compares_in_a_table():
    table = turns.comparison_table({"a": lambda: sum(range(2000)), "b": lambda: sum(range(9000))})
    assert table.rows[0][0] == "a"
    assert table.rows[0][2:] == ("–", "–")
    assert table.rows[1][2].endswith("times as fast")


def test_the_notebook_uses_every_name_of_its_module_and_fits_a_narrow_window():
    code = code_lines(LAB)
    assert [name for name in notebook.__all__ if f"lab.{name}" not in "\n".join(code)] == []
    assert [line for line in code if len(line) > COLUMNS] == []


def test_the_docstrings_of_the_starters_fit_a_narrow_editor():
    modules = sorted((LAB.parents[1] / "assignments" / "00_napkin").glob("*.py"))
    assert len(modules) > 5
    assert [place for module in modules for place in too_wide(module)] == []
