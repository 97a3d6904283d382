"""Exact outcome probabilities under the noise of a fake IBM backend."""

import numpy as np
import pennylane as qml
from qiskit_aer import AerSimulator


def noisy_law(device, queue, params):
    """What the noise model of the backend says, from density matrices of the compiled circuit."""

    def circuit():
        queue(params)
        qml.probs(wires=device.wires)

    (pub,) = device.compiled([qml.tape.make_qscript(circuit, shots=1)()])
    compiled, qubits = pub.circuit, pub.qubits
    ((names, values),) = pub.bindings.items()
    bound = compiled.assign_parameters(dict(zip(names, values[0], strict=True)))
    device.backend.run(bound, shots=1).result()  # makes the noise model
    bound.remove_final_measurements()
    bound.save_probabilities(qubits[::-1])  # Qiskit's last qubit is the most significant bit
    # The one that the backend itself runs with; `NoiseModel.from_backend` makes another.
    model = device.backend.options.noise_model
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    ideal = simulator.run(bound).result().data()["probabilities"]
    for wire, qubit in enumerate(qubits):
        flips = model._local_readout_errors[(qubit,)].probabilities
        shape = (2**wire, 2, 2 ** (len(qubits) - wire - 1))
        ideal = np.einsum("abc,bd->adc", ideal.reshape(shape), flips).reshape(-1)
    return ideal
