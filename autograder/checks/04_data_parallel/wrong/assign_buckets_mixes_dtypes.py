# loses: test_buckets_one_dtype
# module: buckets.py
# why: mixes dtypes in a bucket


def _assign_buckets(params, cap):
    buckets, room, seen = [], 0, set()
    for index in reversed(range(len(params))):
        param = params[index]
        if not param.requires_grad or id(param) in seen:
            continue
        seen.add(id(param))
        size = param.numel() * param.element_size()
        if not buckets or size > room:
            buckets.append([])
            room = cap
        buckets[-1].append(index)
        room -= size
    return buckets
