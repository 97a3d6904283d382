"""Operations on matrices inside programs that JAX compiles."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def together(function: Any, *matrices: jax.Array) -> tuple[Any, ...]:
    """Apply a function that decomposes matrices to each of several, never to two at a time.

    Equal shapes are stacked, others are decomposed one after the other. On CPUs a batched
    decomposition holds a thread of JAX's pool while its parts wait for threads of the same pool: as
    many at a time as the pool has threads, two on a machine of two cores, are a deadlock.
    """
    if len(matrices) == 1:
        return (function(*matrices),)

    @jax.custom_batching.custom_vmap
    def call(*matrices: jax.Array) -> tuple[Any, ...]:
        if len({(x.shape, x.dtype) for x in matrices}) == 1:
            parts = function(jnp.stack(matrices))
            return tuple(zip(*parts, strict=True))
        results = [function(matrices[0])]
        for matrix in matrices[1:]:
            results.append(function(_after(results[-1], matrix)))
        return tuple(results)

    @call.def_vmap
    def mapped(size: int, batched: list[bool], *matrices: jax.Array) -> tuple[Any, Any]:
        """Unmapped matrices are decomposed once, and first, so that they stay unmapped."""
        del size
        once = [x for x, many in zip(matrices, batched, strict=True) if not many]
        rest = [x for x, many in zip(matrices, batched, strict=True) if many]
        first = list(together(function, *once)) if once else []
        rest = [_after(first[-1], x) for x in rest] if first else rest
        then = list(together(function, *rest))
        results = tuple((then if many else first).pop(0) for many in batched)
        flags = [
            jax.tree.map(lambda _, many=many: many, result)
            for result, many in zip(results, batched, strict=True)
        ]
        return results, tuple(flags)

    return call(*matrices)


def product(a: jax.Array, b: jax.Array) -> jax.Array:
    """`a @ b` of complex matrices by three real products, at which XLA is fast on CPUs.

    Entries are as accurate as those of the plain product: to a few ε Σ_k |a_ik| |b_kj|.
    """
    if not (jnp.iscomplexobj(a) and jnp.iscomplexobj(b)):
        return a @ b
    (p, x), (q, y) = ((z.real, z.imag) for z in (a, b))
    real, imaginary = p @ q, x @ y
    return jax.lax.complex(real - imaginary, (p + x) @ (q + y) - real - imaginary)


def where_needed(condition: jax.Array, exact: Any, value: jax.Array) -> jax.Array:
    """`exact()` where a condition holds, else `value`; decided at run time, not under `vmap`."""
    return jax.lax.cond(
        jnp.any(condition), lambda: jnp.where(condition, exact(), value), lambda: value
    )


def _after(result: Any, matrix: jax.Array) -> jax.Array:
    """The matrix, after a result is computed: a compiler may not assume that x = x, as for NaN."""
    there = [jnp.all(part == part) for part in jax.tree.leaves(result)]
    return jnp.where(jnp.stack(there).all(), matrix, jnp.nan)
