"""How a model is trained: one loop, optimisers that plug into it, and the compilation cache."""

from qce.training.cache import enable_compilation_cache
from qce.training.loop import fit

__all__ = ["enable_compilation_cache", "fit"]
