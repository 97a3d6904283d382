r"""Hamiltonian learning, or Boltzmann machines: the Gibbs state closest to data.

The quantum cross entropy of data ρ with $σ = e^{-H}/Z$, $H = \sum_i θ_i P_i$, is $⟨H⟩_ρ + \ln Z$.
It is convex in θ, its gradient is $⟨P_i⟩_ρ - ⟨P_i⟩_σ$, and its Hessian the Bogoliubov-Kubo-Mori
metric. So the loss depends on the data only by the expectation values of the terms, and Newton's
method takes a few eigendecompositions. Machines whose terms are all diagonal are the classical
Boltzmann machines.

- `moments`, `measured`: expectation values of the terms, also from outcomes in Pauli bases;
- `errors`: standard errors of couplings;
- `point`: the Gibbs state at one θ, its moments, its metric, and hidden wires;
- `objective`: the same loss for `qce.fit`;
- `descent`: one step of gradient descent, natural gradient, Newton, expectation maximisation;
- `fermions`: the same for quadratic Hamiltonians of a thousand wires;
- `device`: the gradient with hidden wires from outcomes of circuits;
- `learn`: checks, steps and records.
"""

from qce.boltzmann._fermion_point import FermionMachine
from qce.boltzmann.device import SampledGradient, sampled_gradient
from qce.boltzmann.errors import coupling_errors
from qce.boltzmann.learn import learn
from qce.boltzmann.moments import Moments
from qce.boltzmann.objective import gibbs_cross_entropy

__all__ = [
    "FermionMachine",
    "Moments",
    "SampledGradient",
    "coupling_errors",
    "gibbs_cross_entropy",
    "learn",
    "sampled_gradient",
]
