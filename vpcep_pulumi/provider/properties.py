"""Properties that pass between resource and provider besides those of a declaration. Data alone.

Pulumi does not show those that begin with two underscores.
"""

PREVIEW = "__preview"
"""The input that says that this is a preview."""
PLANS_KEPT = "__plans"
"""The input that has an update keep its plan: with ``vpcep:plans: always``."""
PLAN = "plan"
"""What is going to happen, in words."""
VERB = "__verb"
"""What a plan does, in a word or two, for a summary."""
REFUSED = "refused"
"""Why a preview refuses what is declared."""
