"""One vendor a file, behind the ports."""
