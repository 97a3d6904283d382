"""NaN in, NaN out: a model that is not a number must never score as a good one.

Every public function of `qce.classical`, `qce.quantum` and `qce.losses` is found by its signature,
and each of its arrays in turn gets a NaN, in every library, compiled and not; a new function
is held to the same.
"""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from libraries import AUTOGRAD, DIFFERENTIATING, JAX, TORCH
from pennylane import numpy as pnp

from qce import circuits, classical, losses, models, objectives, quantum

NAN = float("nan")
P, Q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
RHO, SIGMA = np.diag(P), TURN @ np.diag(Q) @ TURN.T
BENT = np.array([1.0, -1.0, 1.0, 1.0])  # a ket, twice as long, with as much entanglement as can be
PIXELS = np.array([[[0.75, 0.25]], [[0.25, 0.75]]])
MASK = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
POINTS = np.array([[1.0, 0.2], [0.3, 1.0], [0.5, -1.0]])
SHIFTED = POINTS + np.array([[0.1, 0.0], [0.0, 0.2], [0.3, 0.1]])
BITS, SHARES = np.array([1.0, 0.0, 1.0]), np.array([0.7, 0.2, 0.6])
SIGNS, REALS, OTHERS = 2 * BITS - 1, np.array([0.3, -0.4, 2.0]), np.array([1.0, 0.1, 0.2])
SOFT = np.array([[0.2, 0.8], [1.0, 0.0], [0.5, 0.5]])

# What is no array of numbers to be differentiated, by name.
FIXED = {
    "alpha": 0.7,
    "wires": 0,
    "given": 1,
    "keep": [0],
    "first": 0,
    "second": 1,
    "classes": 2,
    "f": lambda t: (t - 1) ** 2,
    "channel": np.eye(4),
}
WHOLE = np.array([0, 1, 0])
STATES = {"data": RHO, "model": SIGMA}
LAWS = {"data": P, "model": Q}

BY_KIND = {
    "logits": {"labels": SOFT, "logits": POINTS},
    "probabilities": {"labels": SOFT, "probabilities": SOFT[::-1].copy()},
    "binary logits": {"labels": BITS, "logits": REALS},
    "binary": {"labels": BITS, "probabilities": SHARES},
    "regions": {"labels": MASK, "probabilities": PIXELS},
    "classes of pixels": {"labels": MASK, "probabilities": PIXELS, "class_axis": 0},
    "scores": {"labels": SIGNS, "scores": REALS},
    "class scores": {"labels": WHOLE * 1.0, "scores": POINTS},
    "numbers": {"targets": REALS, "predictions": OTHERS},
    "gaussian": {"targets": REALS, "means": OTHERS, "variances": OTHERS},
    "laplace": {"targets": REALS, "means": OTHERS, "scales": OTHERS},
    "poisson": {"counts": OTHERS, "rates": OTHERS[::-1].copy()},
    "outcomes": {"outcomes": BITS, "probabilities": SHARES},
    "class outcomes": {"outcomes": WHOLE * 1.0, "probabilities": SOFT / 2 + 0.25},
    "pairs": {"labels": BITS, "first": POINTS, "second": SHIFTED},
    "triplets": {"anchors": POINTS, "positives": SHIFTED, "negatives": POINTS[::-1].copy()},
    "keys": {"queries": POINTS, "keys": SHIFTED},
    "views": {"first": POINTS, "second": SHIFTED},
    "embeddings": {"labels": WHOLE * 1.0, "embeddings": POINTS},
    "laws": LAWS,
    "data of classes": {"labels": WHOLE * 1.0, "classes": 2},
}
PREDICTIONS = {
    "softmax_cross_entropy": "logits", "softmax_focal_loss": "logits",
    "cross_entropy": "probabilities", "focal_loss": "probabilities",
    "kl_divergence": "probabilities", "jensen_shannon_divergence": "probabilities",
    "sigmoid_binary_cross_entropy": "binary logits", "sigmoid_focal_loss": "binary logits",
    "binary_cross_entropy": "binary", "binary_focal_loss": "binary",
    "dice_loss": "regions", "jaccard_loss": "regions", "tversky_loss": "regions",
    "focal_tversky_loss": "regions", "lovasz_softmax_loss": "classes of pixels",
    "cross_entropy_dice_loss": "classes of pixels", "multiclass_hinge_loss": "class scores",
    "gaussian_nll": "gaussian", "laplace_nll": "laplace", "poisson_nll": "poisson",
    "bernoulli_nll": "outcomes", "categorical_nll": "class outcomes", "contrastive_loss": "pairs",
    "triplet_loss": "triplets", "info_nce_loss": "keys", "nt_xent_loss": "views",
    "supervised_contrastive_loss": "embeddings",
} | dict.fromkeys(("maximum_mean_discrepancy", "maximum_mean_discrepancy_of_products",
                   "sinkhorn_divergence"), "laws") | dict.fromkeys(
    ("squared_error", "absolute_error", "huber_loss"), "numbers") | dict.fromkeys(
    ("hinge_loss", "squared_hinge_loss", "perceptron_loss", "logistic_loss", "exponential_loss"),
    "scores")  # fmt: skip


def of_states(name, x, y):
    """Arguments of a loss of laws or states, by its name."""
    batch = np.stack([x, y, x])
    return {
        "weighted_cross_entropy": {"data": np.stack([x, y]), "model": y, "class_weights": [3, 1]},
        "contrastive_loss": {"labels": BITS, "first": batch, "second": batch[[1, 0, 1]]},
        "triplet_loss": {"anchors": batch, "positives": batch[[1, 0, 1]], "negatives": batch},
        "info_nce_loss": {"queries": batch, "keys": batch[[1, 0, 1]]},
        "nt_xent_loss": {"first": batch, "second": batch[[1, 0, 1]]},
        "supervised_contrastive_loss": {"labels": WHOLE * 1.0, "embeddings": batch},
    }.get(name, {"data": x, "model": y})


def arguments_of(side, name, function):
    """Arguments for a public function, arrays and settings, by names of its parameters."""
    if side == "losses":
        return BY_KIND[PREDICTIONS[name]]
    if side == "losses.classical":
        return of_states(name, P, Q)
    if side == "losses.quantum":
        return of_states(name, RHO, SIGMA)
    x, y = (P, Q) if side == "classical" else (RHO, SIGMA)
    known = FIXED | {"data": x, "model": y, "x": y, "states": np.stack([x, y])}
    if name == "expectation":
        known |= {"states": x, "observable": y}
    if name == "conditional_mutual_information":
        third = np.array([0.5, 0.5]) if side == "classical" else np.eye(2) / 2
        known |= {"x": np.kron(y, third), "second": 2}
    if name in ("concurrence", "entanglement_of_formation"):
        known["x"] = np.full((4, 4), 0.25) * np.outer(BENT, BENT)
    return {k: known[k] for k, p in inspect.signature(function).parameters.items()
            if k == "given" or p.default is p.empty and p.kind is not p.VAR_POSITIONAL}  # fmt: skip


SIDES = {
    "classical": classical, "quantum": quantum, "losses": losses,
    "losses.classical": losses.classical, "losses.quantum": losses.quantum,
}  # fmt: skip
# Class numbers are whole numbers; bounds are values without derivatives.
ELSEWHERE = {"balanced_class_weights", "measured_relative_entropy_bounds", "diamond_norm"}
ELSEWHERE |= {"quantum.f_divergence", "average_gate_fidelity", "entanglement_fidelity"}


def public():
    for side, module in SIDES.items():
        for name in module.__all__:
            function = getattr(module, name)
            if (
                callable(function)
                and not inspect.isclass(function)
                and not {name, f"{side}.{name}"} & ELSEWHERE
            ):
                yield f"{side}.{name}", side, name, function


FUNCTIONS = {label: (function, arguments_of(side, name, function))
             for label, side, name, function in public()}  # fmt: skip
CASES = [(label, argument) for label, (_, arguments) in FUNCTIONS.items()
         for argument, x in arguments.items() if isinstance(x, np.ndarray)]  # fmt: skip
# Linear in these, so that their slope does not know them, and class numbers.
LINEAR = {("classical.marginal", "x"), ("quantum.partial_trace", "x"),
          ("losses.lovasz_softmax_loss", "labels"), ("losses.categorical_nll", "outcomes"),
          ("losses.multiclass_hinge_loss", "labels")} | {
    (f"{side}.contrastive_loss", "labels") for side in SIDES if side.startswith("losses")
}  # fmt: skip
every = pytest.mark.parametrize(("label", "argument"), CASES)


def spoiled(x):
    """The same with a NaN in it: beside the diagonal of matrices, where no trace sees it."""
    x = np.array(x, dtype=float)
    x[(..., 0, -2) if x.ndim > 1 else (..., 0) if x.ndim else ()] = NAN
    return x


def prepared(label, argument):
    """The function of one argument, unchecked where it can be, and that argument with a NaN."""
    function, arguments = FUNCTIONS[label]
    settings = {"check": False} if "check" in inspect.signature(function).parameters else {}
    # Labels that are class numbers, or one for all, may have no derivative, but have to be seen.
    return arguments, spoiled(arguments[argument]), lambda library, x: function(
        **{k: library.asarray(v) if isinstance(v, np.ndarray) else v
           for k, v in arguments.items()} | {argument: x}, **settings
    )  # fmt: skip


NAMESPACES = {AUTOGRAD.name: pnp, JAX.name: jnp, TORCH.name: torch}


def total(library, value):
    """All of a result in one number, through which all of it is differentiated."""
    xp = NAMESPACES[library.name]
    return xp.sum(xp.real(value))


@every
def test_values_of_numpy_stay_nan(label, argument):
    function, arguments = FUNCTIONS[label]
    _, x, call = prepared(label, argument)
    plain = type("NumPy", (), {"asarray": staticmethod(np.asarray)})
    sound = call(plain, arguments[argument])
    assert np.isfinite(np.asarray(sound)).all()
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.asarray(call(plain, x))).any()


@pytest.mark.thinned(9, only="jax")
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@every
def test_values_and_slopes_stay_nan(label, argument, library):
    _, x, call = prepared(label, argument)
    with np.errstate(invalid="ignore"):
        value = call(library, library.asarray(x))
        assert np.isnan(np.asarray(total(library, value)))
        if (label, argument) in LINEAR or library is JAX:  # which has slopes below, compiled
            return
        slope = library.gradient(lambda z: total(library, call(library, z)))(library.variable(x))
    assert np.isnan(np.asarray(slope)).any()


@pytest.mark.thinned(13)
@every
def test_compiled_values_and_slopes_stay_nan(label, argument):
    _, x, call = prepared(label, argument)
    both = jax.jit(jax.value_and_grad(lambda z: total(JAX, call(JAX, z))))
    value, slope = both(jnp.asarray(x))
    assert np.isnan(value)
    assert np.isnan(slope).any() or (label, argument) in LINEAR


# --- what is not found by signature -------------------------------------------------------------


@pytest.mark.thinned(4)
@pytest.mark.parametrize("library", DIFFERENTIATING, ids=str)
@pytest.mark.parametrize("name", ["entropy", "cross_entropy", "relative_entropy"])
def test_in_a_batch_only_what_holds_nan_is_nan(name, library):
    for module, x, y in ((classical, P, Q), (quantum, RHO, SIGMA)):
        data, model = np.stack([x, y, x]), np.stack([y, spoiled(y), y])
        arguments = (model,) if name == "entropy" else (data, model)
        function = getattr(module, name)
        value = np.asarray(function(*map(library.asarray, arguments), check=False))
        assert np.isnan(value).tolist() == [False, True, False]
        clean = (model[0],) if name == "entropy" else (data[0], model[0])
        assert value[0] == value[2] == float(function(*map(library.asarray, clean)))


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinities_are_no_states_either(infinite):
    """LAPACK would refuse them, or never come back."""
    for module, x in ((classical, P), (quantum, RHO)):
        model = np.where(np.isnan(spoiled(x)), infinite, x)
        assert np.isnan(module.relative_entropy(x, model, check=False))
        assert np.isnan(jax.jit(module.relative_entropy)(x, model))


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", ["entropy", "cross_entropy", "relative_entropy"])
def test_second_derivatives_stay_nan(name):
    for module, x, y in ((classical, P, Q), (quantum, RHO, SIGMA)):
        first = () if name == "entropy" else (jnp.asarray(x),)
        loss = lambda z: getattr(module, name)(*first, z)  # noqa: B023, E731
        assert np.isnan(jax.hessian(loss)(jnp.asarray(spoiled(y)))).any()
        assert np.isfinite(jax.hessian(loss)(jnp.asarray(y))).all()


def test_what_is_checked_is_refused_by_name():
    for module, x, y in ((classical, P, Q), (quantum, RHO, SIGMA)):
        with pytest.raises(ValueError, match="`model` must be finite, but it holds NaN"):
            module.relative_entropy(x, spoiled(y))


def test_bounds_stay_nan():
    for bound in quantum.measured_relative_entropy_bounds(RHO, spoiled(SIGMA), check=False):
        assert np.isnan(bound)


BORN = models.BornMachine(circuits.rx(2))


@pytest.mark.parametrize("settings", [{}, {"shots": 100, "seed": 0}], ids=["exact", "shots"])
def test_the_likelihood_of_a_model_of_nan_is_nan(settings):
    objective = objectives.measured_likelihood(BORN, [0.4, 0.3, 0.2, 0.1], **settings)
    for params in ([NAN, NAN], [NAN, 0.1]):
        assert np.isnan(objective(np.array(params)).value)
        estimate, slope = objective.value_and_gradient(np.array(params))
        assert np.isnan(estimate.value) and np.isnan(slope).any()
    assert objective.spent.circuits == 0  # nothing is sent for it


def test_a_sample_of_weight_0_is_not_there_whatever_it_holds():
    loss = losses.sigmoid_binary_cross_entropy(BITS, spoiled(REALS), weights=[0, 1, 1], check=False)
    assert loss == losses.sigmoid_binary_cross_entropy(BITS[1:], REALS[1:])


def test_counts_that_are_nan_are_refused():
    with pytest.raises(ValueError, match="`counts` must"):
        objectives.entropies.entropy(spoiled(P))
