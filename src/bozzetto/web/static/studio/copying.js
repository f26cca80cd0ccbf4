// Prompts for other programs, by the clipboard.

import { copied } from "../shell/copying.js";
import { say } from "../shell/saying.js";
import { t } from "../shell/texts.js";

// As A1111 and its kin read it back from one text.
export function infotext({ prompt, negative }) {
  return negative ? `${prompt}\nNegative prompt: ${negative}` : prompt;
}

export async function copy(text) {
  say(t(await copied(text) ? "copied" : "not_copied"));
}
