"""The shared style of the figures."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from qce import ArgumentError, Estimate, models, plots, states
from qce.plots._style import LINES, MARKS


def test_the_same_figure_is_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        with plots.style():
            figure, axes = plt.subplots()
            plots.history(axes, [0, 1, 2], [3.0, 2.0, 1.5], label="loss", floor=1.0)
            plots.save(figure, tmp_path / name)
    for ending in (".png", ".pdf"):
        one, two = ((tmp_path / name).with_suffix(ending) for name in ("one", "two"))
        assert one.stat().st_size > 1000 and one.read_bytes() == two.read_bytes()
        # Two files of the same second agree on the time as well.
        assert b"CreationDate" not in one.read_bytes()


def test_a_number_in_the_name_of_a_figure_is_no_ending(tmp_path):
    for beta in ("0.5", "0.7"):
        plots.save(plt.figure(), tmp_path / f"loss-beta{beta}")
    plt.close("all")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"loss-beta0.{k}.{end}" for k in (5, 7) for end in ("pdf", "png")]


def test_style_closes_what_was_drawn_in_it_and_restores_the_settings():
    outside = plt.figure()
    before, size = plt.get_fignums(), plt.rcParams["font.size"]
    with plots.style():
        plt.figure()
        assert plt.rcParams["font.size"] != size
    assert plt.get_fignums() == before
    assert plt.rcParams["font.size"] == size
    plt.close(outside)


def test_excess_ends_where_the_floor_is_reached():
    _, axes = plt.subplots()
    plots.excess(axes, [0, 1, 2], [1.5, 1.25, 1.0], 1.0, label="loss")
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.5, 0.25, np.nan])
    assert axes.get_yscale() == "log"
    plt.close()


# --- one call each --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def trained(loss, step=None, floor=None):
    steps = np.arange(len(loss)) if step is None else step
    return SimpleNamespace(history={"step": steps, "loss": np.array(loss)}, floor=floor)


def words(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def edges(axes):
    """Lower and upper edge of the band, by place."""
    (band,) = axes.collections
    x, y = band.get_paths()[0].vertices.T
    return {place: (y[x == place].min(), y[x == place].max()) for place in np.unique(x)}


def test_a_band_holds_the_middle_of_the_starts_and_the_line_is_one_of_them():
    losses = np.array([[10.0 + k, float(k)] for k in (3, 1, 19, 7, 5, 11, 9, 13, 15, 17)])
    axes = plots.learning_curves([trained(loss) for loss in losses])
    assert words(axes) == ["median of 10", "all of them"]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [19.0, 9.0])  # the fifth of ten
    assert edges(axes) == {0: (11, 29), 1: (1, 19)}
    more = [*map(trained, losses), trained([0.0, 0.0])] * 2
    axes = plots.learning_curves({"Adam": more})
    assert words(axes) == ["Adam, median of 22", "middle 80%"]
    # Of 22 the third from either side, below and above it at most a tenth of them.
    assert edges(axes)[1] == (1, 17)


def test_rows_of_losses_are_drawn_as_results_are():
    losses = [[4.0, 3.0], [2.0, 1.0], [8.0, 7.0]]
    drawn = [plots.learning_curves(x) for x in (losses, np.array(losses), [*map(trained, losses)])]
    for axes in drawn:
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), [4.0, 3.0])
        assert edges(axes)[1] == (1, 7)
    one = plots.learning_curves({"loop": losses[0]})
    assert words(one) == ["loop"] and not one.collections
    with pytest.raises(ArgumentError) as refused:
        plots.learning_curves(["a", "b"])
    assert refused.value.arguments == ("results",)


def test_a_training_that_has_ended_counts_with_its_last_value():
    long, short = trained([4.0, 3.0, 2.0, 1.0]), trained([8.0, 7.0])
    assert edges(plots.learning_curves([long, short]))[3] == (1, 7)
    late = trained([5.0], step=[2])  # one that begins later does not count before
    assert edges(plots.learning_curves([long, late]))[0] == (4, 4)


def test_above_the_floor_is_logarithmic_and_ends_where_the_floor_is_reached():
    axes = plots.learning_curves(trained([1.5, 1.25, 1.0], floor=1.0), above_floor=True)
    assert axes.get_yscale() == "log"
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.5, 0.25, np.nan])
    apart = [trained([1.0], floor=1.0), trained([1.0], floor=2.0)]
    for results in (trained([1.0]), apart):
        with pytest.raises(ArgumentError) as refused:
            plots.learning_curves(results, above_floor=True)
        assert refused.value.arguments == ("floor",)


def test_a_run_that_was_read_back_is_drawn_by_its_part():
    history = {"chain/step": [0, 1], "chain/loss": [2.0, 1.0], "images/loss": [1.0]}
    axes = plots.learning_curves(SimpleNamespace(history=history), part="chain")
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[0, 2], [1, 1]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss (nats)")
    with pytest.raises(ArgumentError, match="there is no 'loss'"):
        plots.learning_curves(SimpleNamespace(history=history), along="chain/step")


def test_bars_are_frequencies_with_their_errors_and_points_the_models():
    counts = {"00": 48, "01": 2, "10": 0, "11": 50}
    axes = plots.outcomes(counts, {"a": [0.5, 0, 0, 0.5], "b": [0.25] * 4})
    bars, lines = axes.containers[0], axes.lines
    np.testing.assert_allclose([bar.get_height() for bar in bars], [0.48, 0.02, 0, 0.5])
    (ends,) = axes.containers[1][2]
    half = [(s[1, 1] - s[0, 1]) / 2 for s in ends.get_segments()]
    np.testing.assert_allclose(half, np.sqrt([0.48 * 0.52, 0.02 * 0.98, 0, 0.25]) / 10, atol=1e-12)
    assert [line.get_ydata().tolist() for line in lines[-2:]] == [[0.5, 0, 0, 0.5], [0.25] * 4]
    assert words(axes) == ["data", "a", "b"]


def test_of_many_outcomes_the_frequent_ones_are_shown_and_the_rest_as_one():
    p = np.arange(32.0) / np.arange(32).sum()
    axes = plots.outcomes(p, np.full(32, 1 / 32), most=3)
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ["11111", "11110", "11101", "29 others"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1 / 32] * 3 + [29 / 32])
    assert len(axes.containers) == 1  # the number of outcomes is not known


def test_a_needle_points_where_the_phase_is():
    axes = plots.density_matrix(np.array([1, 1j]) / 2**0.5)  # entries −i/2 and i/2
    ((x0, x1), (y0, y1)), _, ((u0, u1), (v0, v1)), _ = (line.get_data() for line in axes.lines)
    assert x0 == 1 and abs(x1 - x0) < 1e-12 and y1 > y0 == 0  # −i: down the picture
    assert u0 == 0 and abs(u1 - u0) < 1e-12 and v1 < v0 == 1
    shades = axes.images[0].get_array()
    np.testing.assert_allclose(shades, np.full((2, 2), 0.5), rtol=1e-12)


def test_bloch_vectors_are_those_of_the_states():
    sign = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    r = np.array([[0.3, -0.4, 0.5], [0, 0.6, -0.8]])
    qubits = (np.eye(2) + np.einsum("ka,aij->kij", r, sign)) / 2
    tips = [line.get_data_3d() for line in plots.bloch(qubits).lines if line.get_marker() != "None"]
    np.testing.assert_allclose(np.squeeze(tips), r, atol=1e-15)
    both = plots.bloch(np.kron(*qubits))  # of a product each wire's own
    tips = [line.get_data_3d() for line in both.lines if line.get_marker() != "None"]
    np.testing.assert_allclose(np.squeeze(tips), r, atol=1e-15)
    assert words(both) == ["wire 0", "wire 1"]
    with pytest.raises(ArgumentError, match="have three dimensions"):
        plots.bloch(qubits, axes=plt.subplots()[1])


def test_eigenvalues_are_drawn_below_what_a_float_holds_and_zeros_are_counted():
    small = states.Product(*[states.Diagonal([1.0, 1e-200])] * 3)
    axes = plots.spectrum({"small": small, "pure": np.array([0.6, 0.8])})
    assert words(axes) == ["small", "pure (1 of 2 are zero)"]
    exponents = [0, *[-200] * 3, *[-400] * 3, -600]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), exponents, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(axes.lines[1].get_ydata(), [0.0], atol=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_lines_of_a_tree_do_not_cross_and_nodes_keep_apart(seed):
    rng = np.random.default_rng(seed)
    parents = (-1, *(int(rng.integers(max(0, k - 6), k)) for k in range(1, 30)))
    axes = plots.tree(models.TensorTree(parents, bond=2))
    places = np.array([text.get_position() for text in axes.texts])
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    assert distance[~np.eye(30, dtype=bool)].min() > 0.5
    lines = [line.get_xydata() for line in axes.lines]
    assert len(lines) == 29
    assert not any(crossing(a, b) for a, b in itertools.combinations(lines, 2))


def crossing(a, b):
    """Whether two segments cross inside: the ends of each are on two sides of the other."""

    def side(line, point):
        u, v = line[1] - line[0], point - line[0]
        return u[0] * v[1] - u[1] * v[0]

    far = 1e-9
    return (
        side(a, b[0]) * side(a, b[1]) < -far and side(b, a[0]) * side(b, a[1]) < -far
    )  # ends in common are on the line


def test_a_line_is_the_wider_the_more_two_bits_share():
    rows = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1], [0, -1, 0]])
    axes = plots.tree(models.TensorTree((-1, 0, 0), bond=2), rows)
    wide, narrow = (line.get_linewidth() for line in axes.lines)
    assert wide > 4 > 0.5 > narrow
    assert "0.69 nats" in axes.get_title()


def test_what_was_seen_is_black_and_white_and_what_was_filled_in_is_blue():
    axes = plots.fill_ins([[1, 0, -1, np.nan]], [[[1, 0, 1, 0]], [[1, 0, 0, 1]]], (2, 2))
    picture = axes.images[0].get_array()
    assert picture.shape == (8, 2, 3)
    np.testing.assert_array_equal(picture[[0, 3, 6], 0], 0.0)
    np.testing.assert_array_equal(picture[[0, 3, 6], 1], 1.0)
    grey = picture @ [0.3, 0.6, 0.1]  # full is darker than empty without colour, seen than both
    assert grey[4, 0] == grey[7, 1] < grey[4, 1] == grey[7, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["seen", "draw 1", "draw 2"]
    assert len(axes.lines[0].get_xdata()) == 2  # crosses


def test_calibration_tells_right_error_bars_from_too_small_ones():
    drawn = np.random.default_rng(0).normal(3.0, 1.0, size=400)
    for stderr, inside in ((1.0, True), (0.6, False)):
        axes = plots.calibration([Estimate(x, stderr) for x in drawn], 3.0)
        level, share = axes.lines[-1].get_xydata().T
        spread = np.sqrt(level * (1 - level) / 400)
        assert (np.abs(share - level) < 5 * spread).all() == inside


def test_a_figure_is_drawn_on_axes_of_ones_own_or_on_new_ones(tmp_path):
    _, mine = plt.subplots()
    assert plots.learning_curves(trained([2.0, 1.0]), axes=mine) is mine
    number = len(plt.get_fignums())
    new = plots.learning_curves(trained([2.0, 1.0]))
    assert new is not mine and len(plt.get_fignums()) == number + 1
    with pytest.raises(ArgumentError):
        plots.learning_curves([], axes=None)
    assert len(plt.get_fignums()) == number + 1  # what was refused leaves no empty figure
    plots.write(new, tmp_path / "one.png")
    plots.write(np.array([new]), tmp_path / "two.png")
    plots.write(new.figure, tmp_path / "three.png")
    one, two, three = ((tmp_path / f"{n}.png").read_bytes() for n in ("one", "two", "three"))
    assert one == two == three


def test_lines_and_points_of_the_style_differ_without_colour():
    assert len({line for _, line in LINES[:4]}) == 4 and len(set(LINES)) == 16
    assert len({mark for _, mark in MARKS}) == 4
