"""One script a figure: what it shows, how, and its numbers in the text.

`panels(outcome)` chooses what is shown, `draw(panels)` shows it. `values(run)` returns the numbers
of the text as TeX writes them, by the key that `main.tex` calls them by: `run.spec` holds the
settings, `run(section, row)` is a value of the report, `run.outcome` all that was found.
"""
