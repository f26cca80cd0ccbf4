// Text for other programs, by the clipboard.

import { el } from "./dom.js";

// Whether the text went there.
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byHand(text); // no clipboard beyond this machine without https
  }
}

function byHand(text) {
  const before = document.activeElement;
  const box = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
  box.value = text;
  document.body.append(box);
  box.select();
  const went = document.execCommand("copy");
  box.remove();
  before?.focus({ preventScroll: true });
  return went;
}
