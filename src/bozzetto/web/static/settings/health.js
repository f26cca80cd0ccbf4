// What is right and what is not, and which settings are in force.

import { button, el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { refill, work } from "./section.js";

const SIGNS = { ok: "✓", warn: "!", fail: "✕" };
const ORDER = ["fail", "warn", "ok"];

// It reads every page of the library, so it is done when asked for.
export async function health(body) {
  body.replaceChildren(el("p", { class: "quiet" }, t("doctor_says")),
    button(t("examine"), () => refill(body, examine), { class: "main" }));
}

async function examine(body) {
  body.replaceChildren(el("p", { class: "quiet", role: "status" }, t("examining")));
  const { ok, checks } = await work("GET", "/api/v1/doctor");
  const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  body.replaceChildren(
    el("p", { role: "status", class: ok ? "good" : "bad" }, t(ok ? "doctor_ok" : "doctor_bad")),
    el("ul", { class: "checks" }, ...sorted.map((one) => el("li", { "data-state": one.state },
      el("span", { class: "mark", role: "img", "aria-label": t(`check.${one.state}`) }, SIGNS[one.state]),
      el("div", {}, el("strong", { dir: "auto" }, one.name),
        el("p", { class: "words small", dir: "auto" }, one.detail),
        one.hint ? el("p", { class: "words small", dir: "auto" }, t("way_out", { hint: one.hint })) : null)))),
    button(t("examine"), () => refill(body, examine)));
}

export function settings(body, config) {
  const cells = (name, { value, origin }) => el("tr", {},
    el("th", { scope: "row" }, el("code", {}, name)),
    el("td", { class: "words", dir: "auto" }, String(value ?? "")),
    el("td", { class: "quiet", dir: "auto" }, t(`origin.${originOf(origin)}`), originOf(origin) === "file" ? ` ${origin}` : ""));
  body.replaceChildren(
    el("p", { class: "quiet" }, t("config_says")),
    el("div", { class: "wide", tabindex: "0", role: "group", "aria-labelledby": "config-title" },
      el("table", {},
        el("thead", {}, el("tr", {}, ...["name", "value", "origin"].map((one) => el("th", { scope: "col" }, t(`column.${one}`))))),
        el("tbody", {}, ...Object.entries(config).map(([name, said]) => cells(name, said))))));
}

const ORIGINS = ["argument", "environment", "default"];
const originOf = (origin) => ORIGINS.find((one) => origin.startsWith(one)) ?? "file";
