// Prompts for other programs, by the clipboard.

import { el } from "../shell/dom.js";
import { say } from "../shell/saying.js";
import { t } from "../shell/texts.js";

// As A1111 and its kin read it back from one text.
export function infotext({ prompt, negative }) {
  return negative ? `${prompt}\nNegative prompt: ${negative}` : prompt;
}

export async function copy(text) {
  say(t(await written(text) ? "copied" : "not_copied"));
}

async function written(text) {
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
