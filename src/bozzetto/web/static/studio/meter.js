// How much of what a model reads a prompt takes.

import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";

// The fullest of the encoders, as [tokens, limit]; a limit is null where there is none.
function fullest(tokens, limits) {
  const pairs = Object.entries(tokens).map(([name, count]) => [count, limits?.[name] ?? null]);
  return pairs.sort(([a, most], [b, other]) => b / (other ?? Infinity) - a / (most ?? Infinity))[0] ?? [0, null];
}

export function meterOf(tokens, limits) {
  const [count, most] = fullest(tokens, limits);
  const over = most !== null && count > most;
  const said = most === null ? t("tokens", { n: number(count) }) : t("tokens_of", { n: number(count), most: number(most) });
  const short = most === null ? number(count) : `${number(count)}/${number(most)}`;
  const fill = el("i", {});
  fill.style.inlineSize = `${most ? Math.min(100, Math.round(100 * count / most)) : 0}%`;
  return el("span", { class: "tokens", role: "img", "aria-label": over ? `${said}. ${t("too_long")}` : said,
    title: said, "data-over": over },
  el("span", { class: "count" }, short), most === null ? null : el("span", { class: "track" }, fill),
  over ? el("strong", {}, t("too_long")) : null);
}
