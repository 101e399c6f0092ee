"""What one operation of Pulumi's engine shares: the declared connections, the live view, the API clients."""
