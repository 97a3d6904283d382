"""The variational classifier: what it computes, on PennyLane gate by gate, and that it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pennylane as qml
import pytest
from oracles import EPS
from sklearn.datasets import load_iris

from qce import losses
from qce.models.classifier import ENCODINGS, Classifier

every_encoding = pytest.mark.parametrize("encoding", ENCODINGS)
X = np.random.default_rng(51).uniform(-1, 1, size=(4, 3))


def gate_by_gate(model, params, x):
    """Probabilities of one example, by PennyLane's own templates and the unrolled circuit."""

    @qml.qnode(qml.device("default.qubit", wires=model.wires))
    def outcomes():
        if model.encoding == "angle":
            qml.AngleEmbedding(x, wires=range(model.wires), rotation="Y")
        elif model.encoding == "amplitude":
            qml.AmplitudeEmbedding(x, wires=range(model.wires), normalize=True, pad_with=0.0)
        elif model.encoding == "affine":
            y = np.append(np.pad(x, (0, 7 - len(x))), 1.0)
            qml.AmplitudeEmbedding(y, wires=range(model.wires), normalize=True)
        else:
            rows = params.reshape(model.layers, -1).copy()
            rows[:, : model.wires] *= x
            model.circuit.queue(rows.reshape(-1))
            return qml.probs(wires=range(model.wires))
        model.circuit.queue(params)
        return qml.probs(wires=range(model.wires))

    p = np.asarray(outcomes())
    return [p[c :: model.classes].sum() for c in range(model.classes)]


@every_encoding
def test_probabilities_are_those_of_the_circuit_gate_by_gate(encoding):
    model = Classifier(wires=3, classes=3, layers=2, encoding=encoding)
    params = model.initial(seed=1)
    found = model.probabilities(params, X)
    assert found.shape == (4, 3)
    expected = [gate_by_gate(model, params, x) for x in X]
    # Forty gates on eight amplitudes of order one.
    np.testing.assert_allclose(found, expected, atol=40 * 8 * EPS)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=40 * 8 * EPS)


@every_encoding
def test_fewer_features_are_padded_with_zeros(encoding):
    model = Classifier(wires=3, classes=2, layers=1, encoding=encoding)
    params = model.initial(seed=2)
    padded = np.pad(X[:, :2], ((0, 0), (0, 1)))
    np.testing.assert_array_equal(
        model.probabilities(params, X[:, :2]), model.probabilities(params, padded)
    )


def test_affine_amplitudes_tell_lengths_apart_and_take_zero():
    model = Classifier(wires=2, classes=2, encoding="affine")
    rows = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [1.0, 0.0, 0.0]])
    kets = np.asarray(model.kets(model.initial(0), rows))
    overlaps = np.abs(kets[0] @ kets.conj().T) ** 2
    # ⟨(0,1)|(r,1)⟩² = 1/(1 + r²), whatever the circuit does; thirty gates on four amplitudes.
    np.testing.assert_allclose(overlaps, [1, 1 / 1.25, 1 / 2], atol=30 * 4 * EPS)


def test_reuploading_sees_more_harmonics_than_angles():
    """P(c|x) of one feature: a trigonometric polynomial of degree 1, or of degree `layers`."""
    grid = 2 * np.pi * np.arange(16) / 16

    def harmonics(encoding):
        model = Classifier(wires=2, classes=2, layers=3, encoding=encoding)
        params = model.initial(seed=3)
        if encoding == "reuploading":
            params.reshape(3, -1)[:, :2] = 1.0
        p = np.asarray(model.probabilities(params, grid[:, None]))[:, 0]
        return np.abs(np.fft.rfft(p)) / len(grid)

    assert harmonics("angle")[1] > 1e-3 and harmonics("angle")[2:].max() < 1e-14
    assert harmonics("reuploading")[3] > 1e-3 and harmonics("reuploading")[4:].max() < 1e-14


@every_encoding
def test_it_learns_iris(encoding):
    """150 flowers, 3 classes; chance is a third, and 60 steps are few."""
    x, y = load_iris(return_X_y=True)
    if encoding != "amplitude":  # which sees directions: of centimetres, not of a shifted scale
        x = np.pi * (x - x.min(0)) / np.ptp(x, axis=0)
    model = Classifier(wires=4, classes=3, layers=3, encoding=encoding)
    optimizer = optax.adam(0.1)

    def loss(params):
        return losses.cross_entropy(y, model.probabilities(params, x), check=False)

    @jax.jit
    def step(params, state):
        value, gradient = jax.value_and_grad(loss)(params)
        change, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, change), state, value

    params = jnp.asarray(model.initial(seed=0))
    state = optimizer.init(params)
    for _ in range(60):
        params, state, value = step(params, state)
    accuracy = np.mean(np.argmax(model.probabilities(params, x), axis=-1) == y)
    assert np.isfinite(value) and accuracy > 0.8


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"wires": 2, "classes": 5}, "lie in 2 … 4"),
        ({"wires": 2, "classes": 1}, "lie in 2 … 4"),
        ({"wires": 2, "classes": 2, "layers": 0}, "integer >= 1"),
        ({"wires": 2, "classes": 2, "encoding": "basis"}, "one of"),
    ],
)
def test_bad_settings_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Classifier(**settings)


def test_too_many_features_are_refused():
    model = Classifier(wires=2, classes=2)
    with pytest.raises(ValueError, match=r"f in 1 … 2, but its shape is \(4, 3\)"):
        model.probabilities(model.initial(0), X)


def test_a_zero_row_is_no_amplitude():
    model = Classifier(wires=2, classes=2, encoding="amplitude")
    with pytest.raises(ValueError, match="a row of it is zero"):
        model.probabilities(model.initial(0), np.zeros((1, 4)))
