"""Tasks 04.12 and 04.13: the gradient noise scale, LAMB's ratio, and top-k with error feedback."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.judge.checking import Array, ListOf, expect_close, expect_equal


def check_noise(student, gradients, batch, want, hint):
    found = student.probe(
        "noise_scale", len(gradients), gradients, batch, gives=ListOf(float, len(gradients))
    )
    student.name_call(f"noise_scale on {len(gradients)} ranks with a batch of {batch}")
    for got in found:
        expect_close(got, want, rtol=1e-9, hint=hint)


@pytest.mark.task("04.12")
def test_noise_scale(student, rng):
    for n, batch in ((2, 8), (4, 3)):
        mean = rng.standard_normal(20) + 1
        gradients = [mean + 0.3 * rng.standard_normal(20) for _ in range(n)]
        # tr(Sigma) of a gradient of one example: batch times the unbiased variance between the ranks' gradients.
        trace = batch * np.var(gradients, axis=0, ddof=1).sum()
        average = np.mean(gradients, axis=0)
        signal = average @ average - trace / (batch * n)
        hint = "Solve E|g|^2 = |G|^2 + tr(Sigma) / B for both batch sizes: batch and batch * size."
        check_noise(student, gradients, batch, float(trace / signal), hint)


@pytest.mark.hidden
@pytest.mark.task("04.12")
def test_noise_scale_no_signal(student, rng):
    gradient = rng.standard_normal(6)
    check_noise(
        student, [gradient, -gradient], 4, math.inf, "Without a signal the scale is infinite, not negative."
    )


@pytest.mark.task("04.12")
def test_lamb_ratio(student, rng):
    for shape in ((7,), (3, 5)):
        weight, update = rng.standard_normal(shape), 3 * rng.standard_normal(shape)
        want = float(np.linalg.norm(weight.ravel()) / np.linalg.norm(update.ravel()))
        hint = "The Euclidean norm over all elements of the layer, weight over update."
        expect_close(
            student.call("large_batch.py:lamb_ratio", weight, update, gives=float), want, rtol=1e-9, hint=hint
        )


@pytest.mark.hidden
@pytest.mark.task("04.12")
def test_lamb_ratio_zero(student, rng):
    full = rng.standard_normal(4)
    for weight, update in ((np.zeros(4), full), (full, np.zeros(4))):
        found = student.call("large_batch.py:lamb_ratio", weight, update, gives=float)
        expect_equal(
            found, 1.0, hint="If either norm is 0, the ratio is 1: a layer of zeros must be able to move."
        )


def chosen(n, k):
    """The form of k indices, their values, and the residual of n numbers."""
    return Array(np.int64, k), Array(np.float64, k), Array(np.float64, n)


def top_k(student, gradient, residual, k):
    return student.call("top_k_with_error_feedback", gradient, residual, k, gives=chosen(len(gradient), k))


@pytest.mark.task("04.13")
def test_top_k_largest(student, rng):
    for n, k in ((30, 4), (9, 9), (5, 0)):
        gradient = rng.standard_normal(n)
        indices, values, _ = top_k(student, gradient, np.zeros(n), k)
        want = np.sort(np.argsort(-np.abs(gradient))[:k])
        expect_equal(
            indices,
            want,
            hint="The k numbers that are largest in absolute value, indices in ascending order.",
        )
        expect_equal(values, gradient[want], hint="The numbers themselves, with their signs.")


@pytest.mark.task("04.13")
def test_top_k_adds_up(student, rng):
    n, k = 12, 2
    gradients = [np.abs(rng.standard_normal(n)) for _ in range(6)]
    residual = np.zeros(n)
    for gradient in gradients:
        total = gradient + residual
        indices, values, residual = top_k(student, gradient, residual, k)
        hint = "What is sent and what stays add up to gradient + residual; choose from this sum."
        expect_equal(indices, np.sort(np.argsort(-np.abs(total))[:k]), hint=hint)
        sent = np.zeros(n)
        sent[indices] = values
        expect_equal(sent + residual, total, hint=hint)


@pytest.mark.hidden
@pytest.mark.task("04.13")
def test_top_k_leaves_operands(student, rng):
    gradient, residual = rng.standard_normal(8), rng.standard_normal(8)
    (_, values, _), after = student.call_keeping(
        "top_k_with_error_feedback", gradient, residual, 3, gives=chosen(8, 3)
    )
    want = np.sort(np.abs(gradient + residual))[-3:]
    expect_close(np.sort(np.abs(values)), want, rtol=1e-12, hint="The three largest of gradient + residual.")
    expect_equal(after[:2], [gradient, residual], hint="Do not change the operands: add them to a new array.")
