"""The three array libraries that differentiate, behind one small face for the tests."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml
import torch
from pennylane import numpy as pnp


@dataclass(frozen=True)
class Library:
    """An array library: how to make an array, and how to differentiate a real function of it."""

    name: str
    asarray: Callable
    variable: Callable
    exp: Callable
    adjoint: Callable
    gradient: Callable  # of a real function, in the library's own convention for complex input
    second_derivative: Callable  # of a real function of one real number

    def __str__(self):
        return self.name

    def derivative(self, function, t=0.0):
        return float(self.gradient(function)(self.variable(t)))


def _torch_gradient(function, argnums=0):
    def gradient(*arguments):
        arguments = [torch.as_tensor(x) for x in arguments]
        arguments[argnums] = arguments[argnums].detach().clone().requires_grad_()
        (result,) = torch.autograd.grad(function(*arguments), arguments[argnums])
        return result

    return gradient


def _torch_second_derivative(function, t=0.0):
    """Double backward, as a user of create_graph=True has it."""
    t = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(function(t), t, create_graph=True)
    (second,) = torch.autograd.grad(first, t)
    return float(second)


def _autograd_gradient(function, argnums=0):
    return qml.grad(function, argnums=argnums)


def _autograd_second_derivative(function, t=0.0):
    return float(qml.grad(qml.grad(function))(pnp.array(t, requires_grad=True)))


def _jax_second_derivative(function, t=0.0):
    return float(jax.hessian(function)(t))


AUTOGRAD = Library(
    name="autograd",
    asarray=lambda x: pnp.array(x, requires_grad=False),
    variable=lambda x: pnp.array(x, requires_grad=True),
    exp=pnp.exp,
    adjoint=lambda x: pnp.conj(x).T,
    gradient=_autograd_gradient,
    second_derivative=_autograd_second_derivative,
)
JAX = Library(
    name="jax",
    asarray=jnp.asarray,
    variable=jnp.asarray,
    exp=jnp.exp,
    adjoint=lambda x: jnp.conj(x).T,
    gradient=lambda function, argnums=0: jax.grad(function, argnums=argnums),
    second_derivative=_jax_second_derivative,
)
TORCH = Library(
    name="torch",
    asarray=lambda x: torch.as_tensor(np.asarray(x)),
    variable=lambda x: torch.as_tensor(np.asarray(x)),
    exp=torch.exp,
    adjoint=lambda x: x.conj().T,
    gradient=_torch_gradient,
    second_derivative=_torch_second_derivative,
)

DIFFERENTIATING = (AUTOGRAD, JAX, TORCH)


def hermitian_gradient(library, function, x):
    """Return the matrix G with dS = Re Tr(G dX), as NumPy.

    JAX and autograd give the derivative by real part minus i times that by imaginary part, PyTorch
    plus i: the transpose and the adjoint of G.
    """
    raw = np.asarray(library.gradient(function)(library.variable(x)))
    return raw.conj().T if library.name == "torch" else raw.T
