"""Entropies of probability vectors: the classical twins of `qce.quantum`."""

from qce.classical.entropies import cross_entropy, entropy, relative_entropy

__all__ = ["cross_entropy", "entropy", "relative_entropy"]
