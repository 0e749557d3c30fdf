"""Select what runs kernels. The grader imports this once, before it forks a process for each check."""

from reference.shared import gpu

gpu.select()
