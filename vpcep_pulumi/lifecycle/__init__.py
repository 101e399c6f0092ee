"""The rules of approvals and policies. Pure: no I/O, no clock, no Pulumi."""
