"""What each image model wants: data and its loader."""

from bozzetto.profiles.profile import Profile, load, names

__all__ = ["Profile", "load", "names"]
