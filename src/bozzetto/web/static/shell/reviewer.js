// Under which name one judges pictures: that of the account, else the one this browser was told.

import { call, campaignPath } from "./api.js";
import { ask } from "./dialogs.js";
import { el } from "./dom.js";
import { t } from "./texts.js";

const NAME = "bozzetto.reviewer";
const MOST_NAME = 80;

export function knownReviewer(user) {
  try {
    return user ?? localStorage.getItem(NAME);
  } catch {
    return user ?? null; // a browser that keeps nothing is asked each time
  }
}

export async function reviewerOf(user, { must = false } = {}) {
  const known = knownReviewer(user);
  if (known) return known;
  const field = el("input", {
    type: "text", required: true, maxlength: MOST_NAME, autocomplete: "name", "aria-label": t("your_name"),
  });
  const name = await ask(t("your_name"), field, { hint: t("name_hint"), must });
  try {
    if (name) localStorage.setItem(NAME, name);
  } catch {
    // The same.
  }
  return name;
}

// Where the browser keeps what one said of a campaign's pictures and is not saved yet.
export function outboxPlace(campaign, reviewer) {
  return `bozzetto.said:${encodeURIComponent(campaign)}:${encodeURIComponent(reviewer)}:`;
}

// What an outbox does with its entries.
export function sender(campaign, reviewer) {
  const path = campaignPath(campaign);
  return (entry) => (entry.kind === "undo"
    ? call("POST", `${path}/undo`, { reviewer }, entry.id)
    : call("POST", `${path}/verdicts`, { image: entry.image, reviewer, ...entry.change }, entry.id));
}
