"""Data parallel training. WRITE: one sentence on what the unit builds.

WRITE: which file holds which step. This sample takes one function from obvious (`direct`) to fast (`running`).
"""

from reference.data_parallel.direct import moving_sum
from reference.data_parallel.running import running_sum

__all__ = ["moving_sum", "running_sum"]
