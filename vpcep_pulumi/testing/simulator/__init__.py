"""A VPCEP service that is not there: the API as documented, with real error bodies, on loopback.

It shares nothing with the package's client but the signature, which an official answer pins: two
sides that share code share mistakes.
"""

from vpcep_pulumi.testing.simulator.faults import Fault
from vpcep_pulumi.testing.simulator.model import Settings
from vpcep_pulumi.testing.simulator.server import Simulator

__all__ = ["Fault", "Settings", "Simulator"]
