"""Image generators, one vendor a file."""
