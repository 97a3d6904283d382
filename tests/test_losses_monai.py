"""Region and focal losses beside MONAI's, where those are right, and where they are not."""

import numpy as np
import pytest

from qce import losses

torch = pytest.importorskip("torch", reason="needs qce[torch]")
monai = pytest.importorskip("monai.losses", reason="needs monai")

EXACT = {"smooth_nr": 0.0, "smooth_dr": 0.0, "reduction": "none"}
REGIONS = {
    "dice": (losses.dice_loss, monai.DiceLoss(**EXACT)),
    "jaccard": (losses.jaccard_loss, monai.DiceLoss(jaccard=True, **EXACT)),
    "tversky": (
        lambda p, q, **words: losses.tversky_loss(p, q, alpha=0.3, beta=0.7, **words),
        monai.TverskyLoss(alpha=0.3, beta=0.7, **EXACT),
    ),
}


def scans(seed=0, classes=4):
    """Random logits of three images, and the class of every pixel."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(3, classes, 5, 6))
    return logits, rng.integers(0, classes, size=(3, 5, 6))


def regions():
    """Predicted memberships, and those of hard labels."""
    logits, numbers = scans()
    return torch.softmax(torch.as_tensor(logits), 1), torch.as_tensor(
        np.moveaxis(np.eye(4)[numbers], -1, 1)
    )


@pytest.mark.parametrize("name", REGIONS)
def test_values_and_gradients_of_hard_labels_are_monais(name):
    ours, theirs = REGIONS[name]
    predicted, labels = regions()
    found, slopes = [], []
    for loss in (lambda q: ours(labels, q, reduction="none"), lambda q: theirs(q, labels)):
        q = predicted.clone().requires_grad_()
        value = loss(q).reshape(3, 4)
        value.sum().backward()
        found.append(value.detach().numpy())
        slopes.append(q.grad.numpy())
    # Sums of thirty pixels between 0 and 1, and quotients of two of them.
    assert np.abs(found[0] - found[1]).max() <= 30 * np.finfo(float).eps
    assert np.abs(slopes[0] - slopes[1]).max() <= 30 * np.finfo(float).eps


def test_the_focal_loss_is_monais_which_means_over_classes_too():
    logits, numbers = scans()
    theirs = monai.FocalLoss(use_softmax=True, gamma=2.0)
    labels = torch.as_tensor(np.moveaxis(np.eye(4)[numbers], -1, 1))
    expected = 4 * theirs(torch.as_tensor(logits), labels).item()
    found = losses.softmax_focal_loss(numbers, np.moveaxis(logits, 1, -1), gamma=2.0)
    # MONAI's is computed in single precision whatever it is given.
    assert found == pytest.approx(expected, rel=10 * float(np.finfo(np.float32).eps))


def test_dice_of_soft_labels_is_least_at_equality_and_monais_is_not():
    _, numbers = scans()
    soft = np.random.default_rng(1).dirichlet(np.ones(4), size=numbers.shape)
    soft = np.moveaxis(soft, -1, 1)
    theirs = monai.DiceLoss(smooth_nr=0.0, smooth_dr=0.0)
    assert theirs(torch.as_tensor(soft), torch.as_tensor(soft)).item() > 0.3
    assert losses.dice_loss(soft, soft) == 0.0
