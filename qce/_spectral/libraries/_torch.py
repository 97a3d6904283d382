"""PyTorch: autograd functions whose backward passes are differentiable themselves.

PyTorch's gradient g of an argument X satisfies dS = Re Σ conj(g) dX, so g is G itself.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import numpy as np
import torch

from qce._spectral import frechet as _frechet
from qce._spectral.libraries import _numpy

xp = torch
_OPS = sys.modules[__name__]  # the operations in which gradients are written


def convert(arrays: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    device = next(x.device for x in arrays if isinstance(x, torch.Tensor))
    # PyTorch takes numbers and arrays, but nothing else that NumPy can make an array of.
    plain = [np.asarray(x) if _is_array_like(x) else x for x in arrays]
    tensors = [torch.as_tensor(x, device=device) for x in plain]
    dtype = torch.get_default_dtype() if not any(_is_inexact(x) for x in tensors) else None
    for x in tensors:
        if _is_inexact(x):
            dtype = x.dtype if dtype is None else torch.promote_types(dtype, x.dtype)
    return tuple(x.to(dtype) for x in tensors)


def apply(functional: Any, arguments: tuple[torch.Tensor, ...]) -> torch.Tensor:
    with torch.no_grad():
        constants = _run(functional.prepare, *arguments)
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
    result = function(*(x.detach().cpu().numpy() for x in arrays))
    return torch.as_tensor(result, device=arrays[0].device)


def svd(matrix: torch.Tensor) -> tuple[torch.Tensor, ...]:
    if matrix.is_cuda:
        return torch.linalg.svd(matrix, full_matrices=False, driver="gesvd")
    return _HostSVD.apply(matrix)


class _HostSVD(torch.autograd.Function):
    """NumPy's, because PyTorch has no choice of a driver on CPUs; of constants, so no backward."""

    @staticmethod
    def forward(matrix: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(map(torch.as_tensor, _numpy.svd(matrix.detach().cpu().numpy())))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.mark_non_differentiable(*output)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], matrix: torch.Tensor) -> tuple[Any, Any]:
        return _HostSVD.apply(matrix.movedim(in_dims[0], 0)), (0, 0, 0)


class _Apply(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(functional: Any, *arrays: torch.Tensor) -> torch.Tensor:
        return _run(functional.value, *arrays)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.functional, *arrays = inputs
        ctx.save_for_backward(*arrays)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        functional, arrays = ctx.functional, ctx.saved_tensors
        spread = cotangent[(..., *(None for _ in functional.axes))]
        results: list[torch.Tensor | None] = [None] * (1 + len(arrays))
        for k, gradient in enumerate(functional.gradients):
            if ctx.needs_input_grad[1 + k]:
                results[1 + k] = _fit(_scaled(gradient, spread, arrays), arrays[k])
        return tuple(results)


def _scaled(gradient: Any, spread: torch.Tensor, arrays: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """A gradient times a cotangent, in operations that can be differentiated if they will be."""
    if torch.is_grad_enabled():
        return spread * gradient(_OPS, *arrays)

    def product(xp: Any, spread: Any, *arrays: Any) -> Any:
        return spread * gradient(_numpy if xp is np else _OPS, *arrays)

    return _run(product, spread, *arrays)


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
            return _frechet.frechet(xp, f, *arrays, image=image)

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


def _run(function: Any, *tensors: torch.Tensor | None) -> Any:
    """Run `function(xp, *arrays)` with NumPy where tensors are plain and on the CPU.

    The arithmetic is the same, and a call costs NumPy a fifth of what it costs PyTorch. On
    an accelerator, and under `torch.func`, PyTorch itself runs it.
    """
    if any(x is not None and (x.device.type != "cpu" or _transformed(x)) for x in tensors):
        return function(torch, *(x if x is None else x.detach() for x in tensors))
    result = function(np, *(x if x is None else x.numpy(force=True) for x in tensors))
    if isinstance(result, tuple):
        return tuple(map(torch.as_tensor, result))
    return torch.as_tensor(result)


def _transformed(x: torch.Tensor) -> bool:
    """Whether a tensor is under `torch.func`, which hides its memory."""
    try:
        x.data_ptr()
    except RuntimeError:
        return True
    return False


def _fit(gradient: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Sum over broadcast axes, and keep a real argument's gradient real."""
    gradient = gradient.sum_to_size(like.shape)
    return gradient if like.is_complex() else gradient.real


def _is_array_like(x: Any) -> bool:
    return hasattr(x, "__array__") and not isinstance(x, torch.Tensor)


def _is_inexact(x: torch.Tensor) -> bool:
    return x.is_floating_point() or x.is_complex()
