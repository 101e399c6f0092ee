"""Under Pulumi's own mocks, which run many programs in a process, one after the other, and no provider."""

import subprocess
import sys

TESTS = """
import asyncio
import unittest
import pulumi
from pulumi.runtime import mocks
from vpcep_pulumi import EndpointConnectionApproval, get_connections

class Mocks(mocks.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", args.inputs

    def call(self, args):
        return {}

# Pulumi's SDK asks for the thread's event loop, which Python 3.14 does not make by itself.
asyncio.set_event_loop(asyncio.new_event_loop())
mocks.set_mocks(Mocks(), preview=False)

class Tests(unittest.TestCase):
    @pulumi.runtime.test
    def test_one(self):
        one = EndpointConnectionApproval("one", service_id="svc", endpoint_id="ep")
        return one.status.apply(lambda status: self.assertEqual(status, "accepted"))

    @pulumi.runtime.test
    def test_the_same_connection_under_another_name(self):
        another = EndpointConnectionApproval("another", service_id="svc", endpoint_id="ep", status="rejected")
        return another.status.apply(lambda status: self.assertEqual(status, "rejected"))

    def test_arguments_are_checked_all_the_same(self):
        with self.assertRaisesRegex(pulumi.RunError, "one: endpoint_id must be an id"):
            EndpointConnectionApproval("one", service_id="svc", endpoint_id="a b")

    def test_the_api_is_not_asked(self):
        with self.assertRaisesRegex(pulumi.RunError, "a program under Pulumi's mocks must not"):
            get_connections("svc")

unittest.main(argv=["tests", "-v"])
"""


def test_tests_of_one_process_know_nothing_of_each_other():
    found = subprocess.run([sys.executable, "-c", TESTS], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "Ran 4 tests" in found.stderr
