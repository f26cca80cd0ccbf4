"""Stores of vectors: other programs that keep them, one a file."""
