"""Programs that run on several ranks beside the student's code, in processes that are joined by gloo."""

# pyright: reportUndefinedVariable=false
# The worker adds `student_function` to this module: it returns the student's function with a name.

import torch
from torch import nn

from reference.lab.data_parallel.programs import mlp, own, ranks, values


def gradient_or_empty(param):
    """The gradient as a vector; no number for None."""
    return torch.empty(0) if param.grad is None else param.grad.reshape(-1)


# 04.2


def sgd_step(n, w, parts, rate):
    """The new weights on each rank, and the calls of each rank."""
    return ranks(n, _sgd_step, w, parts, rate)


def _sgd_step(comm, w, parts, rate):
    x, y = parts[comm.rank]
    new = student_function("sgd_step")(comm, w, x, y, rate)
    return torch.from_numpy(new), [m.kind for m in comm.messages]


# 04.3


class Stateful(nn.Module):
    """A layer with a frozen weight, a buffer, and a buffer that is not in the state dict."""

    def __init__(self, rank):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3, 2), 1.0 + rank))
        self.frozen = nn.Parameter(torch.full((4,), 10.0 + rank), requires_grad=False)
        self.register_buffer("mean", torch.full((2,), 20.0 + rank))
        self.register_buffer("count", torch.tensor(30 + rank))
        self.register_buffer("cache", torch.full((2,), 40.0 + rank), persistent=False)


def broadcast_state(n, root):
    """The state of each rank after the broadcast: parameters and buffers."""
    return ranks(n, _broadcast_state, root)


def _broadcast_state(comm, root):
    module = Stateful(comm.rank)
    student_function("broadcast_state")(module, comm, root)
    return values(module.parameters()), values(module.buffers())


# 04.4


def average_gradients(n, gradients):
    """The gradients of each rank afterwards. gradients[rank]: a list of arrays, None, or "frozen"."""
    return ranks(n, _average_gradients, gradients)


def _average_gradients(comm, gradients):
    params = []
    for gradient in gradients[comm.rank]:
        frozen = isinstance(gradient, str)
        param = nn.Parameter(torch.zeros(3), requires_grad=not frozen)
        if gradient is not None and not frozen:
            param.grad = torch.tensor(gradient, dtype=torch.float32)
        params.append(param)
    student_function("average_gradients")(params, comm)
    return [gradient_or_empty(p) for p in params]


# 04.5


def assign_buckets(sizes, cap, frozen, tied, halves):
    """The buckets of float32 vectors; `tied` names pairs (copy, original), `halves` are float16."""
    params = [
        nn.Parameter(
            torch.zeros(size, dtype=torch.float16 if place in halves else torch.float32),
            requires_grad=place not in frozen,
        )
        for place, size in enumerate(sizes)
    ]
    for copy, original in tied:
        params[copy] = params[original]
    return student_function("assign_buckets")(params, cap)


# 04.6 and 04.7


def train_ddp(n, widths, seed, batches, rate, bucket_mb, overlap):
    """The parameters of each rank after a step of SGD for each batch (x, y)."""
    return ranks(n, _train_ddp, widths, seed, batches, rate, bucket_mb, overlap)


def _train_ddp(comm, widths, seed, batches, rate, bucket_mb, overlap):
    model = student_function("data_parallel")(
        mlp(seed + comm.rank, *widths), comm, bucket_mb, overlap=overlap
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(own(x, comm)), own(y, comm)).backward()
        optimizer.step()
    return values(model.parameters())


def watch_ddp(n, widths, seed, x, y, bucket_mb, overlap):
    """Of each rank: the events of one backward pass in order ("gradient 0", "all_reduce"), bytes, gradients."""
    return ranks(n, _watch_ddp, widths, seed, x, y, bucket_mb, overlap)


def _watch_ddp(comm, widths, seed, x, y, bucket_mb, overlap):
    module = mlp(seed, *widths)
    model = student_function("data_parallel")(module, comm, bucket_mb, overlap=overlap)
    loss = nn.functional.mse_loss(model(own(x, comm)), own(y, comm))
    comm.messages.clear()
    for place, layer in enumerate(module):
        if isinstance(layer, nn.Linear):  # called before autograd stores the gradient of the layer's weight
            layer.weight.register_hook(lambda _, place=place: _mark(comm, f"gradient {place}"))
    loss.backward()
    events = [m.label or m.kind for m in comm.messages]
    sizes = [m.bytes for m in comm.messages if m.kind == "all_reduce"]
    return events, sizes, values([p.grad for p in model.parameters()])


def _mark(comm, label):
    with comm.compute(label):
        pass


class Branches(nn.Module):
    """Two layers, of which the input decides the order or the use; nobody uses the third."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x, use):
        for place in use:
            x = torch.tanh(self.layers[place](x))
        return x


def branches(n, seed, x, use, bucket_mb):
    """The gradients of each rank, where rank r runs the layers use[r], in this order; None for no gradient."""
    return ranks(n, _branches, seed, x, use, bucket_mb)


def _branches(comm, seed, x, use, bucket_mb):
    module = Branches(seed)
    model = student_function("data_parallel")(module, comm, bucket_mb)
    model(x[comm.rank], use[comm.rank]).square().sum().backward()
    return [gradient_or_empty(p) for p in module.parameters()]


def second_backward(n, seed, x):
    """Of each rank: the gradients of two forward passes and one backward pass, and the error of a second backward."""
    return ranks(n, _second_backward, seed, x)


def _second_backward(comm, seed, x):
    module = mlp(seed, 4, 3)
    model = student_function("data_parallel")(module, comm)
    loss = model(x[comm.rank]).square().sum() + model(x[comm.rank] * 2).square().sum()
    loss.backward(retain_graph=True)
    gradients = values([p.grad for p in module.parameters()])
    try:
        loss.backward()
    except RuntimeError as error:
        return gradients, str(error)
    return gradients, ""


def accumulate(n, seed, parts):
    """Of each rank: the gradients of the sum over the parts (x of all ranks), and the all-reduces."""
    return ranks(n, _accumulate, seed, parts)


def _accumulate(comm, seed, parts):
    module = mlp(seed, 4, 3)
    model = student_function("data_parallel")(module, comm)
    comm.messages.clear()
    student_function("accumulate")(
        model, [part[comm.rank] for part in parts], lambda f, x: f(x).square().sum()
    )
    return values([p.grad for p in module.parameters()]), comm.count("all_reduce")


def no_sync(n, seed, x, nested, fails):
    """Of each rank: the all-reduces of backward passes inside, between and after no_sync, and the last gradient."""
    return ranks(n, _no_sync, seed, x, nested, fails)


def _no_sync(comm, seed, x, nested, fails):
    module = mlp(seed, 4, 3)
    model = student_function("data_parallel")(module, comm)
    counts = []

    def step():
        comm.messages.clear()
        model.zero_grad()
        model(x[comm.rank]).square().sum().backward()
        counts.append(comm.count("all_reduce"))

    try:
        with model.no_sync():
            if nested:
                with model.no_sync():
                    step()
            step()
            if fails:
                raise ArithmeticError
    except ArithmeticError:
        pass
    step()
    return counts, values([p.grad for p in module.parameters()])


# 04.12


def noise_scale(n, gradients, batch):
    """The noise scale on each rank."""
    return ranks(n, _noise_scale, gradients, batch)


def _noise_scale(comm, gradients, batch):
    return student_function("noise_scale")(comm, gradients[comm.rank], batch)
