"""What languages are called, for notes to a person."""

from __future__ import annotations

__all__ = ["called"]

_NAMES = {
    "bn": "Bengali", "fa": "Persian", "hy": "Armenian", "ka": "Georgian", "ta": "Tamil",
    "ar": "Arabic", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def called(code: str) -> str:
    """The English name of a language by its ISO 639-1 code; the code where none is known."""
    return _NAMES.get(code, code)
