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
from qce.learning import predict
from qce.models import Segmenter
from qce.models.classifier import ENCODINGS, Classifier


def classifier(encoding, wires, classes, layers=2):
    inputs = 3 if encoding == "projected" else None
    return Classifier(wires, classes, layers, encoding, inputs)


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
        elif model.encoding == "projected":
            rows = params.reshape(model.layers, -1)
            weights = rows[:, : 3 * model.wires].reshape(-1, model.wires, 3)
            angles = weights @ x / np.sqrt(3)
            rows = np.concatenate([angles, rows[:, 3 * model.wires :]], axis=1)
            model.circuit.queue(rows.reshape(-1))
            return qml.probs(wires=range(model.wires))
        else:
            rows = params.reshape(model.layers, -1).copy()
            rows[:, : model.wires] *= x
            model.circuit.queue(rows.reshape(-1))
            return qml.probs(wires=range(model.wires))
        model.circuit.queue(params)
        return qml.probs(wires=range(model.wires))

    p = np.asarray(outcomes())
    return [p[c :: model.classes].sum() for c in range(model.classes)]


@pytest.mark.thinned(4)
@every_encoding
def test_probabilities_are_those_of_the_circuit_gate_by_gate(encoding):
    model = classifier(encoding, 3, 3)
    params = model.initial(seed=1)
    found = model.probabilities(params, X)
    assert found.shape == (4, 3)
    expected = [gate_by_gate(model, params, x) for x in X]
    # Forty gates on eight amplitudes of order one.
    np.testing.assert_allclose(found, expected, atol=40 * 8 * EPS)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=40 * 8 * EPS)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("encoding", ENCODINGS[:-1])
def test_fewer_features_are_padded_with_zeros(encoding):
    model = Classifier(wires=3, classes=2, layers=1, encoding=encoding)
    params = model.initial(seed=2)
    padded = np.pad(X[:, :2], ((0, 0), (0, 1)))
    np.testing.assert_array_equal(
        model.probabilities(params, X[:, :2]), model.probabilities(params, padded)
    )


SCALES = (1e155, 1e-160, 1e300, 1e-300)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("scale", SCALES)
def test_amplitudes_are_directions_at_any_scale(scale, wide):
    """Whether they come as doubles in single precision or not, and under `jax.jit`."""
    model = Classifier(wires=2, classes=2, encoding="amplitude")
    params = model.initial(0)
    with jax.enable_x64(wide):
        eps = np.finfo(float if wide else np.float32).eps
        expected = model.probabilities(params, X)
        np.testing.assert_allclose(model.probabilities(params, scale * X), expected, atol=99 * eps)
    found = predict(model, params, scale * X)
    np.testing.assert_allclose(found, predict(model, params, X), atol=30 * 4 * EPS)
    with jax.enable_x64(True):
        found = jax.jit(model.probabilities)(params, scale * X)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=30 * 4 * EPS)


@pytest.mark.thinned(4)
@every_encoding
@pytest.mark.parametrize("scale", SCALES)
def test_probabilities_sum_to_one_at_any_scale(encoding, scale):
    model = classifier(encoding, 2, 2)
    for x in (scale * X, np.array([[scale, 0, 0]])):
        sums = predict(model, model.initial(0), x[:, : model.features]).sum(axis=1)
        np.testing.assert_allclose(sums, 1, atol=30 * 4 * EPS)


@pytest.mark.thinned(3)
@pytest.mark.parametrize("scale", SCALES)
def test_patches_at_any_scale(scale):
    model = Segmenter(wires=4, layers=1)
    for wide in (True, False):
        with jax.enable_x64(wide):
            images = scale * np.random.default_rng(1).uniform(size=(2, 4, 4))
            p = model.probabilities(model.initial(0), images)
            eps = np.finfo(float if wide else np.float32).eps
            np.testing.assert_allclose(p.sum(axis=1), 1, atol=30 * 16 * eps)


def test_the_slope_by_features_is_there_at_any_scale():
    """P depends on directions alone: x·∇P = 0, and ∇P scales by the inverse."""
    model = Classifier(wires=2, classes=2, encoding="amplitude")
    params = model.initial(0)
    with jax.enable_x64(True):
        slope = jax.grad(lambda x: model.probabilities(params, x[None])[0, 0])
        one, other = (np.asarray(slope(jnp.asarray(s * X[0]))) for s in (1.0, 2.0**500))
    np.testing.assert_allclose(2.0**500 * other, one, atol=100 * EPS)
    assert abs(one @ X[0]) < 100 * EPS and np.abs(one).max() > 1e-3


def test_a_row_without_a_direction_is_refused():
    model = Classifier(wires=2, classes=2, encoding="amplitude")
    with pytest.raises(ValueError, match="which is the direction of no state"):
        model.probabilities(model.initial(0), [[1.0, 2.0], [5e-324, 0.0]])


def test_angles_beyond_single_precision_are_refused():
    model = Classifier(wires=2, classes=2)
    with jax.enable_x64(False), pytest.raises(ValueError, match="fit single precision"):
        model.probabilities(model.initial(0), [[1e155, 2.0]])


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


@pytest.mark.thinned(3)
@every_encoding
def test_it_learns_iris(encoding):
    """150 flowers, 3 classes; chance is a third, and 60 steps are few."""
    x, y = load_iris(return_X_y=True)
    if encoding != "amplitude":  # which sees directions: of centimetres, not of a shifted scale
        x = np.pi * (x - x.min(0)) / np.ptp(x, axis=0)
    model = Classifier(4, 3, 3, encoding, 4 if encoding == "projected" else None)
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
        ({"wires": 2, "classes": 2, "encoding": "projected"}, "`inputs` must be an integer >= 1"),
        ({"wires": 2, "classes": 2, "inputs": 2}, "`inputs` must be None for this encoding"),
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
