"""The doors: a command line."""
