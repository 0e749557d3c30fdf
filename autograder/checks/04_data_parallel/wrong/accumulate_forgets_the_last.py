# loses: test_accumulate_once
# module: ddp.py
# why: accumulates all parts locally, and never sends


def _accumulate(model, parts, loss):
    with model.no_sync():
        for part in parts:
            loss(model, part).backward()
