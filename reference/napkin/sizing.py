"""Task 00.2: how much computation a training run takes, counted in two ways, and what a model weighs.

From the operations: FLOP of a forward pass, times what the backward pass adds, times examples and epochs. From the
hardware: GPU-days, times the peak of a GPU, times the share of it that is used. The two should agree.
Source of the two ways: D. Amodei and D. Hernandez, AI and Compute (OpenAI, 2018), appendix.
"""

from __future__ import annotations

from reference.napkin.checks import checked, count, not_negative, positive, share

SECONDS_A_DAY = 86_400


@checked(forward_flop=positive, examples=positive, epochs=positive, backward_ratio=not_negative)
def training_flop(forward_flop: float, examples: float, epochs: float, backward_ratio: float = 2.0) -> float:
    """FLOP of a training run: every example goes forward and backward in each epoch.

    forward_flop: FLOP of a forward pass of one example. backward_ratio: FLOP of a backward pass for each FLOP
    forward. It is 2 for layers made of products: one for the gradient of the input, one for that of the weights.

    Raises TypeError for values that are no numbers, ValueError for values out of range.
    """
    return forward_flop * (1 + backward_ratio) * examples * epochs


@checked(parameters=positive, tokens=positive)
def transformer_flop(parameters: float, tokens: float) -> float:
    """FLOP to train a transformer of N `parameters` on D `tokens`: 6 N D.

    Each parameter takes part in one multiply-add a token forward, 2 FLOP, and in two of them backward. The scores
    of attention are left out: they are few as long as the context is short against 12 times the width.

    Source: Kaplan et al., Scaling laws for neural language models (2020), section 2.1.
    Raises TypeError for values that are no numbers, ValueError for values that are not above 0.
    """
    return 6 * parameters * tokens


@checked(gpu_days=positive, peak=positive, utilization=share)
def flop_of_gpu_days(gpu_days: float, peak: float, utilization: float) -> float:
    """FLOP that `gpu_days` days of one GPU do. peak: its FLOP/s; utilization: the share of it that is used.

    Raises TypeError for values that are no numbers, ValueError for values out of range.
    """
    return gpu_days * SECONDS_A_DAY * peak * utilization


@checked(flop=positive, peak=positive, utilization=share)
def gpu_days(flop: float, peak: float, utilization: float) -> float:
    """Days that one GPU takes for `flop` FLOP. peak: its FLOP/s; utilization: the share of it that is used.

    Raises TypeError for values that are no numbers, ValueError for values out of range.
    """
    return flop / (peak * utilization) / SECONDS_A_DAY


@checked(parameters=positive, bits=count)
def model_bytes(parameters: float, bits: int = 32) -> float:
    """Bytes of a model's parameters, each stored in `bits` bits; 8 bits are a byte.

    Raises TypeError for values that are no numbers, ValueError for values that are not above 0.
    """
    return parameters * bits / 8
