# loses: test_buckets_order
# module: buckets.py
# why: sorts the indices inside a bucket


def _assign_buckets(params, cap):
    buckets, room, kind, seen = [], 0, None, set()
    for index in reversed(range(len(params))):
        param = params[index]
        if not param.requires_grad or id(param) in seen:
            continue
        seen.add(id(param))
        size = param.numel() * param.element_size()
        if not buckets or size > room or kind != (param.dtype, param.device):
            buckets.append([])
            room, kind = cap, (param.dtype, param.device)
        buckets[-1].append(index)
        room -= size
    return [sorted(bucket) for bucket in buckets]
