"""Every number of the text, from what the runs found; a key is what `main.tex` calls it by."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qce.reproduce.written import chance, fixed, measured, percent, plain, power, uncertain


def values(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers of the text.

    Args:
        found: For each experiment its run: `run.spec` holds the settings, `run(section, row)` a
            value of its report, `run.outcome` all that was found.

    Returns:
        Texts for TeX, by key.
    """
    numbers = {}
    for experiment, run in found.items():
        numbers |= {f"{experiment}:{key}": text for key, text in OF[experiment](run).items()}
    return numbers


def classical_limit(run: Any) -> dict[str, str]:
    """How close the ends are, and the chain."""
    families = ("relative entropy", "Rényi divergence, α = 2", "Rényi divergence, α = 1/2")
    sites = max(run.spec["sites"])
    return {
        "dimension": str(run.spec["dimension"]),
        "pairs": str(run.spec["pairs"]),
        "spread": fixed(run("Dephasing", "spread at the start, relative entropy"), 3),
        "median spread": fixed(
            run("Dephasing", "spread at the start, relative entropy, median of pairs"), 3
        ),
        "distance": power(
            max(run("Dephasing", f"largest distance from it at the end, {f}") for f in families)
        ),
        "sites": str(sites),
        "exponent": fixed(run("Turning", f"exponent of h, {sites} sites"), 4),
        "second": fixed(run("Turning", f"second order in h a site, {sites} sites"), 4),
        "strongest": fixed(run("Turning", f"difference a site at h = 1, {sites} sites"), 4),
        "strongest field": "1",
        "reference": str(max(run.spec["reference"])),
        "chain": fixed(run("Ising", f"cross entropy, {max(run.spec['reference'])} sites"), 8),
        "dense": str(run.spec["dense"]),
        "deviation": power(run("Ising", "largest deviation from matrices")),
    }


def measuring_early(run: Any) -> dict[str, str]:
    """The gap, the floor, and the price of the repair."""
    length, wires = min(run.spec["lengths"]), run.spec["wires"]
    estimates = "Three estimates"
    ways = {"deferred": "deferred", "shadows": "shadows"}
    return {
        "data": plain(run.spec["polarisation"]),
        "model": plain(length),
        "gap": fixed(run("Cross entropy above", f"gap at 90°, |s| = {length}"), 6),
        "wires": str(wires),
        "unbiased": fixed(run("Least", f"{wires} wires, mub bases"), 4),
        "unbiased least": fixed(run("Least", f"{wires} wires, mub bases, least in the mean"), 4),
        "unbiased seen": measured(run, "Least", f"{wires} wires, mub bases, measured"),
        "unbiased lowest": fixed(run("Least", f"{wires} wires, mub bases, lowest seen"), 4),
        "pauli": fixed(run("Least", f"{wires} wires, pauli bases"), 4),
        "pauli least": fixed(run("Least", f"{wires} wires, pauli bases, least in the mean"), 4),
        "draws": str(run.spec["draws"]),
        "outcomes": str(run.spec["outcomes"]),
        "exact": fixed(run(estimates, "exact"), 6),
        **{key: fixed(run(estimates, f"{way}: variance, theory"), 4) for key, way in ways.items()},
        **{
            f"{key} seen": fixed(run(estimates, f"{way}: variance of one outcome"), 4)
            for key, way in ways.items()
        },
        "bias": fixed(run(estimates, "empirical state: bias"), 3),
    }


def copies(run: Any) -> dict[str, str]:
    """What four ways leave of one qubit, times the copies, at two lengths."""
    middle, purest, most = 0.9, max(run.spec["lengths"]), max(run.spec["copies"])
    numbers = {
        "repeats": str(run.spec["repeats"]),
        "most": power(most),
        "middle": plain(middle),
        "purest": plain(purest),
        "schedules": str(run("Copies", "schedules of Adam")),
    }
    ways = {"fixed": "fixed", "adapted": "adapted", "averaged": "fresh, averaged"}
    for name, length in {"middle": middle, "purest": purest}.items():
        part = f"Copies times relative entropy, |r| = {length} "
        numbers |= {
            f"{name} bound": fixed(run(part, "bound"), 2),
            f"{name} predicted": fixed(run(part, "fixed, predicted"), 2),
            **{f"{name} {k}": measured(run, part, f"{w}, {most} copies") for k, w in ways.items()},
            f"{name} Adam": measured(run, part, f"fresh, Adam, {most} copies"),
        }
    return numbers


def copies_wires(run: Any) -> dict[str, str]:
    """What ways to measure leave of the purest states on most wires, times the copies."""
    wires, length, most = (max(run.spec[x]) for x in ("wires", "lengths", "copies"))
    part = f"Copies times relative entropy, {wires} wires, |r| = {length} "
    least, few = min(run.spec["impurities"]), min(run.spec["copies"])
    lines = {"bound": "bound", **{x: f"{x}, predicted" for x in _FRAMES}}
    ways = (*_FRAMES, "fresh, averaged", "fresh, Adam")
    return {
        "repeats": str(run.spec["repeats"]),
        "wires": str(wires),
        "length": plain(length),
        "most": power(most),
        "impurity": plain(least),
        "schedules": str(run("Copies that were used", "schedules of Adam")),
        **{way: measured(run, part, f"{way}, {most} copies") for way in ways},
        "few": plain(few),
        **{f"{way} few": measured(run, part, f"{way}, {few} copies") for way in ("fixed", "pairs")},
        **{f"{key} line": digits(run(part, line)) for key, line in lines.items()},
        **{
            f"{key} purest": digits(
                run(f"Predictions, {wires} wires", f"{line}, 1 − |r| = {least}")
            )
            for key, line in lines.items()
            if key != "turned wires"
        },
    }


_FRAMES = ("fixed", "turned wires", "unbiased", "Pauli letters", "pairs")


def digits(number: float) -> str:
    """Three digits; large ones as an order of magnitude."""
    return plain(float(f"{float(number):.3g}")) if number < 1e4 else power(number)


def correctness(run: Any) -> dict[str, str]:
    """Shares of right values, errors and times, of both libraries."""
    pairs = run.spec["cases"] * len(run.spec["dimensions"])
    kinds = ("same state", "outside the support", "inside the support")
    right = {x: [run(f"Verdicts, {x}", f"{k}, right") for k in kinds] for x in ("qce", "PennyLane")}
    nan = sum(run("Verdicts, PennyLane", f"{kind}, NaN") for kind in kinds)
    near, (*_, smaller, size) = run.spec["decades"], sorted(run.spec["sizes"])
    return {
        "pairs": str(len(kinds) * pairs),
        "right": str(sum(right["qce"])),
        "right there": str(sum(right["PennyLane"])),
        "nan": str(nan),
        "version": str(run("Versions", "PennyLane")),
        "distance": rf"\ensuremath{{10^{{-{near}}}}}",
        "error": power(run("Largest", f"qce, distance 1e-{near}")),
        "error there": power(run("Largest", f"PennyLane, distance 1e-{near}")),
        "size": str(size),
        **{
            f"{key}time{there}": fixed(run("Processor", f"{name}, {levels} levels"), 1)
            for key, levels in {"": size, "smaller ": smaller}.items()
            for there, name in {"": "qce", " there": "PennyLane"}.items()
        },
        "smaller": str(smaller),
    }


def compression(run: Any) -> dict[str, str]:
    """Rates, and the step."""
    longest = max(run.spec["blocks"])
    rate = {
        "entropy": "entropy",
        "letters": "letter entropy",
        "cross": "cross entropy",
        "excess": "relative entropy",
    }
    success = {where: f"{longest} letters, {where} the step" for where in ("below", "at", "above")}
    return {
        **{key: fixed(run("Rates", row), 4) for key, row in rate.items()},
        **{key: fixed(run("Success", row), 4) for key, row in success.items()},
        "longest": str(longest),
        "offset": plain(run.spec["offset"]),
        "dimension": fixed(run("Size", f"at the step, {longest} letters"), 4),
        "subspace": fixed(run("Size", "at the step, for long blocks"), 4),
        "overlap": power(run("Weight", f"{longest} letters")),
        "band": plain(run.spec["band"]),
        "data": plain(run.spec["data_length"]),
        "model": plain(run.spec["model_length"]),
        "tilt": plain(run.spec["tilt"]),
    }


def hypothesis(run: Any) -> dict[str, str]:
    """Limits, and the exponents of the most copies."""
    most = max(run.spec["copies"])
    return {
        "together": fixed(run("Limits", "relative entropy"), 4),
        "singly": fixed(run("Limits", "measured relative entropy"), 4),
        "lost": fixed(run("Limits", "lost by measuring early"), 4),
        "copies": str(most),
        "found together": fixed(run("Exponents", f"together, {most} copies"), 4),
        "found second": fixed(run("Exponents", f"second order, {most} copies"), 4),
        "found third": fixed(run("Exponents", f"second order and (ln n)/2n, {most} copies"), 4),
        "found singly": fixed(run("Exponents", f"one by one, {most} copies"), 4),
        "found fixed": fixed(run("Exponents", f"one by one, basis of n → ∞, {most} copies"), 4),
        "epsilon": plain(run.spec["epsilon"]),
        "data": plain(run.spec["data_length"]),
        "model": plain(run.spec["model_length"]),
    }


def tomography(run: Any) -> dict[str, str]:
    """The published counts and the W state."""
    state = f"W state of {run.spec['wires']} wires"
    small = f"W state of {run.spec['small']} wires, {run.spec['draws']} draws"
    steps = {m: run("Published pair, " + m, "steps") for m in ("accelerated", "diluted", "cover")}
    return {
        "likelihood": fixed(run("Published pair, acc", "likelihood (nats an outcome)"), 6),
        "left": fixed(run("Published pair, acc", "relative entropy left (nats)"), 6),
        **{f"steps {method}": str(number) for method, number in steps.items()},
        "tolerance": power(run.spec["published_tolerance"]),
        "wires": str(run.spec["wires"]),
        "shots": str(run(state, "shots")),
        "certificate": power(run(state, "certificate (nats)")),
        "distance": fixed(run(state, "trace distance"), 4),
        "every": str(run("Published pair, acc", "steps a certificate")),
        "small": str(run.spec["small"]),
        "draws": str(run.spec["draws"]),
        "small distance": measured(run, small, "trace distance"),
        "small least": fixed(run(small, "trace distance, least"), 4),
        "small largest": fixed(run(small, "trace distance, largest"), 4),
    }


def benchmarking(run: Any) -> dict[str, str]:
    """The reference, the crossing and the decay."""
    few, wide = min(run.spec["wires"]), max(run.spec["variance_wires"])
    return {
        "few": str(few),
        "wide": str(max(run.spec["wires"])),
        "wrong": measured(run, "Fidelity", f"linear, {few} wires, infinite dimension"),
        "right": measured(run, "Fidelity", f"linear, {few} wires"),
        "crossing wires": str(wide),
        "crossing": measured(run, "Linear", f"crossing, {wide} wires"),
        "limit": fixed(run("Linear", "crossing, infinite dimension"), 4),
        "error": plain(run.spec["error"]),
        "decay wires": str(run.spec["decay_wires"]),
        "layer": measured(run, "Decay", "fidelity of a layer"),
        "gates": fixed(run("Decay", "as the gates predict"), 4),
    }


def boltzmann(run: Any) -> dict[str, str]:
    """Steps of the chain, the parity, and hidden units."""
    chain, parity, hidden = "Thermal", "Relative", "Bars"
    ways = ("gradient", "natural", "newton")
    machines = [("classical", n) for n in (1, 2, 3)] + [("quantum", n) for n in (1, 2)]
    return {
        "sites": str(run.spec["sites"]),
        **{way: str(run(chain, f"{way}, steps")) for way in ways},
        "floor": fixed(run(chain, "floor without couplings"), 6),
        "coupling": power(run(chain, "largest error of a coupling, newton")),
        "bits": str(run.spec["bits"]),
        "quantum": fixed(run(parity, "quantum"), 6),
        "classical": fixed(run(parity, "classical"), 6),
        "all bits": power(run(parity, "quantum, all bits")),
        "fidelity": fixed(run(parity, "fidelity, quantum"), 4),
        "starts": str(run.spec["starts"]),
        **{f"{k} {n}": fixed(run(hidden, f"{k}, {n}"), 3) for k, n in machines},
        **{f"{k} {n} parameters": str(run(hidden, f"{k}, {n}, parameters")) for k, n in machines},
    }


def couplings(run: Any) -> dict[str, str]:
    """The shortest and the longest chain, from exact moments and from measured ones."""
    few, most = min(run.spec["sites"]), max(run.spec["sites"])
    summed = max(n for n in run.spec["sites"] if n <= run.spec["summed"])
    numbers = {
        "shots": power(run.spec["shots"]),
        "draws": str(run.spec["draws"]),
        "summed": str(summed),
        "squares": measured(run, f"Chain of {summed} sites", "squares, found over predicted"),
    }
    for key, n in {"few": few, "most": most}.items():
        chain = f"Chain of {n} sites"
        numbers |= {
            key: str(n),
            f"{key} terms": str(2 * n - 1),
            f"{key} steps": str(run(chain, "exact moments: steps")),
            f"{key} exact": power(run(chain, "exact moments: largest error of a coupling")),
            f"{key} error": measured(run, chain, "error of a coupling, found"),
            f"{key} predicted": measured(run, chain, "error of a coupling, first order"),
            f"{key} ratio": measured(run, chain, "found over first order"),
        }
    return numbers


def likelihood_or_discrepancy(run: Any) -> dict[str, str]:
    """What either loss leaves of one circuit, and the classical machines; then the stored runs."""
    above, widths = "Above exact likelihood", run.spec["widths"]
    wide, narrow = (f"IQP, discrepancy, {width:g} n" for width in (max(widths), min(widths)))
    below = {"tree": "Chow-Liu tree", "boltzmann": "Boltzmann machine", "law": "law of the ring"}
    wires = run.spec["wires"]
    return {
        **{
            key: plain(run.spec[key]) for key in ("wires", "seeds", "rows", "weight", "temperature")
        },
        "gates": str(run("Circuit", "gates")),
        "likelihood": measured(run, "Test rows", "IQP, likelihood"),
        **{key: measured(run, above, row) for key, row in (("wide", wide), ("narrow", narrow))},
        "wide p": chance(run(above, f"{wide}, p (Wilcoxon)")),
        "narrow p": chance(run(above, f"{narrow}, p (Wilcoxon)")),
        **{
            key: uncertain(-run(above, row), run(above, f"{row}, standard error"))
            for key, row in below.items()
        },
        "boltzmann parameters": str(pairwise(wires)),
        "wide width": f"n/{1 / max(widths):g}",
        "narrow width": f"n/{1 / min(widths):g}",
        "held": percent(run.spec["held"]),
        "flips": percent(max(run.spec["flips"])),
        **stored(),
    }


def stored() -> dict[str, str]:
    """Published circuits, whose data are not here: what was found where they were."""
    sets = kept()
    rows = {
        "published": "IQP, published angles",
        "likelihood": "IQP, likelihood",
        "wide": "IQP, discrepancy, 0.25 n",
        "narrow": "IQP, discrepancy, 0.05 n",
        "tree": "Chow-Liu tree",
        "boltzmann": "Boltzmann machine",
    }
    numbers = {f"stored {key}": str(sets["ising"][key]) for key in ("seeds", "steps")}
    for name in ("ising", "blobs"):
        found = sets[name]
        for key, row in rows.items():
            value, error = found["rows"][row], found["rows"][f"{row}, standard error"]
            numbers[f"{name} {key}"] = uncertain(value, error) if error else fixed(value, 3)
        above = found["above"]
        numbers[f"{name} above"] = uncertain(
            above["IQP, published angles"], above["IQP, published angles, error of the rows"]
        )
        numbers[f"{name} gates"] = str(found["gates"])
    return numbers | {"ising boltzmann parameters": str(pairwise(sets["ising"]["wires"]))}


def kept() -> dict[str, Any]:
    """What is stored, by name."""
    return tomllib.loads(Path(__file__).with_name("stored.toml").read_text(encoding="utf-8"))


def pairwise(bits: int) -> int:
    """Fields and couplings of a Boltzmann machine without hidden units."""
    return bits * (bits + 1) // 2


def coherence(run: Any) -> dict[str, str]:
    """The tree at both ends, and what it is better by."""
    tests, ends = "Test rows", (min(run.spec["coherences"]), max(run.spec["coherences"]))
    none, all_ = (f"coherence {c:g}" for c in ends)
    gain = f"{none} less {ends[1]:g}"
    middle = sorted(run.spec["coherences"])[-2]
    part = f"{none} less {middle:g}" if middle > ends[0] else gain
    return {
        "wires": str(run("Data", "wires")),
        "training": str(run("Data", "training")),
        "test": str(run("Data", "test")),
        "seeds": str(run.spec["seeds"]),
        "bond": str(run.spec["bond"]),
        "epochs": str(run.spec["epochs"]),
        "independent": measured(run, tests, "independent bits"),
        "tree": measured(run, tests, "Chow-Liu tree"),
        "em": measured(run, tests, "hidden tree by EM"),
        "over em": measured(run, tests, f"hidden tree by EM less {all_}"),
        "over em p": chance(run(tests, f"hidden tree by EM less {all_}, p (Wilcoxon)")),
        "none": measured(run, tests, none),
        "all": measured(run, tests, all_),
        "gain": measured(run, tests, gain),
        "gain p": chance(run(tests, f"{gain}, p (Wilcoxon)")),
        "share": percent(run(tests, f"{gain}, share of splits")),
        "middle": plain(middle),
        "part": measured(run, tests, part),
        "passes": str(run.spec["em_epochs"]),
        **plainer(),
    }


def plainer() -> dict[str, str]:
    """The same digits by shorter trainings of two optimisers, stored."""
    numbers = {}
    for name in ("adam", "soap"):
        found = kept()[f"digits_{name}"]
        rows = found["rows"]
        for key, row in {"none": "0", "all": "1", "gain": "0 less 1"}.items():
            row = f"coherence {row}"
            numbers[f"{name} {key}"] = uncertain(rows[row], rows[f"{row}, standard error"])
        numbers[f"{name} seeds"] = str(found["seeds"])
        numbers["plain epochs"] = str(found["epochs"])
    return numbers


def hidden_units(run: Any) -> dict[str, str]:
    """Expectation maximisation beside the exact gradient; units of both kinds."""
    section, g = "Expectation maximisation", f"g = {max(run.spec['strengths']):g}"
    strengths = [f"g = {strength:g}" for strength in run.spec["strengths"]]
    few, many, *_ = run.spec["units"]
    bits = "bars and stripes"
    return {
        "visible": str(run.spec["visible"]),
        "hidden": str(run.spec["hidden"]),
        "seeds": str(run.spec["seeds"]),
        "steps": str(run.spec["steps"]),
        "apart": power(max(run(section, f"{at}: hidden wires apart, largest") for at in strengths)),
        "deviation": percent(run(section, f"{g}: relative deviation of the gradient, median")),
        "more": measured(run, section, f"{g}: left more"),
        "p": chance(run(section, f"{g}: left more, p (Wilcoxon)")),
        "lower": percent(run(section, f"{g}: exact gradient lower, share")),
        "climbs": percent(run(section, f"{g}: expectation maximisation climbs, share")),
        "few": str(few),
        "many": str(many),
        "classical few": str(3 * few),
        "classical many": str(3 * many),
        "starts": str(run.spec["starts"]),
        "less few": measured(run, bits, f"{few}: quantum less classical"),
        "less many": measured(run, bits, f"{many}: quantum less classical"),
        **{
            f"{kind} learned": percent(run(bits, f"{many}: {kind}, share of starts at the entropy"))
            for kind in ("quantum", "classical")
        },
    }


def thermalise(run: Any) -> dict[str, str]:
    """Both ways down, the kets, and the couplings."""
    of = run.spec
    ising, heisenberg = (f"{x} chain of {of['sites']} sites (" for x in ("Ising", "Heisenberg"))
    few = f"Ising chain of {of['large']} sites from"
    data, model = "D(state‖model), from data", "D(model‖state), from the Hamiltonian"
    # With the most shots.
    shots, error, foretold = (
        float(run.outcome.history[name][-1]) for name in ("shots", "Ising/error", "Ising/foretold")
    )
    return {
        "sites": str(run.spec["sites"]),
        "ising data": power(abs(run(ising, data))),
        "ising model": power(abs(run(ising, model))),
        "heisenberg data": power(abs(run(heisenberg, data))),
        "heisenberg model": power(abs(run(heisenberg, model))),
        "large": str(run.spec["large"]),
        "kets": str(run.spec["kets"]),
        "entropy": fixed(run(few, "entropy of the state, by free fermions"), 4),
        "draws": str(run.spec["draws"]),
        "seen": measured(run, few, "cross entropy of its kets"),
        "unseen": measured(run, few, "cross entropy of as many other kets"),
        "oracle": measured(run, few, "the same of other kets, exact state"),
        "fitted": measured(run, few, "its kets: model less exact state"),
        "most steps": str(run.spec["large_steps"]),
        "behind": measured(run, few, "other kets: model less exact state"),
        "behind p": chance(run(few, "other kets: model less exact state, p (Wilcoxon)")),
        "repeats": str(run.spec["repeats"]),
        "shots": power(shots),
        "error": power(error),
        "foretold": power(foretold),
    }


def against_classical(run: Any) -> dict[str, str]:
    """Where the circuit is better or worse by more than chance, and the last data set."""
    sets = [f"{name} (" for name in run.spec["sets"]]
    numbers = {"sets": str(len(sets)), "seeds": str(run.spec["seeds"])}
    for key, other in {"": "network", " linear": "logistic regression"}.items():
        row = f"circuit less {other}"
        # Of several tests the level is shared among them (Bonferroni).
        told = [x for x in sets if run(x, f"{row}, p (Wilcoxon)") < 0.05 / len(sets)]
        numbers[f"ahead{key}"] = str(sum(run(each, row) > 0 for each in told))
        numbers[f"behind{key}"] = str(sum(run(each, row) < 0 for each in told))
    last = sets[-1]
    for key, row in {
        "circuit": "circuit",
        "network": "network",
        "logistic": "logistic regression",
    }.items():
        numbers[key] = measured(run, last, row)
        numbers[f"{key} parameters"] = str(run(last, f"parameters, {row}"))
    return numbers


def bars_and_stripes(run: Any) -> dict[str, str]:
    """Plateaus, and the three losses from the fewest and the most outcomes."""
    circuits = {
        "one": "1 layer",
        "star": "2 layers, star",
        "chain": "2 layers, chain",
        "all": "2 layers, all",
    }
    few, many = min(run.spec["shots"]), max(run.spec["shots"])
    losses, from_outcomes = ("likelihood", "discrepancy", "transport"), "2 layers, all, from"
    return {
        "starts": str(run.spec["starts"]),
        **{key: fixed(run(f"{name} (", "best"), 6) for key, name in circuits.items()},
        **{
            f"share {key}": percent(run(f"2 layers, {key} (", "share of starts there"))
            for key in ("star", "chain", "all")
        },
        "product": fixed(run("Relative", "best product"), 6),
        "tree": fixed(run("Relative", "best tree"), 6),
        "few": str(few),
        "many": str(many),
        "shot starts": str(run.spec["shot_starts"]),
        "steps": str(run.spec["shot_steps"]),
        **{
            f"{loss} {key}": measured(run, from_outcomes, f"{loss}, {shots} outcomes")
            for loss in losses
            for key, shots in {"few": few, "many": many}.items()
        },
        **{
            f"{loss} p {key}": chance(
                run(from_outcomes, f"{loss} less likelihood, {shots} outcomes, p (Wilcoxon)")
            )
            for loss in losses[1:]
            for key, shots in {"few": few, "many": many}.items()
        },
    }


def trainability(run: Any) -> dict[str, str]:
    """Points and laws."""
    return {
        "points": str(run("In all", "points")),
        "mean": fixed(run("In all", "largest deviation of a mean (standard errors)"), 1),
        "variance": fixed(run("In all", "largest deviation of a variance (standard errors)"), 1),
        "wide": fixed(
            run("In all", "n times the variance of the discrepancy, σ = n/4, 1000 wires"), 2
        ),
        "ratio": fixed(
            run("In all", "published variance over exact one, uniform data, 16 wires"), 2
        ),
    }


def hardware(run: Any) -> dict[str, str]:
    """How far from the best both models end."""
    learned, above = "learned, above the floor", "above the best under the noise"
    numbers = {
        "evaluations": str(run("thermal/shots", "evaluations")),
        "shots": str(run.spec["shots"]),
        "backend": rf"\texttt{{{run.spec['backend']}}}",
    }
    for key, model in {"thermal": "thermal", "born": "Born machine"}.items():
        numbers[f"{key} shots"] = fixed(run(f"{model}/shots", learned), 3)
        numbers[f"{key} noise"] = fixed(run(f"{model}/noise", learned), 3)
        numbers[f"{key} above"] = fixed(run(f"{model}/noise", above), 3)
    return numbers


OF = {
    "classical_limit": classical_limit,
    "measuring_early": measuring_early,
    "copies": copies,
    "copies_wires": copies_wires,
    "correctness": correctness,
    "compression": compression,
    "hypothesis": hypothesis,
    "tomography": tomography,
    "benchmarking": benchmarking,
    "boltzmann": boltzmann,
    "couplings": couplings,
    "hidden_units": hidden_units,
    "coherence": coherence,
    "likelihood_or_discrepancy": likelihood_or_discrepancy,
    "thermalise": thermalise,
    "bars_and_stripes": bars_and_stripes,
    "trainability": trainability,
    "against_classical": against_classical,
    "hardware": hardware,
}
