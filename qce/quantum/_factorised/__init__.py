"""Quantities of factorised states, the `qce.states`: from their exact log-eigenvalues and kets.

Each function takes what `qce.quantum` was given, two states or an array `(..., d, d)` of data
beside a state as model, and returns NumPy values; None where arrays are the better way. Arguments
are checked by `qce.quantum._arguments`, the one place that chooses between these and arrays.

- `entropies`: entropies of one state, cross entropy and relative entropy;
- `renyi`: Belavkin-Staszewski's relative entropy and Rényi divergences, by ratios of the states;
- `eigenvectors`: the same as sums over pairs of eigenvectors;
- `graded`: spectra of products whose factors leave floating point;
- `distances`: fidelity and the distances made of it, the trace distance of few kets;
- `variances`: variances of logarithms;
- `gaussian`: all of these for Gaussian fermions, with `gaussian_close` where terms cancel;
- `gaussian_jax`, `gaussian_sandwich`: the same, followed by JAX.
"""
