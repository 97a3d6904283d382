"""The sums behind the classical quantities, in plain operations of any array library.

`qce.quantum` calls these very functions with spectra, and with weights in an eigenbasis: so each
quantum quantity becomes its classical twin in its own code. Nothing is checked here.
"""
