"""Devices open by name, and a wrong name is told before anything runs."""

import pytest

from qce import devices


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_an_installed_device_opens_with_its_wires(name):
    device = devices.open(name, wires=3)
    assert device.name == name
    assert len(device.wires) == 3


def test_options_reach_the_device():
    with pytest.raises(TypeError, match="no_such_option"):
        devices.open("default.qubit", wires=1, no_such_option=1)


def test_an_unknown_device_names_the_installed_ones():
    with pytest.raises(
        ValueError, match=r"Argument `text` must name .*default\.qubit.*Pass"
    ) as info:
        devices.open("no.such.device", wires=2)
    assert "\n" not in str(info.value)


def test_the_list_of_devices_is_what_pennylane_has():
    import pennylane as qml

    assert set(devices.installed()) == set(qml.plugin_devices)
