// What there is to choose from: profiles, as what each model wants in words, and back ends.

import { call } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { facts } from "../shell/facts.js";
import { number, t } from "../shell/texts.js";

const listed = (list) => new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(list);

export async function profiles(body) {
  const found = (await call("GET", "/api/v1/profiles")).profiles;
  body.replaceChildren(
    el("p", { class: "quiet" }, t("profiles_say")),
    ...found.map(profile));
}

function profile(one) {
  if (one.error) {
    return el("details", { open: true }, el("summary", { dir: "auto" }, one.name),
      el("p", { class: "wrong", dir: "auto" }, one.error));
  }
  const tokens = Object.entries(one.tokens).map(([name, n]) => t("tokens", { n: number(n), name: name.toUpperCase() }));
  const size = one.sizes.length > 1
    ? t("sizes", { first: times(one.sizes[0]), others: listed(one.sizes.slice(1).map(times)) }) : times(one.sizes[0]);
  return el("details", { class: "profile" },
    el("summary", {}, el("strong", { dir: "auto" }, one.title), " ",
      el("code", { class: "quiet", dir: "auto" }, one.name)),
    facts([
      [t("profile.style"), t(`style.${one.style}`)],
      [t("profile.tokens"), [...tokens, one.chunks > 1 ? t("chunks", { n: one.chunks }) : ""].filter(Boolean).join("; ")],
      [t("profile.words"), one.words ? t("at_most", { n: number(one.words) }) : ""],
      [t("profile.negative"), one.negative ? t("yes_negative") : t("no_negative")],
      [t("profile.avoid"), one.avoid],
      [t("profile.quality"), one.quality.join(", ")],
      [t("profile.languages"), listed(one.languages.map(language))],
      [t("profile.weights"), t(`weights.${one.weight_syntax}`)],
      [t("profile.sizes"), size],
      [t("profile.banned"), one.banned.join(", ")],
      [t("profile.required"), one.required.join(", ")],
    ]),
    one.guidelines.length ? el("ul", {}, ...one.guidelines.map((line) => el("li", { dir: "auto" }, line))) : null);
}

const times = (size) => size.replace("x", " × ");

function language(code) {
  try {
    return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

// What there is, and the setting that names one of it.
const KINDS = { chat: "chat", images: "images", embedders: "embedder", stores: "vectors", scores: "scores" };

// `config` says which is used where nobody names another; who may not read it does without.
export async function backends(body, config) {
  const found = (await call("GET", "/api/v1/backends")).backends;
  body.replaceChildren(el("p", { class: "quiet" }, t("backends_say")),
    ...Object.keys(KINDS).flatMap((kind) => [
      el("h3", {}, t(`kind.${kind}`)),
      el("ul", { class: "backends" }, ...found.filter((one) => one.kind === kind).map((one) => backend(one, config)))]));
}

function backend(one, config) {
  const used = config?.[KINDS[one.kind]]?.value ?? "";
  const mine = used === one.scheme || used.startsWith(`${one.scheme}:`);
  const state = one.missing
    ? el("span", { class: "bad" }, t("lacks", { what: one.missing }))
    : el("span", { class: "good" }, t("installed"));
  return el("li", {}, el("code", { dir: "auto" }, one.scheme), " ",
    one.title ? el("span", { class: "quiet", dir: "auto" }, one.title) : null, " ", state,
    mine ? el("span", { class: "chip", dir: "auto" }, t("used", { value: used })) : null,
    one.hint ? el("code", { class: "hint words", dir: "auto" }, one.hint) : null);
}
