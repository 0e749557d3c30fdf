# loses: test_recompute_work
# module: audit.py
# why: counts only the forward pass of a training run


right = recompute


def recompute(name, inputs):
    if name == "gpt3_flop":
        return 2 * inputs["parameters"] * inputs["tokens"]
    return right(name, inputs)
