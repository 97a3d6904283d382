"""The paper from one command: experiments → runs → figures and values → PDF, and a comparison.

- `paper`: the folder of the paper, and its catalogue of figures;
- `drawing`: figure scripts, which only plot, and the numbers behind them;
- `oracle`: what was found against what is known;
- `text`: the numbers and the table that the manuscript takes in;
- `latex`: the PDF, or what is missing for it;
- `pipeline`: all of that in order.
"""

from qce.reproduce.drawing import drawn_by
from qce.reproduce.oracle import Check, compare
from qce.reproduce.paper import Figure, catalogue, choose
from qce.reproduce.pipeline import Reproduction, reproduce

__all__ = [
    "Check",
    "Figure",
    "Reproduction",
    "catalogue",
    "choose",
    "compare",
    "drawn_by",
    "reproduce",
]
