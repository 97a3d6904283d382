"""The shared style of the figures."""

import matplotlib.pyplot as plt
import numpy as np

from qce import plots


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
