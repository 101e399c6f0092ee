"""From what is live, or from Terraform's state, to declarations: a program, or a stack's configuration. Pure."""
