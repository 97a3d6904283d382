"""What comes in by every public entrance: short integers, lists, dictionaries, operators."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pennylane as qml
import pytest

from qce import (
    ArgumentError,
    circuits,
    data,
    learning,
    models,
    objectives,
    plots,
    tomography,
    xeb,
)
from qce.objectives import entropies

PLUS = np.array([1.0, 1.0]) / 2**0.5
RNG = np.random.default_rng(9)

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
        plots.save(plt.figure(), tmp_path / stem)
    assert {p.name for p in tmp_path.iterdir()} == {f"{stem}.png", f"{stem}.pdf"}


def test_a_suffix_of_the_files_that_are_written_is_one(tmp_path):
    with plots.style():
        plots.save(plt.figure(), tmp_path / "loss.pdf")
    assert {p.name for p in tmp_path.iterdir()} == {"loss.png", "loss.pdf"}


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


@pytest.mark.thinned(2)
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
