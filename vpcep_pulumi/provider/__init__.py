"""The shell: Pulumi's calls in, API calls out. It reads, asks ``lifecycle``, acts and reports; no rule is made here.

``core`` and all below it work on plain values and do not import pulumi; ``dynamic`` is the thin
shell that Pulumi's dynamic provider host calls.
"""
