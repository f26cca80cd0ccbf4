// Settings: what there is, how it stands, who one is. What only an admin may read is an admin's.

import { Problem, call } from "../shell/api.js";
import { begin, show } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { backends, profiles } from "./choices.js";
import { health, settings } from "./health.js";
import { index, library } from "./library.js";
import { accounts, oneself } from "./people.js";
import { section } from "./section.js";

async function configOf({ role }) {
  if (role !== "admin") return null;
  return call("GET", "/api/v1/config").catch((problem) => {
    if (!(problem instanceof Problem)) throw problem;
    return null;
  });
}

async function build(who) {
  const admin = who.role === "admin";
  const config = await configOf(who);
  const parts = [
    ["library", (body) => library(body, who)],
    ["index", (body) => index(body, who)],
    ["profiles", profiles],
    ["backends", (body) => backends(body, config)],
    ["oneself", (body) => oneself(body, who)],
    admin && ["accounts", accounts],
    admin && ["health", health],
    config && ["config", (body) => settings(body, config)],
  ].filter(Boolean);
  document.title = `${t("page.settings")} · bozzetto`;
  show(el("main", { class: "page settings" },
    el("header", {}, el("h1", {}, t("page.settings"))),
    el("nav", { class: "line parts", "aria-label": t("parts") },
      ...parts.map(([name]) => el("a", { class: "button", href: `#${name}` }, t(`part.${name}`)))),
    el("div", { class: "sections" }, ...parts.map(([name, fill]) => section(name, fill)))), "settings");
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

begin("settings", build);
