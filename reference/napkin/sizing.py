"""Task 00.2: the computation of a training run, counted in two ways; a model's size.

From the operations: FLOP of a forward pass, times the factor for the backward pass,
times examples and epochs. From the hardware: GPU-days, times the peak of a GPU, times
its utilization. The two should agree.
Source: D. Amodei and D. Hernandez, AI and Compute (OpenAI, 2018), appendix.
"""

from __future__ import annotations

from reference.napkin.checks import checked, count, not_negative, positive, share

SECONDS_A_DAY = 86_400


@checked(forward_flop=positive, examples=positive, epochs=positive, backward_ratio=not_negative)
def training_flop(forward_flop: float, examples: float, epochs: float, backward_ratio: float = 2.0) -> float:
    """FLOP of a training run: every example goes forward and backward in each epoch.

    forward_flop: FLOP of a forward pass of one example. backward_ratio: FLOP of a
    backward pass for each FLOP forward. It is 2 for layers made of products: one
    product for the gradient of the input, one for the gradient of the weights.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """
    return forward_flop * (1 + backward_ratio) * examples * epochs


@checked(parameters=positive, tokens=positive)
def transformer_flop(parameters: float, tokens: float) -> float:
    """FLOP to train a transformer of N `parameters` on D `tokens`: 6 N D.

    For each token, each parameter takes part in one multiply-add forward, 2 FLOP, and
    in two backward, 4 FLOP. The scores of attention are left out: they are few while
    the context is short compared with 12 times the width.

    Source: Kaplan et al., Scaling laws for neural language models (2020), section 2.1.
    Raises TypeError for values that are not numbers, ValueError for values that are not
    above 0.
    """
    return 6 * parameters * tokens


@checked(gpu_days=positive, peak=positive, utilization=share)
def flop_of_gpu_days(gpu_days: float, peak: float, utilization: float) -> float:
    """FLOP that one GPU does in `gpu_days` days.

    peak: FLOP/s of the GPU. utilization: the share of the peak that is used.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """
    return gpu_days * SECONDS_A_DAY * peak * utilization


@checked(flop=positive, peak=positive, utilization=share)
def gpu_days(flop: float, peak: float, utilization: float) -> float:
    """Days that one GPU takes for `flop` FLOP.

    peak: FLOP/s of the GPU. utilization: the share of the peak that is used.

    Raises TypeError for values that are not numbers, ValueError for values out of
    range.
    """
    return flop / (peak * utilization) / SECONDS_A_DAY


@checked(parameters=positive, bits=count)
def model_bytes(parameters: float, bits: int = 32) -> float:
    """Bytes of a model's parameters, each stored in `bits` bits; 8 bits are a byte.

    Raises TypeError for values that are not numbers, ValueError for values that are not
    above 0.
    """
    return parameters * bits / 8
