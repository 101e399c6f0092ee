"""The dynamic provider: Pulumi's calls in, API requests out. It makes no rules: those are in ``lifecycle``.

``core`` and all that it imports work on plain values and do not import pulumi. ``dynamic`` is the thin adapter that
Pulumi's dynamic provider host calls.
"""
