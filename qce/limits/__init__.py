"""The classical limit: each quantum quantity becomes its classical twin.

Three limits for each pair of `qce.twins`: commuting states (value and gradient), the path of
dephasing, and training, where the quantum run follows the classical one step for step. Models have
the same limits: at coherence 0 a tensor tree is a hidden Markov tree, on 60 wires; with the fields
of its hidden units along one axis a semi-quantum machine is the restricted Boltzmann machine.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from qce.limits.commuting import check_commuting
from qce.limits.dephasing import LAMBDAS, check_dephasing
from qce.limits.training import check_training
from qce.limits.trees import check_trees
from qce.limits.units import check_units
from qce.results import LimitCheck, LimitReport
from qce.twins import TWINS, Twin

__all__ = ["check"]


def check(twins: Sequence[Twin] = TWINS, *, seed: int = 0) -> LimitReport:
    """Check that quantum quantities become their classical twins.

    Args:
        twins: Pairs to check; all by default.
        seed: Decides the random states.

    Returns:
        Every limit with its worst deviation and tolerance for rounding, and the curves of the
        figure. `report.passed` says whether all hold.

    Example:
        >>> report = check(TWINS[:3])
        >>> report.passed
        True

    Source:
        arXiv:2102.11887; monotonicity under dephasing is data processing.
    """
    checks: list[LimitCheck] = []
    path: dict[str, np.ndarray] = {"strength": LAMBDAS}
    with warnings.catch_warnings():
        # autograd warns of a quantity that is constant at the states; its gradient is 0.
        warnings.filterwarnings("ignore", message="Output seems independent of input")
        for twin in twins:
            # Each twin is tested on the same states, so that the curves can be compared.
            checks += check_commuting(twin, np.random.default_rng(seed))
            dephased = check_dephasing(twin, np.random.default_rng(seed))
            dephasing_checks, path[twin.name] = dephased
            checks += dephasing_checks
    training_check, curves = check_training(seed)
    checks += [training_check, *check_trees(seed), *check_units(seed)]
    return LimitReport(tuple(checks), seed, path, curves)
