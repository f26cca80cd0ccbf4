"""From an idea to pictures on one page, on bozzetto's Python API.

    pip install streamlit
    streamlit run examples/streamlit_app.py

The home is the usual one; BOZZETTO_HOME names another, BOZZETTO_IMAGES who draws.
"""

from __future__ import annotations

import streamlit as st

from bozzetto import Assistant, BozzettoError, OptimizeResult

SIZE = "512x512"
SEED = 7


def page(a: Assistant) -> None:
    """The whole path; each part appears when the one before it is there."""
    idea = st.text_input("What do you have in mind, in any language?").strip()
    if not idea:
        st.caption("For example: un cartone animato di un piccolo cane")
        return
    picked = pick(a, idea)
    prefer = st.text_input("Wishes", placeholder="warm light, no people").strip()
    if st.button("Optimize"):
        st.session_state["written"] = idea, a.optimize(idea, pick=picked, prefer=prefer or None)
    before, written = st.session_state.get("written", ("", None))
    if written and before == idea:
        draw(a, idea, written)


def pick(a: Assistant, idea: str) -> list[str]:
    """Show what is found, and give the ids of what is picked."""
    found = a.search(idea, 10)
    if not found.confident:
        st.info("The library probably holds nothing that fits; this comes nearest.")
    prompts = {hit.id: hit.prompt for hit in found}
    for number, prompt in enumerate(prompts.values(), 1):
        st.text(f"{number}. {prompt}")  # as text: strangers wrote it, and Markdown would be drawn
    picked: list[str] = st.multiselect(
        "Write from (none: from the best)", list(prompts), format_func=prompts.__getitem__
    )
    return picked


def draw(a: Assistant, idea: str, written: OptimizeResult) -> None:
    """Show the candidates; draw the idea and the chosen one with the same seed."""
    candidates = {candidate.id: candidate for candidate in written.candidates}
    for candidate in candidates.values():
        st.code(candidate.prompt, language=None, wrap_lines=True)
    chosen = st.selectbox(
        "Draw", list(candidates), format_func=lambda identity: candidates[identity].prompt
    )
    if not st.button("Draw"):
        return
    with st.spinner("Drawing"):
        plain = a.generate(idea, seed=SEED, size=SIZE)
        better = a.generate(candidate=chosen, seed=SEED, size=SIZE)
    titles = ("Your idea", "Optimized")
    for column, title, result in zip(st.columns(2), titles, (plain, better), strict=True):
        for image in result.images:
            column.caption(title)
            if image.path:
                column.image(image.path)
            else:
                column.text(image.reason)


try:
    page(st.cache_resource(Assistant.open)())
except BozzettoError as error:
    st.error("That could not be done.")
    st.text(f"{error.message}\n{error.hint or ''}")
