"""One script a figure: `panels(outcome)` chooses what is shown, `draw(panels)` shows it."""
