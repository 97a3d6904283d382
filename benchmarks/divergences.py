"""The divergences beside PennyLane, QuTiP, toqito, cvxpy and QICS, in one run on one thread.

    python benchmarks/divergences.py                        # everything, about ten minutes
    python benchmarks/divergences.py --sizes 2 4 8          # overhead alone
    python benchmarks/divergences.py --only fidelity bures  # some quantities

Times as in `entropies.py`: least of interleaved rounds. Each quantity runs twice, as `qce` without
checks and as `qce +` with its defaults, and is held against peers with as many: the names of those
that check their arguments end in `+`. Peers that are not installed are left out, and said so; their
requirements clash with one another, so install them without: `pip install --no-deps toqito`.

A gap is the largest difference of a peer's value from ours: what it is off by, unless it is small.
"""

import argparse
import importlib
import json
import math
import sys
import warnings

import entropies  # first of all: it limits threads
import numpy as np
import pennylane as qml
import qutip

from qce import quantum

SIZES = (2, 4, 8, 16, 64, 256)
BATCHES = ((256, 4), (256, 16))
SEED = 2021
CONVEX = 16  # solvers take minutes beyond
ORDERS = (0.75, 2.0)  # QICS has the first, toqito both


def optional(name):
    """A peer's module, or None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed, and left out", file=sys.stderr)
        return None


metrics, props = optional("toqito.state_metrics"), optional("toqito.state_props")
cvxpy, qics = optional("cvxpy"), optional("qics")


def one_by_one(function, *stacks):
    """The function of each pair of a stack, for peers without batch axes."""
    shape = stacks[0].shape[:-2]
    members = [x.reshape(-1, *x.shape[-2:]) for x in stacks]
    return lambda: np.reshape([function(*pair) for pair in zip(*members, strict=True)], shape)


def by_qutip(function, *stacks, dims=None):
    """The same on `Qobj`, made outside the clock."""
    shape = stacks[0].shape[:-2]
    members = [
        [qutip.Qobj(x, dims=dims) for x in stack.reshape(-1, *stack.shape[-2:])] for stack in stacks
    ]
    return lambda: np.reshape([function(*pair) for pair in zip(*members, strict=True)], shape)


def by_qics(cone, rho, sigma, *matrices):
    """The least t with (t, 1, ρ, σ) in the epigraph of a divergence."""
    from qics.vectorize import mat_to_vec

    rows = [[0.0], *([[1.0]] if matrices else []), mat_to_vec(rho), mat_to_vec(sigma)]
    h = np.concatenate([np.reshape(x, (-1, 1)) for x in rows])
    g = -np.eye(len(h), 1)
    model = qics.Model(c=np.ones((1, 1)), G=g, h=h, cones=[cone])
    return qics.Solver(model, verbose=0).solve()["x_opt"].item()


def halves(d):
    """Wires of the two halves of d = 2^n dimensions."""
    n = round(math.log2(d))
    return list(range(n // 2)), list(range(n // 2, n))


def own(function, *stacks):
    return {
        "qce": lambda: function(*stacks, check=False),
        "qce +": lambda: function(*stacks),
    }


def of_two(rho, sigma):
    """Quantity → name → call, for quantities of two states."""
    d, single = rho.shape[-1], rho.ndim == 2
    tables = {
        "relative entropy": own(quantum.relative_entropy, rho, sigma)
        | {
            "PennyLane": lambda: qml.math.relative_entropy(rho, sigma),
            "QuTiP": by_qutip(qutip.entropy_relative, rho, sigma),
        },
        "fidelity": own(quantum.fidelity, rho, sigma)
        | {
            "PennyLane": lambda: qml.math.fidelity(rho, sigma),
            "QuTiP": by_qutip(lambda a, b: qutip.fidelity(a, b) ** 2, rho, sigma),
        },
        "trace distance": own(quantum.trace_distance, rho, sigma)
        | {
            "PennyLane": lambda: qml.math.trace_distance(rho, sigma),
            "QuTiP": by_qutip(qutip.tracedist, rho, sigma),
        },
        "Bures distance": own(quantum.bures_distance, rho, sigma)
        | {"QuTiP": by_qutip(qutip.bures_dist, rho, sigma)},
        "measured": own(quantum.measured_relative_entropy, rho, sigma)
        if d <= (CONVEX if single else 4)
        else {},
    }
    for name in (
        "belavkin_staszewski_relative_entropy",
        "chernoff",
        "cross_entropy_variance",
        "jensen_shannon_divergence",
        "max_relative_entropy",
        "min_relative_entropy",
        "relative_entropy_variance",
    ):
        tables[name.replace("_", " ")] = own(getattr(quantum, name), rho, sigma)
    for alpha in ORDERS:
        for family in ("petz", "sandwiched"):
            function = getattr(quantum, f"{family}_renyi_divergence")
            tables[f"{family} {alpha}"] = own(
                lambda r, s, f=function, a=alpha, **k: f(r, s, a, **k), rho, sigma
            )
    if metrics:
        tables["relative entropy"]["toqito +"] = one_by_one(
            props.quantum_relative_entropy, rho, sigma
        )
        tables["fidelity"]["toqito +"] = one_by_one(
            lambda a, b: metrics.fidelity(a, b) ** 2, rho, sigma
        )
        tables["trace distance"]["toqito +"] = one_by_one(metrics.trace_distance, rho, sigma)
        tables["Bures distance"]["toqito +"] = one_by_one(metrics.bures_distance, rho, sigma)
        if single and d <= 4:
            tables["measured"]["toqito +"] = one_by_one(
                metrics.measured_relative_entropy, rho, sigma
            )
    if cvxpy:
        tables["relative entropy"]["cvxpy"] = one_by_one(
            lambda a, b: cvxpy.quantum_rel_entr(a, b).value, rho, sigma
        )
    if qics and single and d <= CONVEX:
        alpha, cones = ORDERS[0], qics.cones
        tables["relative entropy"]["QICS"] = lambda: by_qics(
            cones.QuantRelEntr(d, iscomplex=True), rho, sigma
        )
        tables[f"petz {alpha}"]["QICS"] = lambda: by_qics(
            cones.RenyiEntr(d, alpha, iscomplex=True), rho, sigma, 1
        )
        tables[f"sandwiched {alpha}"]["QICS"] = lambda: by_qics(
            cones.SandRenyiEntr(d, alpha, iscomplex=True), rho, sigma, 1
        )
    return tables


def of_parts(rho):
    """Quantity → name → call, for quantities of two halves of one state."""
    first, second = halves(rho.shape[-1])
    dims = [2 ** len(first), 2 ** len(second)]
    qubits = [list(dims), list(dims)]

    def conditional(family):
        """−D_α(ρ ‖ 1 ⊗ ρ_B) in bits, as toqito has it."""
        function = getattr(quantum, f"{family}_renyi_divergence")

        def entropy(x, check=True):
            marginal = quantum.partial_trace(x, second)
            model = np.einsum("ij,...kl->...ikjl", np.eye(dims[0]) / dims[0], marginal)
            value = function(x, np.reshape(model, x.shape), 2.0, base=2, check=check)
            return len(first) - value

        return entropy

    tables = {
        "partial trace": {
            "qce": lambda: quantum.partial_trace(rho, first),
            "PennyLane": lambda: qml.math.partial_trace(
                rho.reshape(-1, *rho.shape[-2:]), second
            ).reshape(*rho.shape[:-2], dims[0], dims[0]),
        },
        "mutual information": own(
            lambda x, **k: quantum.mutual_information(x, first, second, **k), rho
        )
        | {
            "PennyLane": lambda: qml.math.mutual_info(rho, first, second),
            "QuTiP": by_qutip(lambda x: qutip.entropy_mutual(x, 0, 1), rho, dims=qubits),
        },
        "conditional entropy": own(
            lambda x, **k: quantum.conditional_entropy(x, first, second, **k), rho
        )
        | {"QuTiP": by_qutip(lambda x: qutip.entropy_conditional(x, 1), rho, dims=qubits)},
    }
    if rho.ndim == 2:
        marginal = qutip.Qobj(rho, dims=qubits)
        tables["partial trace"]["QuTiP"] = lambda: marginal.ptrace(0).full()
    if props:
        tables["conditional entropy"]["toqito +"] = one_by_one(
            lambda x: props.quantum_conditional_entropy(x, dims), rho
        )
        for family in ("petz", "sandwiched"):
            peer = getattr(props, f"{family}_renyi_conditional_entropy")
            tables[f"{family} conditional"] = own(conditional(family), rho) | {
                "toqito +": one_by_one(lambda x, f=peer: f(x, 2.0, dims), rho)
            }
    return tables


def measure(sizes, batches, only):
    """Return (quantity, name of the call) → label of the size → (seconds, gap)."""
    rng, found = np.random.default_rng(SEED), {}
    for shape in [(d, d) for d in sizes] + [(n, d, d) for n, d in batches]:
        label = "x".join(map(str, shape[:-1]))
        rho, sigma = entropies.ginibre(rng, *shape), entropies.ginibre(rng, *shape)
        found.setdefault(("", "eigh"), {})[label] = (
            entropies.least_times({"eigh": lambda x=sigma: np.linalg.eigh(x)})["eigh"],
            0.0,
        )
        tables = of_two(rho, sigma) | (of_parts(rho) if shape[-1] > 2 else {})
        for quantity, table in tables.items():
            if only and not any(word in quantity for word in only) or not table:
                continue
            print(f"timing {label} {quantity} …", file=sys.stderr, flush=True)
            values = {name: call() for name, call in table.items()}
            for name, seconds in entropies.least_times(table).items():
                gap = float(np.abs(values[name] - values["qce"]).max())
                found.setdefault((quantity, name), {})[label] = seconds, gap
    return found


def show(found):
    labels = list(found["", "eigh"])
    unit = {label: found["", "eigh"][label][0] for label in labels}
    print("\nRatios to one `numpy.linalg.eigh`, whose milliseconds come first\n")
    print(f"{'':40s}" + "".join(f"{label:>9s}" for label in labels) + f"{'gap':>10s}")
    print(f"{'eigh':40s}" + "".join(f"{1e3 * unit[label]:9.3g}" for label in labels))
    for (quantity, name), row in list(found.items())[1:]:
        cells = (f"{row[s][0] / unit[s]:9.3g}" if s in row else " " * 9 for s in labels)
        gap = max(gap for _, gap in row.values())
        print(f"{quantity:28.28s}{name:12s}" + "".join(cells) + f"{gap:10.0e}")
    print(f"\n{'ours beside a peer':40s}{'worst':>9s}  at")
    for quantity, name, worst, label in targets(found):
        verdict = "met" if worst <= 1 else "MISSED"
        print(f"{quantity:28.28s}{name:12s}{worst:9.3g}  {label:10s}{verdict}")


def targets(found):
    """Yield quantity, peer, and the worst ratio of our time to its, with the size."""
    for (quantity, name), row in found.items():
        if name.startswith("qce") or not quantity:
            continue
        mine = found.get((quantity, "qce +" if name.endswith("+") else "qce"))
        ratios = {label: mine[label][0] / seconds for label, (seconds, _) in row.items()}
        label = max(ratios, key=ratios.get)
        yield quantity, name, ratios[label], label


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="dimensions to time")
    parser.add_argument("--no-batches", action="store_true", help="single matrices only")
    parser.add_argument("--only", nargs="*", metavar="WORD", help="quantities with such a word")
    parser.add_argument("--json", metavar="FILE", help="write times in seconds and gaps here too")
    arguments = parser.parse_args()
    found = measure(arguments.sizes, () if arguments.no_batches else BATCHES, arguments.only)
    show(found)
    if arguments.json:
        record = {f"{quantity}, {name}": row for (quantity, name), row in found.items()}
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
