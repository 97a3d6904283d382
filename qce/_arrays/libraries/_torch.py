"""PyTorch: autograd functions whose backward passes are differentiable themselves.

PyTorch's gradient g of an argument X satisfies dS = Re Σ conj(g) dX, so g is G itself.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np
import torch

from qce._arrays.libraries import _numpy
from qce._arrays.libraries._numpy import product as product
from qce._arrays.libraries._numpy import repeat as repeat
from qce._arrays.libraries._numpy import together as together
from qce._concrete import portable

xp = torch
_OPS = sys.modules[__name__]  # the operations in which gradients are written


def convert(arrays: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    kinds = {(x.dtype, x.device) if isinstance(x, torch.Tensor) else None for x in arrays}
    if len(kinds) == 1 and _is_inexact(arrays[0]):  # nothing to do: the usual case, by few calls
        return arrays
    device = next(x.device for x in arrays if isinstance(x, torch.Tensor))
    tensors = [x if isinstance(x, torch.Tensor) else _copied(x).to(device) for x in arrays]
    # Lists have no precision of their own: they are real or complex in that of the others.
    own = [x for x, given in zip(tensors, arrays, strict=True) if hasattr(given, "dtype")]
    dtype = None
    for x in own:
        if _is_inexact(x):
            dtype = x.dtype if dtype is None else torch.promote_types(dtype, x.dtype)
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if any(x.is_complex() for x in tensors):
        dtype = torch.promote_types(dtype, torch.complex32)
    return tuple(x.to(dtype) for x in tensors)


def apply(functional: Any, arguments: tuple[torch.Tensor, ...]) -> torch.Tensor:
    arrays = _read(*arguments)
    if arrays is None:
        return _in_torch(functional, arguments)
    if not (torch.is_grad_enabled() and any([x.requires_grad for x in arguments])):
        return _tensor(functional.plain(*arrays))
    known = arrays + functional.prepare(np, *arrays)
    try:
        return _HostApply.apply(functional, known, *arguments)
    except (
        RuntimeError
    ):  # refused inside `torch.func`, which need not have to do with these tensors
        return _in_torch(functional, arguments)


def _in_torch(functional: Any, arguments: tuple[torch.Tensor, ...]) -> torch.Tensor:
    with torch.no_grad():
        constants = functional.prepare(torch, *(x.detach() for x in arguments))
    return again(functional, arguments, constants)


def again(
    functional: Any, arguments: tuple[torch.Tensor, ...], constants: tuple[torch.Tensor, ...]
) -> torch.Tensor:
    return _Apply.apply(functional, *arguments, *constants)


def frechet(
    f: Any,
    matrix: torch.Tensor,
    q: torch.Tensor,
    v: torch.Tensor,
    *directions: torch.Tensor,
    image: torch.Tensor | None = None,
) -> torch.Tensor:
    return _Derivative.apply(f, image, matrix, q, v, *directions)


def on_host(function: Any, *arrays: torch.Tensor) -> torch.Tensor:
    return _OnHost.apply(function, *arrays)


def svd(matrix: torch.Tensor) -> tuple[torch.Tensor, ...]:
    if matrix.is_cuda:
        return torch.linalg.svd(matrix, full_matrices=False, driver="gesvd")
    return _HostSVD.apply(matrix)


def constant(x: torch.Tensor) -> torch.Tensor:
    return x.detach()


def beside(x: Any, other: Any) -> torch.Tensor:
    if isinstance(x, torch.Tensor):
        return x
    return torch.as_tensor(np.array(x), device=getattr(other, "device", None))


def like(x: Any, other: torch.Tensor) -> torch.Tensor:
    return beside(x, other).to(device=other.device, dtype=torch.real(other).dtype)


def take_along(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    return torch.take_along_dim(x, order, -1)


def log_factorial(n: torch.Tensor) -> torch.Tensor:
    return torch.lgamma(n + 1)


def where_needed(condition: torch.Tensor, exact: Any, value: torch.Tensor) -> torch.Tensor:
    return torch.where(condition, exact(), value)


eigh, eigvalsh = torch.linalg.eigh, torch.linalg.eigvalsh


class _OnHost(torch.autograd.Function):
    """A function of stacks of matrices that NumPy computes; a constant without a backward pass."""

    @staticmethod
    def forward(function: Any, *arrays: torch.Tensor) -> torch.Tensor:
        result = function(*(x.detach().cpu().numpy() for x in arrays))
        return torch.as_tensor(result, device=arrays[0].device)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.mark_non_differentiable(output)

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], function: Any, *arrays: torch.Tensor
    ) -> tuple[torch.Tensor, int]:
        stacks = [
            x[None] if k is None else x.movedim(k, 0)
            for x, k in zip(arrays, in_dims[1:], strict=True)
        ]
        # Ahead of all batch axes, also of those that only some of the arrays have.
        most = max(x.ndim for x in stacks)
        spread = [x[(slice(None), *(None,) * (most - x.ndim), ...)] for x in stacks]
        if all(len(x) == 1 for x in spread):
            spread[0] = spread[0].expand(info.batch_size, *spread[0].shape[1:])
        return _OnHost.apply(function, *spread), 0


class _HostSVD(torch.autograd.Function):
    """NumPy's SVD, since PyTorch has no choice of driver on CPUs; for constants, not backward."""

    @staticmethod
    def forward(matrix: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(map(torch.as_tensor, _numpy.svd(matrix.detach().cpu().numpy())))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.mark_non_differentiable(*output)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], matrix: torch.Tensor) -> tuple[Any, Any]:
        return _HostSVD.apply(matrix.movedim(in_dims[0], 0)), (0, 0, 0)


class _HostApply(torch.autograd.Function):
    """A functional of tensors that NumPy can read; `known` are they and the constants, as arrays.

    The arithmetic is the same. On small arrays most of the time is that of the calls: NumPy's are
    shorter, and so are PyTorch's own without `setup_context`, which `torch.func` needs.
    """

    @staticmethod
    def forward(
        ctx: Any, functional: Any, known: tuple[np.ndarray, ...], *arguments: torch.Tensor
    ) -> torch.Tensor:
        ctx.functional, ctx.known = functional, known
        ctx.save_for_backward(*arguments)
        return _tensor(functional.value(np, *known))

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        arguments = ctx.saved_tensors  # which PyTorch refuses if they were changed in place
        needed = ctx.needs_input_grad[2:]
        read = None if torch.is_grad_enabled() else _read(cotangent)
        if read is None:  # for what is differentiated again
            arrays = (*arguments, *map(torch.as_tensor, ctx.known[len(arguments) :]))
            ops = _OPS
        else:
            (cotangent,), arrays, ops = read, ctx.known, _numpy
        gradients = _gradients(ctx.functional, ops, cotangent, needed, arguments, arrays)
        return (None, None, *gradients)


class _Apply(torch.autograd.Function):
    """The same on an accelerator and under `torch.func`, in PyTorch itself."""

    generate_vmap_rule = True

    @staticmethod
    def forward(functional: Any, *arrays: torch.Tensor) -> torch.Tensor:
        return functional.value(torch, *(x.detach() for x in arrays))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.functional, *arrays = inputs
        ctx.save_for_backward(*arrays)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        arrays, needed = ctx.saved_tensors, ctx.needs_input_grad[1:]
        arguments = arrays[: len(ctx.functional.gradients)]
        gradients = _gradients(ctx.functional, _OPS, cotangent, needed, arguments, arrays)
        return (None, *gradients, *(None for _ in arrays[len(arguments) :]))


def _gradients(
    functional: Any,
    ops: Any,
    cotangent: Any,
    needed: tuple[bool, ...],
    arguments: tuple[torch.Tensor, ...],
    arrays: tuple[Any, ...],
) -> list[torch.Tensor | None]:
    """The gradient of each argument that needs one, from arguments and constants in `arrays`."""
    spread = cotangent[(..., *(None for _ in functional.axes))]
    return [
        _fit(torch.as_tensor(spread * gradient(ops, *arrays)), argument) if need else None
        for gradient, need, argument in zip(functional.gradients, needed, arguments, strict=False)
    ]


class _Derivative(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(
        f: Any,
        image: torch.Tensor | None,
        matrix: torch.Tensor,
        q: torch.Tensor,
        v: torch.Tensor,
        *directions: torch.Tensor,
    ) -> torch.Tensor:
        def derivative(xp: Any, image: Any, *arrays: Any) -> Any:
            return f.derivative(xp, *arrays, image=image)

        return _run(derivative, image, q, v, *directions)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.f, _, *arrays = inputs
        ctx.save_for_backward(*arrays)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        matrix, q, v, *directions = ctx.saved_tensors
        results: list[torch.Tensor | None] = [None] * len(ctx.needs_input_grad)

        def adjoint(others: list[torch.Tensor], like: torch.Tensor) -> torch.Tensor:
            return _fit(_Derivative.apply(ctx.f, None, matrix, q, v, *others, cotangent), like)

        if ctx.needs_input_grad[2]:
            results[2] = adjoint(directions, matrix)
        for slot, direction in enumerate(directions):
            if ctx.needs_input_grad[5 + slot]:
                results[5 + slot] = adjoint(directions[:slot] + directions[slot + 1 :], direction)
        return tuple(results)


# `Function.apply` binds its arguments to a signature, which it would make anew at every call.
for _forward in (_Apply.forward, _Derivative.forward):
    _forward.__signature__ = inspect.signature(_forward)  # type: ignore[union-attr]


def _run(function: Any, *tensors: torch.Tensor | None) -> torch.Tensor:
    """Run `function(xp, *arrays)` with NumPy where it can read the tensors, else with PyTorch."""
    arrays = _read(*tensors)
    if arrays is None:
        return function(torch, *(x if x is None else x.detach() for x in tensors))
    return _tensor(function(np, *arrays))


def _read(*tensors: torch.Tensor | None) -> tuple[Any, ...] | None:
    """Tensors as arrays; None where NumPy cannot read one: on an accelerator, in `torch.func`."""
    try:
        return tuple([x if x is None else x.numpy(force=x.is_cpu) for x in tensors])
    except (RuntimeError, TypeError):
        return None


def _tensor(x: Any) -> torch.Tensor:
    """A tensor of NumPy's result, number or array, in less time than by `as_tensor`."""
    return torch.from_numpy(np.asarray(x))


def _fit(gradient: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Sum over broadcast axes, and keep a real argument's gradient real."""
    if gradient.shape != like.shape:
        gradient = gradient.sum_to_size(like.shape)
    return gradient if like.is_complex() else gradient.real


def _copied(x: Any) -> torch.Tensor:
    """An array that NumPy makes of x, in the layout that PyTorch accepts."""
    return torch.from_numpy(np.array(portable(np.asarray(x)), order="C"))


def _is_inexact(x: torch.Tensor) -> bool:
    return x.is_floating_point() or x.is_complex()
