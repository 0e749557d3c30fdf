# loses: test_disagreement_number
# module: agreement.py
# why: leaves out how many collectives the rank has called


def _describe(name: str, op: str, x: Buffer, number: int) -> str:
    return f"call: {name}, {op}, {x.dtype}, shape {tuple(x.shape)}"
