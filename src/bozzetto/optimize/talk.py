"""What a chat model says around a prompt: greetings, refusals, offers, talk of the task."""

from __future__ import annotations

import re

__all__ = ["about_task", "declines", "is_talk", "without_talk"]


def _any(text: str) -> str:
    """Alternatives of a pattern, one a line."""
    return "(?:" + "|".join(line.strip() for line in text.strip().splitlines()) + ")"


_GREET = r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|great|got it|alright)"
_OPENING = _any(
    r"""
    here(?:['’]s| is| are| you go)\b
    below (?:is|are)\b
    i(?:['’]ve| have|['’]ll|['’]d| will| would)\b
    let['’]s\b
    this is (?:a|an|the|your) (?:\w+ )?prompt
    the (?:\w+ )?prompt (?:is|would|could|should)\b
    to (?:create|generate|write|achieve|make)\b
    based on\b
    you (?:could|can|might|may) use\b
    try (?:this|these|the following)\b
    how about\b
    what an? (?:\w+ )?(?:idea|concept|request|scene)\b
    (?:great|lovely|nice|fun|cool|wonderful|love the|love this|love that) (?:idea|concept)\b
    claro|voici|ecco|hier ist|aquí|aqui
    """
)
_CLOSING = _any(
    r"""
    let me know|feel free|i hope|hope (?:this|that|you)|happy to|enjoy!
    this (?:prompt|version|image|description)\b|these (?:prompts|changes)|the above
    note:|note that|please (?:let|note|feel|tell)|remember(?: to|,)|explanation\b
    would you like|do you want|is there anything|thank you|thanks
    if you(?:['’]d| would| want| need| like| have)
    you (?:can|may|could) (?:also |then )?(?:adjust|change|modify|use|try|replace|add|ask)
    i (?:added|kept|used|included|made|can|also)\b
    """
)
_DECLINED = _any(
    r"""
    (?:i['’]?m|i am|we['’]re)(?: very| really| so| truly)? (?:sorry|afraid|unable|not able)
    sorry\b[, ]|unfortunately\b|(?:my )?apologies\b|regretfully\b
    i appreciate (?:your|the)\b|i(?:['’]m| am) not comfortable
    i (?:can ?not|can['’]?t|won['’]?t|will not|must decline|do not|don['’]?t|could not)\b
    as an? (?:ai|artificial|language|large)\b|i(?:['’]m| am) (?:just )?an? (?:ai|language)\b
    (?:this|that|your) (?:request|content|prompt) (?:(?:may |might |could )?violates?|is not|cannot)
    (?:this|that|your) (?:request|content|prompt) (?:goes against|appears to|seems to)
    lo siento|no puedo|je suis (?:vraiment )?désolé|désolé|je ne peux|mi dispiace|non posso
    es tut mir|tut mir leid|ich kann (?:das |dir |ihnen |leider )*nicht|leider\b
    desculpe|sinto muito|não posso|infelizmente
    申し訳|すみません|ごめん|对不起|抱歉|很抱歉|我无法|我不能|죄송|미안
    """
)
_ABOUT = _any(
    r"""
    i (?:am|was|have|had|will|would|can|could|think|hope|added|kept|used|want|need|do|did|know)
    i['’](?:m|ll|d|ve)|you(?! can see)|your|yours|you['’]re|we['’]re|let['’]s
    prompts?|instructions?|as an ai|language model|system message|hits?:
    the user(?:['’]s)? (?:idea|request|input|query|prompt|wants?|asks?)
    the (?:image|picture|photo|scene|illustration) (?:should|must|will|would|can|could)
    generate|rewrite|rewritten|rephrase
    (?:good|great|classic|simple|fine|beautiful|perfect|an?|the) example(?: is)? of
    (?:notion|mention|thought experiment|the concept) of
    (?:the|an?|creative|original|this|these) (?:ideas?|inspiration|answers?|references?)
    (?:titles?|answers?|ideas?|inspirations?|references?|result|goal|origin|premises?|conclusion):
    the original (?:image|picture|text|poster|prompt)
    """
)
_START = r"\A[ \t*_\"“]*"
_TALK_LINE = re.compile(
    rf"[ \t*_]*(?:{_GREET}(?:[!,.:]+\s*|\Z))?(?:\Z|{_OPENING}.*\Z|{_CLOSING})", re.I
)
_PREAMBLE = re.compile(
    rf"{_START}(?:{_GREET}[!,.]*\s+)?{_OPENING}[^:：\n]{{0,120}}[:：][ \t]*(?=\S)", re.I
)
_FRAME = re.compile(
    rf"{_START}(?:(?:the|this) (?:image|picture|scene|artwork|photo) (?:shows?|depicts?|features?"
    r"|portrays?|captures?)|(?:please )?(?:create|generate|draw|render|produce|depict|visuali[sz]e)"
    r"(?: me)?(?: an?)?(?: \w+){0,2} (?:image|picture|scene|visual)(?: of| showing| depicting|:)"
    r"|imagine)[ \t]+(?=\S+ \S+ \S+)",
    re.I,
)
_GREETING = re.compile(rf"\A{_GREET}[!.,:]+ +", re.I)
_TAIL = re.compile(rf"(?<=[.!?)\"”])[ \t]+{_CLOSING}.*\Z", re.I | re.S)
_NO = re.compile(rf"{_START}{_DECLINED}", re.I)
_TASK = re.compile(rf"\b{_ABOUT}(?!\w)", re.I)
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|「[^」]*」')


def is_talk(line: str) -> bool:
    """Whether a line is about the prompt, not of it."""
    line = line.strip()
    if _PREAMBLE.match(line):
        return False
    return bool(_TALK_LINE.match(line)) or (line.endswith((":", "：")) and len(line) < 120)


def declines(text: str) -> bool:
    """Whether a text begins as a refusal does, in the languages of the program."""
    return bool(_NO.match(text))


def without_talk(text: str) -> str:
    """The text less a greeting before it, offers after it, and the order to draw it."""
    return _FRAME.sub("", _TAIL.sub("", _GREETING.sub("", _PREAMBLE.sub("", text))))


def about_task(text: str, idea: str = "") -> bool:
    """Whether a text speaks to or of its reader; words that the idea has too do not count."""
    own = {m[0].casefold() for m in _TASK.finditer(idea)}
    found = _TASK.finditer(_QUOTED.sub(" ", text))
    return any(m[0].casefold() not in own for m in found)
