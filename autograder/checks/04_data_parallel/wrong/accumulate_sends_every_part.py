# loses: test_accumulate_once
# module: ddp.py
# why: runs every part outside of no_sync, so every part is sent


def _accumulate(model, parts, loss):
    total = sum(loss(model, part) for part in parts[:-1])
    if len(parts) > 1:
        total.backward()
    loss(model, parts[-1]).backward()
