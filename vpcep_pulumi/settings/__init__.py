"""Where region, project, endpoint and credentials come from."""
