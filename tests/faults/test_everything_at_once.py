"""The stateful test of everything at once; see ``machine`` for what always holds. ``make soak`` runs it for longer."""

from hypothesis import HealthCheck, settings

from tests.faults.machine import Machine

TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=52, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
