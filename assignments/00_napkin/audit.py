"""Task 00.10: recompute published figures from what their own sources give.

The claims are in `claims.py`: each says what it asks for, and from which inputs. Do not
type a figure in: compute it with a formula that also works for other inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from checks import checked, not_negative, number, text
from claims import check_claim
from growth import kmeans_operations
from roofline import ridge
from sizing import SECONDS_A_DAY, flop_of_gpu_days, model_bytes, transformer_flop


@checked(name=text)
def recompute(name: str, inputs: Mapping[str, float]) -> float:
    """The figure that the claim called `name` should have given, from its `inputs`.

    `Claim.asks` in `claims.py` says what each claim asks for, and `Claim.inputs` names
    its inputs. The functions of the earlier tasks do part of the work.

    Raises TypeError for a name that is not a string or inputs that are not numbers;
    ValueError for an unknown name, and for an input that is missing or not above 0.
    """
    check_claim(name, inputs)
    raise NotImplementedError(
        "00.10 recompute: The figure that the claim called `name` should have given, from its `inputs`."
    )


@checked(claimed=number, right=number, tolerance=not_negative)
def verdict(claimed: float, right: float, tolerance: float = 0.02) -> bool:
    """True if a claimed figure is right: off by at most `tolerance` of the right one.

    It may be off in either direction.

    Raises TypeError for values that are not numbers, ValueError for a negative
    tolerance.
    """
    raise NotImplementedError(
        "00.10 recompute (verdict): True if a claimed figure is right: off by at most `tolerance` of the "
        "right one."
    )


def audit(claims: Sequence[tuple[str, float, Mapping[str, float]]]) -> list[tuple[str, float, bool]]:
    """(name, right figure, True if the claim holds) for each claim, in their order.

    claims: (name, claimed figure, inputs) of each. Raises the errors of `recompute`.
    """
    raise NotImplementedError(
        "00.10 recompute (audit): (name, right figure, True if the claim holds) for each claim, in their "
        "order."
    )
