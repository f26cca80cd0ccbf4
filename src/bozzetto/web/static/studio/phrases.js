// A prompt in its phrases, each with where it came from.

import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

const OWN = new Set(["idea", "preference", "template", "guideline", "library", "model", "user"]);

// idea, preference, ... or hit, for a prompt of the library.
export const kindOf = (phrase) => (OWN.has(phrase.from) ? phrase.from : "hit");

// Where each phrase stands in the prompt, as [start, end].
export function places({ prompt, phrases }) {
  let at = 0;
  return phrases.map(({ text }) => {
    const start = prompt.indexOf(text, at);
    at = start + text.length;
    return [start, at];
  });
}

// The prompt without some of its phrases, and without what stood between them and the next.
export function without(candidate, dropped) {
  const { prompt } = candidate;
  const stands = places(candidate);
  const kept = stands.map((_, place) => place).filter((place) => !dropped.has(place));
  if (!kept.length) return "";
  let said = prompt.slice(0, stands[0][0]);
  kept.forEach((place, order) => {
    if (order) said += prompt.slice(stands[place - 1][1], stands[place][0]);
    said += prompt.slice(...stands[place]);
  });
  return (said + prompt.slice(stands.at(-1)[1])).trim();
}

// The prompt as text nodes and phrases that can be gone through by keyboard.
export function shownPhrases(candidate) {
  const stands = places(candidate);
  const parts = [];
  let at = 0;
  candidate.phrases.forEach((phrase, place) => {
    const [start, end] = stands[place];
    parts.push(visible(candidate.prompt.slice(at, start)), phraseOf(phrase, place));
    at = end;
  });
  return [...parts, visible(candidate.prompt.slice(at))];
}

function phraseOf(phrase, place) {
  const kind = kindOf(phrase);
  return el("span", {
    class: "phrase", role: "button", tabindex: place ? "-1" : "0", "data-place": place, "data-from": kind,
    "data-hit": kind === "hit" ? phrase.from : null, "aria-label": `${visible(phrase.text)}: ${t(`from.${kind}`)}`,
  }, visible(phrase.text));
}

// What became of the idea's words.
export function shownDiff(parts) {
  return parts.flatMap(({ change, before, after }) => [
    change === "kept" ? after : null,
    change !== "kept" && before ? el("del", {}, visible(before)) : null,
    change !== "kept" && before && after ? " " : null,
    change !== "kept" && after ? el("ins", {}, visible(after)) : null,
  ]).filter(Boolean).flatMap((one) => [one, " "]);
}
