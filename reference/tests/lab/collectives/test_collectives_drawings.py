"""The timeline and the measurements of lab 03: they show the messages that real ranks exchanged."""

from __future__ import annotations

import numpy as np
import pytest

from reference.collectives import ring_all_reduce
from reference.lab.collectives import notebook as lab
from reference.lab.collectives.timeline import Timeline, arrows
from reference.shared.comm import Communicator, Message


def test_a_timeline_has_an_arrow_for_each_message_of_real_ranks():
    log = lab.record(ring_all_reduce, 3, 30)
    assert lab.sent_bytes(log, 1) == (4, 4 * 10 * 8)
    drawn = Timeline(log, title="A ring of three")
    assert [(each.to - each.source) % 3 for each in drawn.arrows] == [1] * 12
    assert all(0 <= each.start <= each.end for each in drawn.arrows)
    html = drawn._repr_html_()
    assert html.count("<g data-start=") == 12
    assert "A ring of three. Timeline of 12 messages with 960 bytes between 3 ranks" in html
    assert 'type="range"' in html


def test_sends_and_receives_are_matched_in_order():
    log = [
        Message("send", 0, 1, 8, 10.0, 10.1),
        Message("send", 0, 1, 16, 10.2, 10.3),
        Message("recv", 0, 1, 8, 10.0, 10.4, rank=1),
        Message("recv", 0, 1, 16, 10.4, 10.9, rank=1),
    ]
    found = arrows(log)
    assert [(each.bytes, round(each.start, 3), round(each.end, 3)) for each in found] == [
        (8, 0, 0.4),
        (16, 0.2, 0.9),
    ]
    with pytest.raises(ValueError, match="expected at least one message"):
        Timeline([], title="nothing")


def test_a_wrong_sum_is_named():
    with pytest.raises(RuntimeError, match=r"expected the sum 3\.0 everywhere"):
        lab.record(copy, 2)


def copy(_comm: Communicator, x: np.ndarray, _op: str) -> np.ndarray:
    return x.copy()


def test_a_late_rank_costs_the_others_what_the_formula_says():
    assert lab.effective_gpus(4, 6e-3, 10e-3) == pytest.approx(1.5)
    assert lab.effective_gpus(4, 1.0, 0.0) == 4
    step = lab.step_seconds(ring_all_reduce, 2, 0.02, 0.1)
    assert step >= 0.12
    with pytest.raises(ValueError, match="expected p >= 1"):
        lab.effective_gpus(4, 0, 1)


def test_measurements_have_every_size_and_every_algorithm():
    nbytes, seconds = lab.measure_messages(3)
    assert sorted(set(nbytes.tolist())) == list(lab.SIZES)
    assert (seconds > 0).all()
    found = lab.measure_collectives({"ring": ring_all_reduce}, 2)
    picture = lab.curves(found, {"ring": dict.fromkeys(lab.SIZES, 1e-4)}, "A ring on two ranks")
    assert "ring, measured" in picture.alt
