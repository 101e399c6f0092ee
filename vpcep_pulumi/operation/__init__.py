"""What the processes of one operation of Pulumi's engine share: which connections its program declares."""
