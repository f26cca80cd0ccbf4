// What a picture is called and what is said of it, in words: for labels and announcements.

import { t } from "../shell/texts.js";

const STATES = new Map([[true, "kept"], [false, "rejected"], [null, "undecided"]]);

export const stateOf = (item) => STATES.get(item.keep);

export function verdictOf(item) {
  const parts = [t(`state.${stateOf(item)}`)];
  if (item.rating) parts.push(t("stars", { n: item.rating }));
  if (item.note) parts.push(t("has_note"));
  return parts.join(", ");
}

export function nameOf(item, total) {
  const place = t("place", { n: item.place + 1, total });
  return [place, verdictOf(item), item.image.prompt].filter(Boolean).join(". ");
}
