# loses: test_audit, test_verdict_is_relative_to_the_right_figure
# module: audit.py
# why: says True where the claim is wrong


def audit(claims):
    found = [(name, figure, recompute(name, inputs)) for name, figure, inputs in claims]
    return [(name, right, not verdict(figure, right)) for name, figure, right in found]
