"""What is learned: thermal models, Born machines, and the classical models to compare with.

A model defines a state or a distribution; `qce.objectives` says how its loss is estimated.
"""

from qce.models.baselines import ChowLiuTree, ProductDistribution, chow_liu, product
from qce.models.boltzmann import BoltzmannMachine
from qce.models.born import BornMachine
from qce.models.checking import check
from qce.models.classifier import Classifier
from qce.models.hidden_tree import HiddenTree, hidden_tree
from qce.models.iqp import IQP, Expectations
from qce.models.matchgate import Matchgate
from qce.models.mixture import Mixture
from qce.models.pauli import PauliTerms, pauli_sum
from qce.models.purified_chain import PurifiedChain
from qce.models.regressor import Regressor
from qce.models.segmenter import Segmenter
from qce.models.semi_quantum import SemiQuantumBoltzmann
from qce.models.spectra import CategoricalSpectrum, PairwiseSpectrum, ProductSpectrum, Spectrum
from qce.models.stored import load, save
from qce.models.thermal import ThermalModel
from qce.models.tree import MatrixProduct, TensorTree

__all__ = [
    "BoltzmannMachine",
    "BornMachine",
    "CategoricalSpectrum",
    "ChowLiuTree",
    "Classifier",
    "Expectations",
    "IQP",
    "Matchgate",
    "PairwiseSpectrum",
    "HiddenTree",
    "MatrixProduct",
    "Mixture",
    "PauliTerms",
    "ProductDistribution",
    "ProductSpectrum",
    "PurifiedChain",
    "Regressor",
    "Segmenter",
    "SemiQuantumBoltzmann",
    "Spectrum",
    "TensorTree",
    "ThermalModel",
    "check",
    "chow_liu",
    "hidden_tree",
    "load",
    "pauli_sum",
    "product",
    "save",
]
