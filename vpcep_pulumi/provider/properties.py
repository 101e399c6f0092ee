"""The properties that resource and provider exchange besides the declared inputs and outputs. Data only.

Pulumi does not show those whose names begin with two underscores.
"""

PREVIEW = "__preview"
"""The input that says that this is a preview."""
PLANS_KEPT = "__plans"
"""The input that says that an update keeps its plan, with ``vpcep:plans: always``."""
PLAN = "plan"
"""What is going to happen, in words."""
VERB = "__verb"
"""What is going to be done, in a word or two, for a summary."""
RETAINED = "__retained"
"""The input that says that a delete leaves everything as it is (``retain_on_delete``). It is kept in the state."""
REFUSED = "refused"
"""Why a preview refuses what is declared."""
