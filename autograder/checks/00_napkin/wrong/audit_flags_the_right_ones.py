# loses: test_audit
# module: audit.py
# why: says True where the claim is wrong


def audit(claims):
    found = [(name, figure, recompute(name, inputs)) for name, figure, inputs in claims]
    return [(name, right, not verdict(figure, right)) for name, figure, right in found]
