"""Task 00.10: recompute published figures from what their own sources give.

The claims are in `claims.py`: each says what it asks for, and from which inputs. Do not
type a figure in: compute it with a formula that also works for other inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reference.napkin.checks import checked, not_negative, number, text
from reference.napkin.claims import check_claim
from reference.napkin.growth import kmeans_operations
from reference.napkin.roofline import ridge
from reference.napkin.sizing import SECONDS_A_DAY, flop_of_gpu_days, model_bytes, transformer_flop


@checked(name=text)
def recompute(name: str, inputs: Mapping[str, float]) -> float:
    """The figure that the claim called `name` should have given, from its `inputs`.

    `Claim.asks` in `claims.py` says what each claim asks for, and `Claim.inputs` names
    its inputs. The functions of the earlier tasks do part of the work.

    Raises TypeError for a name that is not a string or inputs that are not numbers;
    ValueError for an unknown name, and for an input that is missing or not above 0.
    """
    check_claim(name, inputs)
    # BEGIN SOLUTION
    x = inputs
    match name:
        case "svm_years":
            return x["operations"] * x["seconds_each"] / (365 * SECONDS_A_DAY)
        case "kmeans_doubling":
            points, *rest = (int(x[key]) for key in ("points", "dimensions", "clusters", "iterations"))
            return kmeans_operations(int(x["growth"] * points), *rest) / kmeans_operations(points, *rest)
        case "resnet50_size":
            return model_bytes(x["parameters"], int(x["bits"])) / 1e9
        case "mobilenet_size" | "mobilenet_int8_size":
            return model_bytes(x["parameters"], int(x["bits"])) / 1e6
        case "resnet50_flop":
            return 2 * x["multiply_adds"]
        case "inception_pruned":
            return x["parameters"] * (1 - x["sparsity"])
        case "distilbert_saving":
            return 1 - x["student"] / x["teacher"]
        case "alexnet_compression":
            return x["before"] / x["after"]
        case "codebook_compression":
            n, b, k = x["weights"], x["bits"], x["centroids"]
            return n * b / (n * math.log2(k) + k * b)
        case "image_gpt_flop":
            return flop_of_gpu_days(x["gpu_days"], x["peak"], x["utilization"])
        case "gpt3_flop":
            return transformer_flop(x["parameters"], x["tokens"])
        case "megatron_servers":
            return x["budget"] / x["price"]
        case "megatron_power":
            return x["servers"] * x["watts_each"] * (1 + x["cooling"]) / 1e6
        case "leiserson_speedup":
            return x["slow"] / x["fast"]
        case "leiserson_peak":
            return 2 * x["n"] ** 3 / x["seconds"] / x["peak"]
        case "tpu_ridge":
            return ridge(x["peak"], x["bandwidth"]) / 2
        case "straggler_gpus":
            return x["gpus"] * x["compute"] / (x["compute"] + x["late"])
        case "gpipe_bubble":
            return (x["stages"] - 1) / (x["microbatches"] + x["stages"] - 1)
    raise ValueError(f"recompute: expected a name with a formula, got {name!r}")
    # END SOLUTION


@checked(claimed=number, right=number, tolerance=not_negative)
def verdict(claimed: float, right: float, tolerance: float = 0.02) -> bool:
    """True if a claimed figure is right: off by at most `tolerance` of the right one.

    It may be off in either direction.

    Raises TypeError for values that are not numbers, ValueError for a negative
    tolerance.
    """
    return bool(abs(claimed - right) <= tolerance * abs(right))


def audit(claims: Sequence[tuple[str, float, Mapping[str, float]]]) -> list[tuple[str, float, bool]]:
    """(name, right figure, True if the claim holds) for each claim, in their order.

    claims: (name, claimed figure, inputs) of each. Raises the errors of `recompute`.
    """
    rights = [(name, figure, recompute(name, inputs)) for name, figure, inputs in claims]
    return [(name, right, verdict(figure, right)) for name, figure, right in rights]
