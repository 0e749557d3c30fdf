"""Task 00.10: the audit. Published figures, worked out again from what their own sources give.

The claims are in `claims.py`: each says what is asked, and from which inputs. A figure is never believed and never
typed in: it comes out of a formula that also serves other inputs.
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

    `Claim.asks` in `claims.py` says what is asked for each name, and `Claim.inputs` what the inputs are called.
    The functions of the earlier tasks do a part of the work.

    Raises TypeError for a name that is no string or inputs that are no numbers; ValueError for a name that no claim
    has, or an input that is missing or not above 0.
    """
    check_claim(name, inputs)
    raise NotImplementedError(
        "00.10 recompute: The figure that the claim called `name` should have given, from its `inputs`."
    )


@checked(claimed=number, right=number, tolerance=not_negative)
def verdict(claimed: float, right: float, tolerance: float = 0.02) -> bool:
    """Whether a claimed figure is right: off by at most `tolerance` of the right one, above or below.

    Raises TypeError for values that are no numbers, ValueError for a negative tolerance.
    """
    raise NotImplementedError(
        "00.10 recompute (verdict): Whether a claimed figure is right: off by at most `tolerance` of the "
        "right one, above or below."
    )


def audit(claims: Sequence[tuple[str, float, Mapping[str, float]]]) -> list[tuple[str, float, bool]]:
    """(name, right figure, whether the claim is right) of each of the claims, in their order.

    claims: (name, claimed figure, inputs) of each. Raises what `recompute` raises.
    """
    raise NotImplementedError(
        "00.10 recompute (audit): (name, right figure, whether the claim is right) of each of the claims, in "
        "their order."
    )
