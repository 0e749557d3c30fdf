# loses: test_transformer_flop
# module: sizing.py
# why: counts the forward pass, 2ND, and forgets that training goes backward, too


def transformer_flop(parameters, tokens):
    return 2 * parameters * tokens
