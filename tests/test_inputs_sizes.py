"""Sizes that no one can wait for, and names under which what is refused inside comes out."""

import math

import numpy as np
import pytest
import scipy.sparse

from qce import (
    ArgumentError,
    circuits,
    data,
    laws,
    models,
    quantum,
    runs,
    states,
)

LAW = [0.5, 0.5]

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
