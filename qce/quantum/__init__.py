"""Entropies of density matrices: the quantum twins of `qce.classical`."""

from qce.quantum.entropies import cross_entropy, entropy, relative_entropy

__all__ = ["cross_entropy", "entropy", "relative_entropy"]
