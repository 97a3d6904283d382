"""What comes in by every public entrance: circuits, devices, lists, dictionaries, settings."""

import inspect
import math

import numpy as np
import pennylane as qml
import pytest
import scipy.sparse

from qce import (
    ArgumentError,
    boltzmann,
    circuits,
    coding,
    data,
    laws,
    learning,
    models,
    objectives,
    plots,
    quantum,
    runs,
    states,
    tomography,
    trainability,
    xeb,
)
from qce.objectives import entropies

PLUS = np.array([1.0, 1.0]) / 2**0.5


# --- B1: unsigned and short integers --------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, np.uint16, float])
def test_entropies_of_counts_of_any_type(dtype):
    counts = np.array([20, 12, 5, 3])
    short, uniform = counts.astype(dtype), np.full(4, 0.25)
    assert entropies.entropy(short).value == pytest.approx(1.20317494907703, abs=1e-14)
    for estimator in ("plug-in", "miller-madow", "grassberger", "chao-shen"):
        ours = entropies.entropy(short, estimator=estimator)
        assert ours.value == entropies.entropy(counts, estimator=estimator).value
        assert ours.interval() == entropies.entropy(counts, estimator=estimator).interval()
    for function in (entropies.cross_entropy, entropies.relative_entropy):
        theirs = function(counts, uniform)
        assert function(short, uniform).value == theirs.value
        assert function(short, uniform).interval() == theirs.interval()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, float])
def test_fidelities_and_states_of_counts_of_any_type(dtype):
    ideal, seen = np.array([0.7, 0.1, 0.1, 0.1]), np.array([55, 15, 15, 15])
    assert xeb.fidelity(ideal, seen.astype(dtype)) == xeb.fidelity(ideal, seen)
    assert xeb.heavy_output_probability(ideal, seen.astype(dtype)) == 0.55
    povm = tomography.Povm.tetrahedron(1)
    found = tomography.reconstruct(np.array([100, 90, 80, 50]).astype(dtype), povm)
    assert found.shots == 320


def test_samples_of_any_type_give_one_likelihood():
    machine = models.BornMachine(circuits.rx(2))
    bits = np.array([[0, 1], [1, 1], [0, 0]])
    for make in (objectives.measured_likelihood, objectives.measured_discrepancy):
        values = {
            make(machine, bits.astype(t))([0.3, 0.4]).value for t in (int, np.uint8, bool, float)
        }
        assert len(values) == 1
    assert models.chow_liu(bits.astype(np.uint8)).parents == models.chow_liu(bits).parents


# --- B4: names without a suffix -------------------------------------------------------------------


@pytest.mark.parametrize("stem", ["loss-beta0.5", "loss-beta0.7", "a.b.c", "plain", "1.0"])
def test_figures_keep_their_names(tmp_path, stem):
    with plots.style():
        plots.save(plots.plt.figure(), tmp_path / stem)
    assert {p.name for p in tmp_path.iterdir()} == {f"{stem}.png", f"{stem}.pdf"}


def test_a_suffix_of_the_files_that_are_written_is_one(tmp_path):
    with plots.style():
        plots.save(plots.plt.figure(), tmp_path / "loss.pdf")
    assert {p.name for p in tmp_path.iterdir()} == {"loss.png", "loss.pdf"}


# --- B7: what a circuit function prepares ---------------------------------------------------------

FLIP = qml.X(0)


@qml.qnode(qml.device("default.qubit", wires=1))
def node(*wires):
    qml.X(0)
    return qml.state()


def returned(*wires):
    return FLIP


def listed(*wires):
    return [FLIP]


def queued(*wires):
    qml.X(0)


def both(*wires):
    return qml.X(0)


PREPARING = {f.__name__: f for f in (returned, listed, queued, both)} | {"node": node}


@pytest.mark.parametrize("prepare", PREPARING.values(), ids=PREPARING)
def test_what_a_function_returns_is_prepared_as_what_it_queues(prepare):
    counts = tomography.measure_pauli(prepare, 1, shots=20, seed=1)
    assert counts.by_basis["Z"].tolist() == [0, 20]
    ideal, seen = xeb.measure(prepare, 1, shots=20, seed=1)
    assert ideal.round(12).tolist() == [0, 1] and seen.tolist() == [0, 20]
    shadow = objectives.measure_shadow(data.Preparations([prepare]), shots=60, wires=1, seed=1)
    assert shadow.counts[2, 0] == 0
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    objective = objectives.deferred_cross_entropy(model, data.Preparations([prepare]))
    assert objective([0.5, 0.0]).value == pytest.approx(math.log1p(math.exp(-1)))


NOTHING = {
    "nothing": lambda *wires: None,
    "a number": lambda *wires: 3,
    "a measurement": lambda *wires: qml.expval(qml.Z(0)),
    "a name": "RX",
    "an operation": FLIP,
    "another wire": lambda *wires: qml.X(5),
    "other arguments": lambda a, b, c: qml.X(0),
}


@pytest.mark.parametrize("prepare", NOTHING.values(), ids=NOTHING)
def test_a_function_that_prepares_nothing_is_refused(prepare):
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    calls = {
        "prepare": lambda: tomography.measure_pauli(prepare, 1, shots=5),
        "circuit": lambda: xeb.measure(prepare, 1, shots=5),
        "circuits": lambda: objectives.deferred_cross_entropy(
            model, data.Preparations([prepare]), shots=5
        ),
    }
    for name, call in calls.items():
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name


def test_the_state_zero_is_prepared_by_saying_so():
    counts = tomography.measure_pauli(lambda: qml.Identity(0), 1, shots=5, seed=1)
    assert counts.by_basis["Z"].tolist() == [5, 0]


# --- B8: lists and tuples -------------------------------------------------------------------------


def of_parameters():
    """Models and objectives with all their functions of the parameters."""
    born = models.BornMachine(circuits.strongly_entangling(1, 1))
    yield born.size, [born.probabilities, born.mixture, lambda p: born.sample(p, 3, 0)]
    for spectrum in (models.ProductSpectrum, models.PairwiseSpectrum, models.CategoricalSpectrum):
        law = spectrum(1)
        yield law.size, [law.log_probabilities]
        model = models.ThermalModel(circuits.rx(1), law)
        yield (
            model.size,
            [
                model.log_probabilities,
                model.mixture,
                model.density_matrix,
                model.split,
                lambda p, m=model: m.weights([1.0, 0.0], p),
                objectives.exact_cross_entropy(model, PLUS),
                objectives.exact_cross_entropy(model, PLUS).loss,
                objectives.exact_cross_entropy(model, PLUS).value_and_gradient,
                objectives.deferred_cross_entropy(model, PLUS, shots=10, seed=1),
            ],
        )
    machine = models.BoltzmannMachine(models.PauliTerms(("X", "Z")))
    names = ("hamiltonian", "log_partition", "state", "density_matrix")
    yield machine.size, [getattr(machine, name) for name in names]
    circuit = circuits.rotations_xx(2, 2)
    yield circuit.size, [lambda p: circuit.evolve([1, 0, 0, 0], p)]
    turned = circuits.reversible(circuit)
    yield turned.size, [lambda p: turned.evolve([1, 0, 0, 0], p)]
    classifier = models.Classifier(2, 2, 1)
    rows = [[0.1, 0.2], [0.3, 0.4]]
    yield (
        classifier.size,
        [
            lambda p: classifier.probabilities(p, rows),
            lambda p: classifier.kets(p, rows),
            lambda p: learning.predict(classifier, p, rows),
        ],
    )
    likelihood = objectives.measured_likelihood(born, [[0], [1], [1]])
    yield born.size, [likelihood, likelihood.loss]


def flat(x):
    if isinstance(x, tuple):
        return np.concatenate([flat(y) for y in x])
    return np.atleast_1d(np.asarray(float(x) if hasattr(x, "stderr") else x)).ravel()


FUNCTIONS = [(size, f) for size, functions in of_parameters() for f in functions]


@pytest.mark.parametrize(("size", "function"), FUNCTIONS)
def test_lists_and_tuples_are_taken_as_arrays(size, function):
    params = [0.1 + 0.07 * i for i in range(size)]
    expected = flat(function(np.array(params)))
    if "shots" not in repr(function):  # what is drawn differs from call to call
        for form in (params, tuple(params), [np.float32(x) for x in params]):
            assert np.allclose(flat(function(form)), expected, atol=1e-5)


@pytest.mark.parametrize(("size", "function"), FUNCTIONS)
@pytest.mark.parametrize("bad", [[], "text", None, {}, [[1.0]], 1.0, "longer"], ids=repr)
def test_parameters_of_another_kind_are_refused_by_name(size, function, bad):
    params = np.zeros(size + 1) if bad == "longer" else bad
    with pytest.raises(ArgumentError) as caught:
        function(params)
    assert caught.value.argument in ("params", "theta")
    if isinstance(bad, list) or bad == "longer":
        assert f"have shape ({size},), but its shape is" in str(caught.value)


# --- B9: fits that determine nothing --------------------------------------------------------------

RNG = np.random.default_rng(9)
DEPTHS = np.array([5, 10, 20, 40])


@pytest.mark.parametrize(
    ("fidelities", "words"),
    [
        (np.zeros(4), "above the noise"),
        (0.005 * RNG.normal(size=4), "above the noise"),
        (-0.3 * 1.01**DEPTHS, "negative"),
        (-0.3 * 0.97**DEPTHS, "negative"),
        (0.1 * 1.05**DEPTHS, "grow"),
        (np.array([0.9, 0, 0, 0]), "apart"),
    ],
)
def test_a_fit_without_a_decay_says_so(fidelities, words):
    found = xeb.fit_decay(DEPTHS, fidelities, [0.01] * 4)
    assert words in found.undetermined and words in str(found)
    assert math.isnan(found.layer) and found.layer_stderr == math.inf
    assert math.isnan(found.amplitude) and math.isnan(found.pauli_error(4))


def test_a_decay_is_found_within_its_errors():
    """200 draws: the share within two errors is 95 % ± 3 × 1.5 %."""
    law, stderr = 0.9 * 0.97**DEPTHS, 0.01
    inside = 0
    for _ in range(200):
        found = xeb.fit_decay(DEPTHS, law + stderr * RNG.normal(size=4), [stderr] * 4)
        assert not found.undetermined
        inside += abs(found.layer - 0.97) < 1.96 * found.layer_stderr
    assert inside / 200 > 0.95 - 3 * (0.95 * 0.05 / 200) ** 0.5


def test_no_signal_is_rarely_taken_for_a_decay():
    """Once in 370 times χ² of four degrees of freedom is above: 5 of 300 once in 600 times."""
    noise = 0.01 * RNG.normal(size=(300, 4))
    said = [xeb.fit_decay(DEPTHS, f, [0.01] * 4).undetermined for f in noise]
    assert sum("above the noise" not in words for words in said) <= 4


def test_a_flat_line_is_a_decay_of_one_within_its_error():
    found = xeb.fit_decay(DEPTHS, [0.9, 0.905, 0.895, 0.9], [0.01] * 4)
    assert not found.undetermined and abs(found.layer - 1) < 3 * found.layer_stderr


# --- B10: devices ---------------------------------------------------------------------------------


def with_device(device):
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    born = models.BornMachine(circuits.rx(1))
    prepare = data.Preparations([queued])
    yield lambda: objectives.deferred_cross_entropy(model, PLUS, device=device)
    yield lambda: objectives.shadow_cross_entropy(model, prepare, device=device)
    yield lambda: objectives.empirical_cross_entropy(model, prepare, device=device)
    yield lambda: objectives.thermalisation(model, {"Z": 1.0}, device=device)
    yield lambda: objectives.measured_likelihood(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measured_discrepancy(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measured_transport(born, [0.5, 0.5], device=device)
    yield lambda: objectives.measure_shadow(PLUS, shots=5, device=device)
    yield lambda: tomography.measure_pauli(queued, 1, shots=5, device=device)
    yield lambda: xeb.measure(queued, 1, shots=5, device=device)


@pytest.mark.filterwarnings("ignore")
def test_shots_of_a_device_are_refused_wherever_one_is_taken():
    device = qml.device("default.qubit", wires=1, shots=100)
    for call in with_device(device):
        with pytest.raises(ArgumentError, match="shots=100") as caught:
            call()
        assert caught.value.argument == "device"


@pytest.mark.parametrize(
    "device",
    [
        5,
        1.5,
        ["default.qubit"],
        object,
        {},
        b"default.qubit",
        "",
        " ",
        "no.such",
        "default.qubit,x",
    ],
    ids=repr,
)
def test_what_is_no_device_is_refused_by_name(device):
    for call in with_device(device):
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == "device"


# --- C6: taken where it means one thing -----------------------------------------------------------


def test_dictionaries_of_counts_as_data_of_a_likelihood():
    machine = models.BornMachine(circuits.rx(2))
    bits = [[0, 0]] * 3 + [[0, 1]] * 2 + [[1, 1]]
    expected = objectives.measured_likelihood(machine, bits)([0.4, 0.9]).value
    for counts in ({"00": 3, "01": 2, "11": 1}, {"0 0": 3, "1 0": 2, "1 1": 1}):
        found = objectives.measured_likelihood(machine, counts)([0.4, 0.9])
        assert found.value == pytest.approx(expected, abs=1e-14) and found.shots == 6
    table = {"XZ": {"00": 3, "11": 1}, "ZZ": {"01": 4}}
    ours = objectives.measured_likelihood(machine, table)([0.4, 0.9])
    theirs = objectives.measured_likelihood(machine, tomography.read_counts(table))([0.4, 0.9])
    assert ours == theirs
    one = objectives.measured_likelihood(models.BornMachine(circuits.rx(1)), {"0": 10, "1": 5})
    assert one.shots == 15


def test_shadows_of_pennylane_as_data():
    bits, recipes = RNG.integers(0, 2, size=(30, 1)), RNG.integers(0, 3, size=(30, 1))
    shadow = data.Shadow.from_pennylane(bits, recipes)
    model = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
    forms = [(bits, recipes), np.array([bits, recipes]), qml.ClassicalShadow(bits, recipes)]
    for make in (
        objectives.shadow_cross_entropy,
        objectives.empirical_cross_entropy,
        objectives.measured_likelihood,
    ):
        expected = make(model, shadow)([0.3, 0.2])
        for form in forms:
            found = make(model, form)([0.3, 0.2])
            assert found.value == pytest.approx(expected.value, abs=1e-14)
            assert found.stderr == pytest.approx(expected.stderr, abs=1e-14)
            assert found.shots == 30


def noisy_pauli(flip):
    """Povm.pauli(1) read wrongly with a probability."""
    right = np.asarray(tomography.Povm.pauli(1).sites[0])
    return (1 - flip) * right + flip * right.reshape(3, 2, 2, 2)[:, ::-1].reshape(6, 2, 2)


def test_pauli_counts_with_a_noisy_measurement():
    """Readout errors of 8 %: with the measurement as it was, the state comes out."""
    ket = np.array([1, 0, 0, 1]) / 2**0.5
    rho = 0.95 * np.outer(ket, ket) + 0.05 * np.eye(4) / 4
    povm = tomography.Povm((noisy_pauli(0.08),) * 2)
    ideal = tomography.Povm.pauli(2)
    rng = np.random.default_rng(3)
    law = povm.probabilities(rho)
    drawn = rng.multinomial(90_000, law.ravel() / law.sum()).reshape(law.shape)
    table = drawn.reshape(3, 2, 3, 2).transpose(0, 2, 1, 3).reshape(9, 4)
    letters = [a + b for a in "XYZ" for b in "XYZ"]
    counts = data.Counts(dict(zip(letters, table, strict=True)))
    as_it_was = tomography.reconstruct(counts, povm)
    assert (as_it_was.counts == drawn).all()
    assert abs(as_it_was.state @ ket @ ket - rho @ ket @ ket) < 0.01
    wrong = tomography.reconstruct(counts)
    assert wrong.state @ ket @ ket - rho @ ket @ ket < -0.1
    assert ideal.outcomes == povm.outcomes


def test_the_two_likelihoods_differ_by_the_choice_of_the_basis():
    """n ln 3 where all bases are used alike, and the entropy of their shares where they are not."""
    model = models.ThermalModel(circuits.rotations_xx(3, 2), models.ProductSpectrum(3))
    params = model.initial(1)
    counts = tomography.simulate_pauli(np.asarray(model.density_matrix(params)), shots=50, seed=2)
    uneven = data.Counts({b: (i % 3 + 1) * t for i, (b, t) in enumerate(counts.by_basis.items())})
    for seen in (counts, uneven):
        found = tomography.reconstruct(seen)
        law = found.povm.probabilities(np.asarray(model.density_matrix(params), dtype=complex))
        together = -np.sum(found.counts * np.log(law)) / found.shots
        given = objectives.measured_likelihood(model, seen)(params).value
        assert together - found.choice == pytest.approx(given, abs=1e-5)
        assert found.nll_of_outcomes == found.nll.value - found.choice
    assert tomography.reconstruct(counts).choice == pytest.approx(3 * math.log(3))


def test_expectations_of_operators():
    ket = np.array([1, 0, 0, 1]) / 2**0.5
    counts = tomography.simulate_pauli(np.outer(ket, ket), shots=200, seed=1)
    found = tomography.reconstruct(counts)
    for operator in (qml.Z(0) @ qml.Z(1), qml.X(0), qml.X(1) + 0.5 * qml.Z(0), qml.Z(1)):
        matrix = qml.matrix(operator, wire_order=[0, 1])
        assert found.expectation(operator) == found.expectation(matrix)
    with pytest.raises(ArgumentError, match="`observable`"):
        found.expectation(qml.Z(2))


def test_samples_of_a_tree_follow_its_law():
    """χ² of 20 000 draws with 15 degrees of freedom: above 45 once in 10⁴."""
    bits = RNG.integers(0, 2, size=(400, 4))
    bits[:, 2] = bits[:, 0] ^ (RNG.random(400) < 0.1)
    for model in (models.chow_liu(bits), models.product(bits)):
        drawn = model.sample(20_000, seed=4)
        assert (drawn == model.sample(20_000, seed=4)).all()
        law = model.probabilities()
        seen = np.bincount(data.outcome_index(drawn), minlength=16)
        assert np.sum((seen - 20_000 * law) ** 2 / (20_000 * law)) < 45
    wide = models.ChowLiuTree((-1, *range(199)), np.full((200, 2, 2), 0.5))
    assert wide.sample(3, seed=0).shape == (3, 200)


# --- F: settings ---

RHO, SIGMA = np.diag([0.75, 0.25]), np.eye(2) / 2
BORN = models.BornMachine(circuits.rx(1))
THERMAL = models.ThermalModel(circuits.rx(1), models.ProductSpectrum(1))
POVM = tomography.Povm.tetrahedron(1)
SOURCE = coding.Source.shannon([0.9, 0.1])
TERMS = models.PauliTerms(("X", "Z"))
MACHINE = models.BoltzmannMachine(TERMS)
LABELLED = data.labelled("iris")
LAW = [0.5, 0.5]

# Of each public function a call that is right, and which of its settings are of which kind.
# One entry a function: settings that are whole numbers, that are real, and seeds.
CALLS = {
    "random_bases": (data.random_bases, {"ensemble": "mub", "wires": 1}, "wires", "", ""),
    "PauliBases": (data.PauliBases, {"wires": 1}, "wires", "", ""),
    "UnbiasedBases": (data.UnbiasedBases, {"wires": 1}, "wires", "", ""),
    "label": (data.PauliBases(1).label, {"index": 1}, "index", "", ""),
    "bars_and_stripes": (data.bars_and_stripes, {"rows": 2, "columns": 2}, "rows columns", "", ""),
    "gibbs_state": (data.gibbs_state, {"hamiltonian": RHO, "beta": 1.0}, "", "beta", ""),
    "transverse_field_ising": (
        data.transverse_field_ising, {"wires": 2, "J": 1.0, "h": 1.0}, "wires", "J h", "",
    ),
    "digit_masks": (
        data.digit_masks, {"clutter": 0.1, "noise": 0.1, "seed": 0}, "", "clutter noise", "seed",
    ),
    "split": (LABELLED.split, {"share": 0.5, "seed": 0}, "", "share", "seed"),
    "stream": (LABELLED.stream, {"seed": 0, "batch_size": 2}, "batch_size", "", "seed"),
    "strongly_entangling": (
        circuits.strongly_entangling, {"wires": 2, "layers": 1}, "wires layers", "", "",
    ),
    "rotations_xx": (circuits.rotations_xx, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "ising": (circuits.ising, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "heisenberg": (circuits.heisenberg, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "rx": (circuits.rx, {"wires": 2}, "wires", "", ""),
    "ProductSpectrum": (models.ProductSpectrum, {"wires": 2}, "wires", "", ""),
    "PairwiseSpectrum": (models.PairwiseSpectrum, {"wires": 2}, "wires", "", ""),
    "CategoricalSpectrum": (models.CategoricalSpectrum, {"wires": 2}, "wires", "", ""),
    "Classifier": (
        models.Classifier, {"wires": 2, "classes": 2, "layers": 1}, "wires classes layers", "", "",
    ),
    "Regressor": (models.Regressor, {"wires": 2, "layers": 1}, "wires layers", "", ""),
    "Segmenter": (
        models.Segmenter,
        {"wires": 4, "classes": 2, "layers": 1, "patch": 3},
        "wires classes layers patch", "", "",
    ),
    "BoltzmannMachine": (models.BoltzmannMachine, {"terms": TERMS, "hidden": 0}, "hidden", "", ""),
    "chain": (models.PauliTerms.chain, {"wires": 2, "fields": "X"}, "wires", "", ""),
    "local": (models.PauliTerms.local, {"wires": 2, "body": 1}, "wires body", "", ""),
    "SemiQuantumBoltzmann": (
        models.SemiQuantumBoltzmann, {"visible": 2, "hidden": 1}, "visible hidden", "", "",
    ),
    "restricted": (
        models.PauliTerms.restricted, {"visible": 1, "hidden": 1}, "visible hidden", "", "",
    ),
    "initial, born": (BORN.initial, {"seed": 0}, "", "", "seed"),
    "initial, thermal": (THERMAL.initial, {"seed": 0}, "", "", "seed"),
    "initial, boltzmann": (MACHINE.initial, {"seed": 0}, "", "", "seed"),
    "initial, classifier": (models.Classifier(2, 2).initial, {"seed": 0}, "", "", "seed"),
    "sample, born": (BORN.sample, {"params": [0.1], "shots": 3, "seed": 0}, "shots", "", "seed"),
    "sample, tree": (
        models.chow_liu(np.eye(2)).sample, {"shots": 3, "seed": 0}, "shots", "", "seed",
    ),
    "sample, product": (
        models.product(np.eye(2)).sample, {"shots": 3, "seed": 0}, "shots", "", "seed",
    ),
    "IsingChain": (states.IsingChain, {"sites": 2, "J": 1.0, "h": 1.0}, "sites", "J h", ""),
    "Thermal": (
        states.Thermal,
        {"hamiltonian": RHO, "beta": 1.0, "log_partition": 1.0},
        "", "beta log_partition", "",
    ),
    "random_density_matrix": (
        states.random_density_matrix, {"d": 2, "rank": 1, "seed": 0}, "d rank", "", "seed",
    ),
    "lanczos": (
        states.lanczos_cross_entropy,
        {"data": PLUS, "model": SIGMA, "least": 0.1, "tolerance": 1e-6, "steps": 2},
        "steps", "least tolerance", "",
    ),
    "matchgate": (circuits.matchgate, {"wires": 3, "layers": 2}, "wires layers", "", ""),
    "orthogonal": (circuits.orthogonal, {"wires": 3, "layers": 2}, "wires layers", "", ""),
    "IQP": (models.IQP, {"wires": 2, "gates": [(0,), (0, 1)]}, "wires", "", ""),
    "Matchgate": (
        models.Matchgate, {"wires": 2, "hidden": 1, "layers": 2}, "wires hidden layers", "", "",
    ),
    "MatrixProduct": (models.MatrixProduct, {"wires": 3, "bond": 2}, "wires bond", "", ""),
    "hidden_tree": (
        models.hidden_tree, {"bits": [[0, 1], [1, 1], [0, 0]], "bond": 2, "seed": 0},
        "bond", "", "seed",
    ),
    "deploy": (
        objectives.deploy,
        {"circuit": circuits.rx(1), "params": [0.3], "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "deployment_gap": (
        objectives.deployment_gap,
        {"model": BORN, "params": [0.3] * BORN.size, "outcomes": [[0], [1]], "seed": 0},
        "", "", "seed",
    ),
    "moment_discrepancy": (
        objectives.moment_discrepancy,
        {"expectations": models.IQP(1, [(0,)]), "data": [[0], [1]], "seed": 0}, "", "", "seed",
    ),
    "deferred": (
        objectives.deferred_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "shadow": (
        objectives.shadow_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "empirical": (
        objectives.empirical_cross_entropy,
        {"model": THERMAL, "data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "likelihood": (
        objectives.measured_likelihood,
        {"model": BORN, "data": LAW, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "discrepancy": (
        objectives.measured_discrepancy,
        {"model": BORN, "data": LAW, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "transport": (
        objectives.measured_transport,
        {"model": BORN, "data": LAW, "epsilon": 0.5, "shots": 5, "seed": 0},
        "shots", "epsilon", "seed",
    ),
    "thermalisation": (
        objectives.thermalisation,
        {
            "model": THERMAL, "hamiltonian": {"Z": 1.0}, "beta": 1.0, "log_partition": 0.1,
            "shots": 5, "seed": 0, "memory": 1.0,
        },
        "shots", "beta log_partition memory", "seed",
    ),
    "measure_shadow": (
        objectives.measure_shadow, {"data": PLUS, "shots": 5, "seed": 0}, "shots", "", "seed",
    ),
    "measure_pauli": (
        tomography.measure_pauli,
        {"prepare": queued, "wires": 1, "shots": 2, "seed": 0, "memory": 1.0},
        "wires shots", "memory", "seed",
    ),
    "simulate_pauli": (
        tomography.simulate_pauli,
        {"state": SIGMA, "shots": 2, "seed": 0, "memory": 1.0}, "shots", "memory", "seed",
    ),
    "reconstruct": (
        tomography.reconstruct,
        {
            "counts": [4, 3, 2, 1], "povm": POVM, "hedge": 0.5, "entropy": 0.1,
            "tolerance": 1e-3, "steps": 5, "memory": 1.0,
        },
        "steps", "hedge entropy tolerance memory", "",
    ),
    "Povm.pauli": (tomography.Povm.pauli, {"wires": 1}, "wires", "", ""),
    "success": (
        coding.success_probability, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", "",
    ),
    "code_dimension": (coding.code_dimension, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", ""),
    "fixed_length": (
        coding.fixed_length_success, {"source": SOURCE, "n": 3, "rate": 0.5}, "n", "", "",
    ),
    "typical": (coding.typical_overlap, {"source": SOURCE, "n": 3, "delta": 0.1}, "n", "delta", ""),
    "mean_length": (coding.mean_length, {"source": SOURCE, "n": 3}, "n", "", ""),
    "stein": (
        coding.stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "measured stein": (
        coding.measured_stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "best measured stein": (
        coding.best_measured_stein_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "second order": (
        coding.second_order_exponent,
        {"data": RHO, "model": SIGMA, "n": 3, "epsilon": 0.1}, "n", "epsilon", "",
    ),
    "Source": (coding.Source, {"law": LAW, "model": LAW, "entropy": 1.0}, "", "entropy", ""),
    "random_circuit": (
        xeb.random_circuit, {"wires": 2, "depth": 1, "seed": 0}, "wires depth", "", "seed",
    ),
    "xeb.measure": (
        xeb.measure,
        {"circuit": queued, "wires": 1, "shots": 2, "seed": 0, "memory": 1.0},
        "wires shots", "memory", "seed",
    ),
    "moments": (xeb.moments, {"estimator": "log", "dimension": 4}, "dimension", "", ""),
    "shot_variance": (
        xeb.shot_variance, {"estimator": "log", "fidelity": 0.5}, "", "fidelity", "",
    ),
    "pauli_error": (
        xeb.Decay(0.9, 0.1, 1.0, 0.1, 1.0).pauli_error, {"dimension": 4}, "dimension", "", "",
    ),
    "learn": (
        boltzmann.learn,
        {
            "model": MACHINE, "data": SIGMA, "optimizer": "gradient", "learning_rate": 0.1,
            "steps": 1, "tolerance": 1e-3, "seed": 0, "memory": 1.0,
        },
        "steps", "learning_rate tolerance memory", "seed",
    ),
    "gibbs_cross_entropy": (
        boltzmann.gibbs_cross_entropy,
        {"model": MACHINE, "data": SIGMA, "memory": 1.0}, "", "memory", "",
    ),
    "Moments": (boltzmann.Moments, {"values": [0.1, 0.2], "entropy": 0.1}, "", "entropy", ""),
    "miss": (trainability.miss_probability, {"wires": 2, "shots": 5}, "wires shots", "", ""),
    "sampled": (
        trainability.sampled_likelihood,
        {"wires": 2, "shots": 5, "clip": 0.1}, "wires shots", "clip", "",
    ),
}  # fmt: skip

BAD = {
    "integer": [1.5, "2", True, math.nan, -7, [2], {}, 2 + 1j],
    "number": ["a", math.nan, math.inf, True, [0.1, 0.2], {}, 1j],
    "seed": ["a", -1, 1.5, 2**65, True, {}],
}


def bad_settings():
    for name, (function, settings, *kinds) in CALLS.items():
        for kind, words in zip(("integer", "number", "seed"), kinds, strict=True):
            for setting in words.split():
                yield pytest.param(function, settings, setting, BAD[kind], id=f"{name}, {setting}")


@pytest.mark.parametrize(("function", "settings", "setting", "bad"), list(bad_settings()))
def test_a_bad_setting_is_refused_by_its_name(function, settings, setting, bad):
    for value in bad:
        with pytest.raises(ArgumentError) as caught:
            function(**{**settings, setting: value})
        assert caught.value.argument == setting, value


@pytest.mark.parametrize("name", CALLS)
def test_whole_numbers_of_numpy_are_whole_numbers(name):
    function, settings, integers, numbers, seeds = CALLS[name]
    kinds = dict.fromkeys(integers.split(), np.int64)
    kinds |= dict.fromkeys(seeds.split(), np.uint32) | dict.fromkeys(numbers.split(), np.float64)
    function(**{k: kinds[k](v) if k in kinds else v for k, v in settings.items()})


def test_no_setting_of_a_public_function_is_forgotten():
    """Every keyword of these names, of every public function here, is in the list above."""
    watched = {"seed", "shots", "wires", "layers", "memory", "tolerance", "beta"}
    watched |= {"epsilon", "depth", "dimension", "hidden", "steps", "learning_rate", "n"}
    covered = {(f, s) for f, _, *kinds in CALLS.values() for k in kinds for s in k.split()}
    known = {(getattr(f, "__func__", f), s) for f, s in covered}
    forgotten = []
    modules = [boltzmann, circuits, coding, data, models, objectives, states, tomography]
    for module in [*modules, trainability, xeb]:
        for name in module.__all__:
            thing = getattr(module, name)
            if not callable(thing) or name in ("Bases", "Spectrum", "Objective", "Circuit"):
                continue
            if inspect.isclass(thing) and name in ("Fidelity", "Bracket", "Expectations"):
                continue  # records of results
            for parameter in inspect.signature(thing).parameters:
                if parameter in watched and (thing, parameter) not in known:
                    forgotten.append(f"{module.__name__}.{name}({parameter})")
    # Tables of data: counts by basis, wires that are counted by the data themselves.
    allowed = {"qce.data.from_counts(wires)", "qce.objectives.measure_shadow(wires)"}
    allowed |= {f"qce.tomography.Reconstruction({x})" for x in ("tolerance", "steps")}
    assert set(forgotten) <= allowed


@pytest.mark.parametrize(
    "call",
    [
        lambda: states.random_density_matrix(10**6),
        lambda: circuits.fixed(np.broadcast_to(np.eye(2), (10**10, 2, 2))),
        lambda: tomography.simulate_pauli(np.eye(2**9) / 2**9, shots=1, seed=1, memory=0.01),
        lambda: xeb.measure(queued, 60, shots=1),
        lambda: tomography.measure_pauli(queued, 60, shots=1),
        lambda: trainability.miss_probability(2, 10**12),
        lambda: models.product(np.eye(40)).probabilities(),
        lambda: boltzmann.gibbs_cross_entropy(MACHINE, SIGMA, memory=1e-9),
    ],
)
def test_what_would_not_fit_is_refused_with_the_estimate(call):
    with pytest.raises(ArgumentError, match="GiB"):
        call()


def test_a_source_is_of_probabilities():
    for law, model in (([2, -1], LAW), (LAW, [2, -1]), (LAW, [0.5, 0.25, 0.25]), ([LAW], [LAW])):
        with pytest.raises(ArgumentError):
            coding.Source(law, model, 1.0)


# --- F3: estimates that are no floats, and sizes that no one can wait for ---


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("samples", lambda: data.empirical(np.zeros((3, 2000), int))),
        ("samples", lambda: data.Counts.from_samples({"Z" * 2000: np.zeros((1, 2000), int)})),
        ("by_basis", lambda: data.Counts({"Z" * 20_000: [1]})),
        ("wires", lambda: models.ProductDistribution(np.full(2000, 0.5)).probabilities()),
        ("rows", lambda: data.bars_and_stripes(10**9, 10**9)),
        ("spectrum", lambda: models.ThermalModel(
            circuits.rx(2000), models.CategoricalSpectrum(2000)).initial(0)),
        ("layers", lambda: models.BornMachine(circuits.ising(2, 10**12)).initial(0)),
        ("circuit", lambda: models.BornMachine(circuits.rx(60)).probabilities(np.zeros(60))),
        ("circuit", lambda: models.ThermalModel(
            circuits.rx(17), models.ProductSpectrum(17)).density_matrix(np.zeros(34))),
        ("wires", lambda: models.PairwiseSpectrum(60).log_probabilities(np.zeros(60 * 61 // 2))),
        ("strings", lambda: models.PauliTerms(("Z" * 60,)).phases),
        ("strings", lambda: models.PauliTerms(("X" * 17,)).matrix([1.0])),
        ("terms", lambda: models.BoltzmannMachine(
            models.PauliTerms(("Z" * 17,))).density_matrix([1.0])),
        ("features", lambda: models.Classifier(60, 2).probabilities(
            np.zeros(models.Classifier(60, 2).size), np.zeros((2, 3)))),
        ("wires", lambda: models.PauliTerms.local(40, 10)),
        ("wires", lambda: models.PauliTerms.chain(10**6, "X")),
        ("visible", lambda: models.PauliTerms.restricted(10**5, 10**5)),
        ("hamiltonian", lambda: states.Thermal(data.transverse_field_ising(60))),
        ("hamiltonian", lambda: data.gibbs_state(data.transverse_field_ising(20))),
        ("data", lambda: quantum.trace_distance(
            *[states.Product(*[states.Rotated(LAW, np.eye(2))] * 60)] * 2)),
        ("sites", lambda: states.IsingChain(10**9)),
        ("wires", lambda: data.transverse_field_ising(10**9)),
        ("wires", lambda: circuits.heisenberg(10**9, 1)),
        ("wires", lambda: models.Classifier(2**65, 2)),
    ],
)  # fmt: skip
def test_sizes_beyond_any_machine_are_refused_at_once(name, call):
    with pytest.raises(ArgumentError) as caught:
        call()
    assert caught.value.argument == name


def test_what_is_refused_inside_is_named_as_the_user_named_it():
    for name, call in {
        "data": lambda: models.chow_liu(np.zeros((0, 4))),
        "factors": lambda: states.Product("a"),
        "hamiltonian": lambda: models.pauli_sum({}),
        "at": lambda: laws.continuity(
            quantum.petz_renyi_divergence, quantum.relative_entropy, at=-1
        ),
    }.items():
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.arguments == (name,)


def test_a_tree_of_single_precision_is_that_of_double():
    law = np.array([0.4, 0.3, 0.2, 0.1])
    for dtype in (np.float32, np.float16):
        found = models.chow_liu(law.astype(dtype))
        assert np.allclose(found.probabilities(), law, atol=np.finfo(dtype).eps)


def test_one_product_is_a_bracket_as_well():
    rho = np.diag([0.4, 0.3, 0.2, 0.1])
    found = states.lanczos_cross_entropy(np.full(4, 0.5), rho, least=1e-3, steps=1)
    assert found.lower <= quantum.cross_entropy(np.full((4, 4), 0.25), rho) <= found.upper


def test_sparse_operators_are_looked_at():
    ket, rho = np.full(4, 0.5), np.diag([0.4, 0.3, 0.2, 0.1])
    for form in ("csr", "csc", "dia", "lil"):
        given = scipy.sparse.csr_array(rho).asformat(form)
        assert states.lanczos_cross_entropy(ket, given).value == pytest.approx(
            states.lanczos_cross_entropy(ket, rho).value, rel=1e-12
        )
    broken = scipy.sparse.csr_array(np.diag([math.nan, 0.5, 0.3, 0.2]))
    for bad in (broken, broken.toarray(), np.full((4, 4), "a")):
        with pytest.raises(ArgumentError) as caught:
            states.lanczos_cross_entropy(ket, bad)
        assert caught.value.argument == "model"


@pytest.mark.parametrize("bound", ["least", "most", "above"])
@pytest.mark.parametrize("bad", ["a", math.nan, [1], True, {}, 1j], ids=repr)
def test_a_bound_of_a_setting_that_is_no_number_is_refused_where_it_is_written(bound, bad):
    with pytest.raises(ArgumentError) as caught:
        runs.setting(1.0, "what it is", **{bound: bad})
    assert caught.value.argument == bound


def test_terms_take_lists_and_refuse_other_shapes_by_name():
    terms = models.PauliTerms(("X", "Z"))
    assert np.allclose(terms.matrix([0.5, 2.0]), [[2.0, 0.5], [0.5, -2.0]])
    assert np.allclose(terms.apply((0.5, 2.0), [1.0, 0.0]), [2.0, 0.5])
    assert np.allclose(terms.expectations([[1.0, 0.0], [0.0, 0.0]]), [0.0, 1.0])
    for name, call in {
        "coefficients": lambda: terms.matrix([1.0]),
        "state": lambda: terms.expectations([1.0, 0, 0]),
        "kets": lambda: terms.apply([1.0, 2.0], "a"),
    }.items():
        with pytest.raises(ArgumentError) as caught:
            call()
        assert caught.value.argument == name
