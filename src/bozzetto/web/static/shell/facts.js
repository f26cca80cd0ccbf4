// Small things that several pages show: what is known of something, stars, how far work has come.

import { button, el } from "./dom.js";
import { number, t } from "./texts.js";
import { visible } from "./visible.js";

// Rows of [name, value, class]; those without a value are left out. A value may be a node.
export function facts(rows) {
  const there = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, ...there.flatMap(([name, value, kind]) => [
    el("dt", {}, name),
    el("dd", { dir: value instanceof Node ? null : "auto", class: kind },
      value instanceof Node ? value : visible(String(value))),
  ]));
}

// Stars to look at, or with `rate(n)` to press; the one that stands takes itself back.
export function stars(rating, rate = null) {
  if (!rate) {
    return rating ? el("span", { class: "stars", role: "img", "aria-label": t("stars", { n: rating }) },
      "★".repeat(rating)) : null;
  }
  return el("div", { class: "stars", role: "group", "aria-label": t("rating") },
    ...[1, 2, 3, 4, 5].map((n) => button(
      el("span", { "aria-hidden": "true" }, n <= (rating ?? 0) ? "★" : "☆"),
      () => rate(n === rating ? 0 : n),
      { "aria-label": t("stars", { n }), "aria-pressed": String(n === rating), "data-star": n })));
}

// A bar with its words; `share` is 0-1, or null while nobody knows.
export function bar(share, label) {
  const value = share === null ? {} : { value: share, max: 1 };
  return el("progress", { "aria-label": label, ...value });
}

// A moment as the page's language writes it.
export function moment(text) {
  const date = new Date(text);
  if (!text || Number.isNaN(date.getTime())) return null;
  const shown = date.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  return el("time", { datetime: text }, shown);
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < UNITS.length - 1) [count, unit] = [count / 1000, unit + 1];
  return `${number(Number(count.toPrecision(3)))} ${UNITS[unit]}`;
}
