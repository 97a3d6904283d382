"""What a figure must do to be read: nothing cut off, no labels over each other, no tiny text."""

import itertools

from matplotlib.text import Text

SMALLEST = 5.5  # points, in a column of a journal


def illegible(figure):
    """Return what cannot be read in a figure, in words."""
    figure.canvas.draw()
    within = figure.bbox.padded(1.0)  # a pixel, to which text is rounded
    ticks = [_labels(axis) for axes in figure.axes for axis in _axis(axes)]
    possible = {id(x) for axes in figure.axes for axis in _axis(axes) for x in _all_labels(axis)}
    others = [text for text in figure.findobj(Text) if id(text) not in possible and _seen(text)]
    said = []
    for text in (*others, *itertools.chain(*ticks)):
        box = text.get_window_extent()
        if not (within.contains(box.x0, box.y0) and within.contains(box.x1, box.y1)):
            said.append(f"{text.get_text()!r} is cut off")
        if text.get_fontsize() < SMALLEST:
            said.append(f"{text.get_text()!r} is tiny")
    for labels in ticks:
        for one, other in itertools.combinations(labels, 2):
            if one.get_window_extent().overlaps(other.get_window_extent()):
                said.append(f"{one.get_text()!r} and {other.get_text()!r} overlap")
    return said


def _axis(axes):
    return axes.xaxis, axes.yaxis


def _all_labels(axis):
    ticks = axis.get_major_ticks() + axis.get_minor_ticks()
    return [label for tick in ticks for label in (tick.label1, tick.label2)]


def _labels(axis):
    """Labels of the ticks that are on an axis: there are more, beyond its ends."""
    low, high = sorted(axis.get_view_interval())
    ticks = axis.get_major_ticks() + axis.get_minor_ticks()
    return [t.label1 for t in ticks if low <= t.get_loc() <= high and _seen(t.label1)]


def _seen(text):
    return text.get_visible() and bool(text.get_text().strip())
