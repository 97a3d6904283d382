"""Follow quantum quantities to their classical limit: by dephasing, and by turning off a field.

(a) A pair of states is dephased step by step. At the end every divergence is one of probability
vectors, so that those which differ only by the order of operators become one. (b) Thermal states of
the transverse-field Ising chain, as free fermions up to hundreds of sites: with the field h their
quantum cross entropy goes to the one of the classical chain, by h² at every length.
"""

from dataclasses import dataclass

import numpy as np

from qce import classical, quantum
from qce.data import gibbs_state, transverse_field_ising
from qce.limits.dephasing import dephase
from qce.reproduce import drawn_by
from qce.runs import Outcome, setting
from qce.states import IsingChain, Thermal, random_density_matrix


@dataclass(frozen=True)
class Spec:
    """All that decides the run."""

    seed: int = setting(0, "of the random pair of states", least=0)
    dimension: int = setting(4, "of the pair that is dephased", least=2)
    strengths: int = setting(41, "points on the path of dephasing", least=2)
    sites: tuple[int, ...] = setting((2, 4, 8, 16, 64, 256), "lengths of the chain", least=2)
    fields: int = setting(13, "transverse fields between 0.001 and 1", least=2)
    reference: tuple[int, ...] = setting((2, 4, 8, 10, 256), "lengths of the table", least=2)
    dense: int = setting(10, "longest chain of the table that is checked by matrices", most=12)


# Each divergence, and what it becomes: of one line all become the same.
FAMILIES = {
    "relative entropy": {
        "Belavkin-Staszewski": quantum.belavkin_staszewski_relative_entropy,
        "Umegaki": quantum.relative_entropy,
        "measured": quantum.measured_relative_entropy,
    },
    "Rényi divergence, α = 2": {
        "Petz 2": lambda rho, sigma: quantum.petz_renyi_divergence(rho, sigma, 2.0),
        "sandwiched 2": lambda rho, sigma: quantum.sandwiched_renyi_divergence(rho, sigma, 2.0),
    },
    "Rényi divergence, α = 1/2": {
        "Petz 1/2": lambda rho, sigma: quantum.petz_renyi_divergence(rho, sigma, 0.5),
        "sandwiched 1/2": lambda rho, sigma: quantum.sandwiched_renyi_divergence(rho, sigma, 0.5),
    },
}
CLASSICAL = {
    "relative entropy": classical.relative_entropy,
    "Rényi divergence, α = 2": lambda p, q: classical.renyi_divergence(p, q, 2.0),
    "Rényi divergence, α = 1/2": lambda p, q: classical.renyi_divergence(p, q, 0.5),
}

# Coupling J and inverse temperature β of data and model while the field goes to zero, and
# (J, h, β) of both in the table.
DATA, MODEL = (1.0, 1.0), (0.8, 1.3)
TABLE = (1.0, 0.5, 1.0), (1.0, 1.5, 0.8)


def run(spec: Spec) -> Outcome:
    """Walk both paths."""
    dephasing, path = along_dephasing(spec)
    field, chains = along_field(spec)
    report = {
        "Dephasing (nats)": dephasing,
        "Turning off the field": field,
        "Ising chain, (J, h, β) = (1, 0.5, 1) and (1, 1.5, 0.8) (nats)": table(spec),
    }
    return Outcome(report, history={**path, **chains})


def along_dephasing(spec: Spec) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Every divergence on the path Δ_λ(X) = (1−λ) X + λ diag X."""
    rng = np.random.default_rng(spec.seed)
    strength = np.linspace(0, 1, spec.strengths)
    pair = [random_density_matrix(spec.dimension, seed=rng) for _ in range(2)]
    rho, sigma = (dephase(state, strength) for state in pair)
    p, q = (np.diag(state).real for state in pair)
    rows, path = {}, {"strength": strength}
    for family, members in FAMILIES.items():
        end = float(CLASSICAL[family](p, q))
        values = {name: np.asarray(member(rho, sigma)) for name, member in members.items()}
        rows[f"classical {family}"] = end
        rows[f"largest distance from it at the end, {family}"] = max(
            float(abs(value[-1] - end)) for value in values.values()
        )
        rows[f"spread at the start, {family}"] = float(
            np.ptp([value[0] for value in values.values()])
        )
        path |= values
    rises = [np.diff(path[name]).max() for members in FAMILIES.values() for name in members]
    rows["largest rise on the way"] = max(0.0, float(max(rises)))
    return rows, path


def along_field(spec: Spec) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Cross entropy a site above the classical chain, against the field: `(sites, fields)`."""
    fields = np.geomspace(1e-3, 1.0, spec.fields)
    excess = np.array(
        [
            [abs(chain_cross_entropy(n, h) - classical_chain(n)) / n for h in fields]
            for n in spec.sites
        ]
    )
    slopes = np.log(excess[:, 1] / excess[:, 0]) / np.log(fields[1] / fields[0])
    rows = {
        f"exponent of h, {n} sites": float(slope)
        for n, slope in zip(spec.sites, slopes, strict=True)
    }
    return rows, {"field": fields, "sites": np.array(spec.sites), "excess": excess}


def chain_cross_entropy(sites: int, h: float) -> float:
    """S(ρ_h, σ_h) of two thermal states of the open chain, by free fermions."""
    rho, sigma = (Thermal(IsingChain(sites, J, h), beta) for J, beta in (DATA, MODEL))
    return float(quantum.cross_entropy(rho, sigma))


def classical_chain(sites: int) -> float:
    """H(p, q) of the classical open chain: bonds are independent, with ⟨ZZ⟩ = tanh βJ."""
    bond = np.tanh(DATA[0] * DATA[1])
    x = MODEL[0] * MODEL[1]
    return float(sites * np.log(2) + (sites - 1) * (np.log(np.cosh(x)) - x * bond))


def table(spec: Spec) -> dict[str, float]:
    """Entropies of the reference pair, by free fermions, and by matrices where they fit."""
    rows: dict[str, float] = {}
    deviation = 0.0
    for n in spec.reference:
        rho, sigma = (Thermal(IsingChain(n, J, h), beta) for J, h, beta in TABLE)
        found = [quantum.cross_entropy(rho, sigma), quantum.entropy(rho)]
        rows[f"cross entropy, {n} sites"], rows[f"entropy, {n} sites"] = map(float, found)
        rows[f"relative entropy, {n} sites"] = float(quantum.relative_entropy(rho, sigma))
        if n <= spec.dense:
            matrices = [gibbs_state(transverse_field_ising(n, J, h), b) for J, h, b in TABLE]
            dense = [quantum.cross_entropy(*matrices), quantum.entropy(matrices[0])]
            deviation = max(deviation, *(abs(x - y) for x, y in zip(found, dense, strict=True)))
    rows["largest deviation from matrices"] = float(deviation)
    return rows


draw = drawn_by("classical_limit")
