"""Settings of every test: one BLAS thread, double precision in JAX, no deadline on algebra."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("NPROC", "1")  # XLA too; on a pool of two threads it can wait for ever

import jax
from hypothesis import HealthCheck, settings

jax.config.update("jax_enable_x64", True)
settings.register_profile(
    "qce", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("qce")
