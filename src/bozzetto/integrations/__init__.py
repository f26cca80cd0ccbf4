"""Us inside other programs."""
