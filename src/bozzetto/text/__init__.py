"""Prompt text: normalise, split, count, recognise. Pure functions."""
