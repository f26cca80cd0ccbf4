// One prompt with everything that is known of it, and what can be done with it.

import { campaignPath, pictureOf, thumbnailOf } from "../shell/api.js";
import { button, el } from "../shell/dom.js";
import { facts, moment, stars } from "../shell/facts.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

export const pickPath = (id) => `/#pick=${encodeURIComponent(id)}`;

// `acts` are {close, copy, open} and, of who may edit, {rate, edit, remove}.
export function promptView(prompt, acts) {
  return el("article", { class: "prompt", "aria-labelledby": "prompt-title" },
    el("header", { class: "line" },
      el("h2", { id: "prompt-title", tabindex: "-1" }, t("prompt")),
      button("✕", acts.close, { class: "close", "aria-label": t("close"), title: `${t("close")} (Esc)` })),
    el("p", { class: "words text", dir: "auto" }, visible(prompt.prompt)),
    prompt.negative ? el("div", {}, el("h3", {}, t("negative")),
      el("p", { class: "words", dir: "auto" }, visible(prompt.negative))) : null,
    el("div", { class: "line" }, acts.rate ? stars(prompt.rating, acts.rate) : stars(prompt.rating)),
    el("div", { class: "line tags" }, ...prompt.tags.map((tag) => el("span", { class: "chip", dir: "auto" }, visible(tag)))),
    actions(prompt, acts),
    pictures(prompt),
    about(prompt),
    variants(prompt.variants, acts));
}

function actions(prompt, acts) {
  return el("div", { class: "line acts" },
    el("a", { class: "button main", href: pickPath(prompt.id), title: `${t("key.pick")} (P)` }, t("pick")),
    button(t("copy"), acts.copy, { title: `${t("key.copy")} (C)` }),
    acts.edit && button(t("edit"), acts.edit, { title: `${t("key.edit")} (E)` }),
    acts.remove && button(t("delete"), acts.remove, { class: "bad", title: `${t("key.remove")} (Del)` }));
}

function pictures(prompt) {
  const there = (prompt.kept ?? []).filter((one) => one.image);
  if (!there.length) return null;
  return el("section", {}, el("h3", {}, t("pictures")),
    el("div", { class: "thumbs" }, ...there.map((one) => el("figure", {},
      el("a", { href: pictureOf(one.image), target: "_blank" },
        el("img", { src: thumbnailOf(one.image), alt: t("picture_of", { campaign: one.campaign ?? "" }), loading: "lazy" })),
      el("figcaption", { class: "small" }, one.campaign
        ? el("a", { href: boardOf(one.campaign), dir: "auto" }, one.campaign) : null,
        ` ${t(one.keep ? "kept" : "not_kept")}`)))));
}

const boardOf = (name) => campaignPath(name).replace("/api/v1", "");

function about(prompt) {
  const size = prompt.width && prompt.height ? `${prompt.width} × ${prompt.height}` : "";
  const names = (prompt.sources ?? []).filter((one) => one !== prompt.source);
  return el("section", {}, el("h3", {}, t("about")), facts([
    [t("fact.core"), prompt.core === prompt.prompt ? "" : prompt.core],
    [t("fact.source"), prompt.source],
    [t("fact.sources"), names.join(", ")],
    [t("fact.count"), prompt.count > 1 ? t("times", { n: number(prompt.count) }) : ""],
    [t("fact.original"), same(prompt.original, prompt.prompt) ? "" : prompt.original, "words"],
    [t("fact.use"), prompt.use],
    [t("fact.model_family"), prompt.model_family],
    [t("fact.model"), prompt.model],
    [t("fact.seed"), prompt.seed],
    [t("fact.size"), size],
    [t("fact.steps"), prompt.steps],
    [t("fact.guidance"), prompt.guidance],
    [t("fact.sampler"), prompt.sampler],
    [t("fact.image"), prompt.image],
    [t("fact.prompt_nsfw"), score(prompt.prompt_nsfw)],
    [t("fact.image_nsfw"), score(prompt.image_nsfw)],
    [t("fact.made_at"), moment(prompt.made_at)],
    [t("fact.added_at"), moment(prompt.added_at)],
    [t("fact.added_by"), prompt.added_by],
    [t("fact.id"), prompt.id],
  ]));
}

const score = (value) => (typeof value === "number" ? value.toFixed(2) : "");

function variants(found, acts) {
  if (!Array.isArray(found) || !found.length) return null;
  const one = (prompt) => el("li", {}, el("a", {
    href: `/library?id=${encodeURIComponent(prompt.id)}`, dir: "auto", class: "words",
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      acts.open(prompt.id);
    },
  }, visible(prompt.prompt)));
  return el("section", {}, el("h3", {}, t("variants")), el("ul", { class: "variants" }, ...found.map(one)));
}

const plain = (text) => (text ?? "").trim().replace(/\s+/g, " ");
const same = (one, other) => plain(one) === plain(other);
