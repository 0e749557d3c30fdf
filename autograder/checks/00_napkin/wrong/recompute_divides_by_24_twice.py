# loses: test_recompute_work
# module: audit.py
# why: divides by 24 once too often, as the slide does


right = recompute


def recompute(name, inputs):
    if name == "svm_years":
        return inputs["operations"] * inputs["seconds_each"] / 86_400 / 24 / 365
    return right(name, inputs)
