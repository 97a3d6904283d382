"""Small models of every class that is trained on outcomes or states: a new class takes one line.

Read by the tests of what all of them share: the rules of `qce.typing`, files, wrong arguments.
"""

from qce import circuits, models

TRAINED = [
    models.BornMachine(circuits.rx(2)),
    models.IQP.up_to(2, 2),
    models.ThermalModel(circuits.rx(2), models.ProductSpectrum(2)),
    models.Matchgate(2, 1),
    models.Mixture((models.IQP.up_to(2, 1), models.TensorTree.chain(2, 2))),
    models.SemiQuantumBoltzmann(2, 1),
    models.TensorTree.chain(3, 2),
    models.PurifiedChain(2, 2),
    models.TensorTree((-1, 0, 0), 2, coherence=0.0),
]


def named(model):
    """What to call a model in the name of a test."""
    return type(model).__name__
