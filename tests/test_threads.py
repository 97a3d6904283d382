"""JAX's CPU thread pool has as many threads as the machine has cores: two must be enough.

A batched decomposition holds one thread of the pool while its parts wait for another, so that two
at a time in one program can wait for each other for ever. Each program here runs in a process of
its own, with a pool of two threads on any machine.
"""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import jax
import jax.numpy as jnp
from qce import quantum

jax.config.update("jax_enable_x64", True)
root = jax.random.normal(jax.random.key(0), (2, 256, 8, 8), dtype=complex)
states = root @ jnp.conj(jnp.swapaxes(root, -1, -2))
states /= jnp.trace(states, axis1=-2, axis2=-1)[..., None, None]

def distance(rho, sigma):
    return jnp.sum({call})

program = jax.jit({program})
for _ in range({calls}):
    jax.block_until_ready(program(*states))
print("done")
"""

NAMES = ["relative_entropy", "jensen_shannon_divergence", "sandwiched_renyi_divergence"]


def run(name, program, calls=1000):
    """Run a program many times; programs that can hang did so in 20 to 750 calls."""
    order = ", alpha=0.7" if "renyi" in name else ""
    code = PROGRAM.format(
        call=f"quantum.{name}(rho, sigma{order}, check=False)", program=program, calls=calls
    )
    environment = {**os.environ, "NPROC": "2", "JAX_PLATFORMS": "cpu"}
    # Twenty times what it takes.
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, timeout=200, capture_output=True, text=True
    )


@pytest.mark.thinned(3)
@pytest.mark.parametrize("name", NAMES)
def test_two_threads_are_enough_for_batches(name):
    done = run(name, "distance")
    assert done.stdout == "done\n", done.stderr


@pytest.mark.thinned(3)
@pytest.mark.parametrize("axes", ["(0, 0)", "(None, 0)", "(0, None)"])
def test_two_threads_are_enough_for_mapped_gradients(axes):
    """A map over pairs; and one over a batch, against another that is the same for all of it."""
    gradients = f"jax.vmap(jax.value_and_grad(distance, (0, 1)), {axes})"
    some = gradients if axes == "(0, 0)" else f"lambda *pair: {gradients}(*(x[:32] for x in pair))"
    done = run("relative_entropy", some, 200)
    assert done.stdout == "done\n", done.stderr
