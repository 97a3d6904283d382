"""Rényi divergences of density matrices: one file for each family, and what they are made of.

- `petz`: Petz' divergence of one order, and its limit α → ∞;
- `sandwiched`: the sandwiched divergence of one order from 0.05 on;
- `small_orders`: the same below 0.05, where powers of σ leave floating point;
- `ratios`: eigenvalues of σ^{−½} ρ σ^{−½}, the largest of which is the order ∞;
- `slopes`: what the gradients of both families have in common;
- `graded`: spectra of products whose factors leave floating point;
- `moving_powers`: powers whose exponent moves with the states, for the Chernoff information.
"""
