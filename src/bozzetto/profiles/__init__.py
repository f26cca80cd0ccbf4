"""What each image model wants: data and its loader."""

from bozzetto.profiles.listing import profile_json, read_all
from bozzetto.profiles.loading import load, names
from bozzetto.profiles.profile import ENCODERS, KEYS, Profile

__all__ = ["ENCODERS", "KEYS", "Profile", "load", "names", "profile_json", "read_all"]
