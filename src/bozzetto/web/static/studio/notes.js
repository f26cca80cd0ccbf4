// What the program notes beside its answer, in the page's language where it is one of the common ones.

import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

// Those at which nothing is wrong are `quiet`.
const KNOWN = [
  { like: /^understood from [^:]+ as: (?<said>.+)$/s, key: "understood", quiet: true },
  { like: /^unsure of: (?<said>.+)$/s, key: "unsure", quiet: false },
];

export function noteOf(text) {
  for (const { like, key, quiet } of KNOWN) {
    const found = like.exec(text);
    if (found) return el("p", { class: quiet ? null : "warned", dir: "auto" }, t(`note.${key}`, { said: visible(found.groups.said) }));
  }
  return el("p", { class: "warned", dir: "auto" }, visible(text));
}
