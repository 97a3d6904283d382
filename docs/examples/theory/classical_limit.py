"""
The classical limit
===================

A quantum quantity becomes its classical twin as a state loses its coherence.

Left: a path of dephasing; the dots at its end are the classical values. Right: the same training
twice, of a state and of the distribution on its diagonal.
"""

import matplotlib.pyplot as plt

from qce import limits, plots, twins

report = limits.check(twins.TWINS[:3], seed=0)
print(len(report.checks), "limits, all passed:", report.passed)
axes = plots.limits(report)
plt.show()
