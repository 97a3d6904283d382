"""One name, one quantity; one rule for reductions; old names for a version."""

import inspect
import pydoc
import re

import numpy as np
import pytest
from state_losses import RHO, SIGMA

from qce import losses
from qce.learning import Loss

MODULES = {"": losses, "classical.": losses.classical, "quantum.": losses.quantum}
FUNCTIONS = {
    prefix + name: getattr(module, name)
    for prefix, module in MODULES.items()
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))
}
REDUCING = {n: f for n, f in FUNCTIONS.items() if "reduction" in inspect.signature(f).parameters}
P, Q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
OVERLAPS = ("dice_loss", "jaccard_loss", "tversky_loss", "focal_tversky_loss")


@pytest.mark.parametrize("name", REDUCING)
def test_every_loss_has_one_default_for_what_all_have(name):
    words = inspect.signature(REDUCING[name]).parameters
    found = {word: words[word].default for word in ("weights", "where", "reduction", "check")}
    assert found == {"weights": None, "where": None, "reduction": "mean", "check": True}
    assert all(words[word].kind is inspect.Parameter.KEYWORD_ONLY for word in found)


@pytest.mark.parametrize("name", REDUCING)
def test_no_loss_takes_a_word_that_its_signature_does_not_show(name):
    """The common ones come as a dictionary: a misspelt one must not be passed over."""
    needed = {
        word: P
        for word, p in inspect.signature(REDUCING[name]).parameters.items()
        if p.default is p.empty
    }
    with pytest.raises(TypeError, match="unexpected keyword argument 'weight_'"):
        REDUCING[name](**needed, weight_=None)


def test_help_shows_the_words_that_every_loss_takes():
    shown = pydoc.render_doc(losses.hinge_loss, renderer=pydoc.plaintext)
    for word in ("weights: ", "where: ", "reduction: 'str' = 'mean'", "check: 'bool' = True"):
        assert word in shown
    assert "options" not in shown.splitlines()[2]


def test_a_name_in_two_modules_is_one_quantity():
    """But for contrastive losses, which are one function of the distance in each space."""
    shared = set(losses.__all__) & set(losses.classical.__all__)
    assert shared == {
        "contrastive_loss", "triplet_loss", "info_nce_loss", "nt_xent_loss",
        "supervised_contrastive_loss",
    }  # fmt: skip


def test_dice_is_of_memberships_and_fidelity_dice_of_fidelities():
    """Σ|p − q|/Σ(p + q) = ½/2, and 1 − (√⅛ + √⅜)²."""
    assert losses.dice_loss(P, Q, axis=-1) == 0.25
    expected = 1 - (np.sqrt(0.5 * 0.25) + np.sqrt(0.5 * 0.75)) ** 2
    found = losses.classical.fidelity_dice_loss(P, Q)
    assert found == pytest.approx(expected, rel=1e-14)
    assert expected == pytest.approx(0.067, abs=1e-4)


@pytest.mark.parametrize("side, pair", [("classical", (P, Q)), ("quantum", (RHO, SIGMA))])
@pytest.mark.parametrize("name", OVERLAPS)
def test_old_names_of_overlaps_warn_and_keep_value_and_default(side, pair, name):
    module = getattr(losses, side)
    with pytest.warns(DeprecationWarning, match=f"fidelity_{name}") as caught:
        old = getattr(module, name)
    assert caught[0].filename == __file__
    stack = [np.stack([x, x]) for x in pair]
    new = getattr(module, f"fidelity_{name}")
    np.testing.assert_array_equal(old(*stack), new(*stack, reduction="none"))
    assert old(*stack, reduction="mean") == new(*stack)


def test_the_old_name_of_triplets_warns_and_keeps_the_value():
    with pytest.warns(DeprecationWarning, match="triplet_loss") as caught:
        old = losses.triplet_margin_loss
    assert caught[0].filename == __file__
    points = np.random.default_rng(0).normal(size=(3, 5, 4))
    assert old(*points) == losses.triplet_loss(*points)
    with pytest.warns(DeprecationWarning, match="triplet_loss"):
        assert Loss("triplet_margin_loss") == Loss("triplet_loss")


@pytest.mark.parametrize("side", ["classical", "quantum"])
def test_margin_twins_say_what_to_write_instead(side):
    words = re.escape(f"losses.hinge_loss(labels, {side}.expectation(states, observable))")
    with pytest.raises(AttributeError, match=words):
        getattr(getattr(losses, side), "hinge_loss")  # noqa: B009
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(getattr(losses, side), "nothing")  # noqa: B009


# Read as Google's style has it, with several names before a colon.
DESCRIBED = re.compile(r"^ {8}((?:\w+, )*\w+):", re.M)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_described_and_no_other(name):
    text = FUNCTIONS[name].__doc__
    section = re.search(r"    Args:\n(.*?)\n\n", text, re.S)[1]
    described = [word for names in DESCRIBED.findall(section) for word in names.split(", ")]
    assert sorted(described) == sorted(inspect.signature(FUNCTIONS[name]).parameters)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_says_what_it_returns_refuses_and_shows(name):
    text = FUNCTIONS[name].__doc__
    assert all(f"    {title}:\n" in text for title in ("Returns", "Raises", "Example"))


def test_the_package_says_what_the_shared_arguments_are():
    for word in ("weights", "where", "reduction", "check"):
        assert re.search(rf"^- `{word}`: ", losses.__doc__, re.M)
