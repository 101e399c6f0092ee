"""The ``vpcep-pulumi`` command."""
