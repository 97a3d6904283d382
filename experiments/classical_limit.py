"""Follow quantum quantities to their classical limit: by dephasing, and by turning off a field.

(a) A pair of states is dephased step by step. At the end every divergence is one of probability
vectors, so that those which differ only by the order of operators become one. (b) Thermal states of
the transverse-field Ising chain, as free fermions up to hundreds of sites: with the field h their
quantum cross entropy goes to the one of the classical chain, by h² at every length. It comes from
below, because the field lowers the mean energy of the data under the model by more than it raises
ln Z. Data processing orders relative entropies, not cross entropies: other couplings turn the sign.
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

    seed: int = setting(0, "of the random pairs of states", least=0)
    pairs: int = setting(20, "that are dephased; the first is drawn", least=1)
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
    """Every divergence on the path Δ_λ(X) = (1−λ) X + λ diag X, of all pairs; the first's path."""
    rng = np.random.default_rng(spec.seed)
    strength = np.linspace(0, 1, spec.strengths)
    found = [one_path(spec.dimension, strength, rng) for _ in range(spec.pairs)]
    rows: dict[str, float] = {}
    for family, members in FAMILIES.items():
        values = np.array([[path[name] for name in members] for path, _ in found])
        ends = np.array([end[family] for _, end in found])
        rows[f"classical {family}"] = float(ends[0])
        distances = np.abs(values[:, :, -1] - ends[:, None])
        rows[f"largest distance from it at the end, {family}"] = float(distances.max())
        spreads = np.ptp(values[:, :, 0], axis=1)
        rows[f"spread at the start, {family}"] = float(spreads[0])
        rows[f"spread at the start, {family}, median of pairs"] = float(np.median(spreads))
        rows[f"spread at the start, {family}, largest of pairs"] = float(spreads.max())
    rises = [np.diff(path[name]).max() for path, _ in found for name in path]
    rows["largest rise on the way"] = max(0.0, float(max(rises)))
    return rows, {"strength": strength, **found[0][0]}


def one_path(
    dimension: int, strength: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Divergences of one random pair at all strengths, by name, and their classical ends."""
    pair = [random_density_matrix(dimension, seed=rng) for _ in range(2)]
    rho, sigma = (dephase(state, strength) for state in pair)
    p, q = (np.diag(state).real for state in pair)
    path = {
        name: np.asarray(member(rho, sigma))
        for members in FAMILIES.values()
        for name, member in members.items()
    }
    return path, {family: float(CLASSICAL[family](p, q)) for family in FAMILIES}


def along_field(spec: Spec) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Cross entropy a site less that of the classical chain, with its sign: `(sites, fields)`."""
    fields = np.geomspace(1e-3, 1.0, spec.fields)
    difference = np.array(
        [[(chain_cross_entropy(n, h) - classical_chain(n)) / n for h in fields] for n in spec.sites]
    )
    # Of one sign at both fields, or the logarithm is NaN and no exponent is reported.
    slopes = np.log(difference[:, 1] / difference[:, 0]) / np.log(fields[1] / fields[0])
    rows = {
        f"exponent of h, {n} sites": float(slope)
        for n, slope in zip(spec.sites, slopes, strict=True)
    }
    for place, h in ((0, fields[0]), (-1, fields[-1])):
        rows |= {
            f"difference a site at h = {h:g}, {n} sites": float(x)
            for n, x in zip(spec.sites, difference[:, place], strict=True)
        }
    rows |= {f"second order in h a site, {n} sites": second_order(n) for n in spec.sites}
    return rows, {"field": fields, "sites": np.array(spec.sites), "difference": difference}


def second_order(sites: int) -> float:
    """Return the coefficient of h² in the difference a site, for h → 0.

    With K = βJ and g = βh, ln Z = ln Z₀(K) + g²χ(K)/2 + …; the field flips one spin, against the
    bonds on both of its sides, so that χ = Σ_i ⟨(1 − e^{−Δ_i})/Δ_i⟩ with Δ_i the change of βH. The
    cross entropy is ln Z₂ − K₂ ∂ln Z₁/∂K − g₂ ∂ln Z₁/∂g.
    """
    (k, beta), (k_model, beta_model) = ((J * beta, beta) for J, beta in (DATA, MODEL))
    slope = np.imag(susceptibility(sites, k + 1e-30j)) / 1e-30
    energy = beta * beta_model * susceptibility(sites, k) + k_model * beta**2 * slope / 2
    return float(beta_model**2 * susceptibility(sites, k_model) / 2 - energy) / sites


def susceptibility(sites: int, k: complex) -> complex:
    """Return χ(K): spins inside have two bonds, those at the ends one."""
    t = np.tanh(k)
    return (sites - 2) * (t / k + 1 - t**2) / 2 + 2 * t / k


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
