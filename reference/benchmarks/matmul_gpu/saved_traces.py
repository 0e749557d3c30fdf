"""Requests and small traces of the simulator as JSON for a record, without the addresses of one run."""

from __future__ import annotations

from typing import Any

from reference.shared.simulators.trace import READ, Access, Launch, Request, Space, Trace


def kept(request: Request) -> dict[str, Any]:
    """Return a request, ready for JSON."""
    space = request.space
    where = {"name": space.name, "shape": space.shape, "itemsize": space.itemsize, "strides": space.strides}
    return {**where, "shared": space.block >= 0, "lanes": request.lanes, "places": request.places}


def request_from(found: dict[str, Any]) -> Request:
    """Return the request that `kept` saved."""
    block = 0 if found["shared"] else -1
    shape, strides = tuple(found["shape"]), tuple(found["strides"])
    space = Space(Trace(), found["name"], shape, found["itemsize"], 0, 0, strides, block)
    return Request(space, 0, 0, READ, 0, tuple(found["lanes"]), tuple(found["places"]))


def kept_trace(trace: Trace) -> dict[str, Any]:
    """Return a small trace with all its accesses, ready for JSON. Addresses and code places count from 0."""
    sites: dict[int, int] = {}
    spaces = []
    for space in trace.spaces:
        accesses = [each._replace(site=sites.setdefault(each.site, len(sites))) for each in space.accesses]
        spaces.append(
            {**vars(space), "trace": None, "start": 0, "accesses": [list(each) for each in accesses]}
        )
    return {"launches": [vars(each) for each in trace.launches], "spaces": spaces}


def trace_from(found: dict[str, Any]) -> Trace:
    """Return the trace that `kept_trace` saved."""
    result = Trace()
    for each in found["launches"]:
        result.launches.append(
            Launch(each["kernel"], tuple(each["grid"]), tuple(each["block"]), each["shared_bytes"])
        )
    for each in found["spaces"]:
        accesses = [Access(*one)._replace(index=tuple(one[2])) for one in each["accesses"]]
        space = {**each, "trace": result, "shape": tuple(each["shape"]), "strides": tuple(each["strides"])}
        result.spaces.append(Space(**{**space, "accesses": accesses}))
    return result
