"""Best matching words."""
