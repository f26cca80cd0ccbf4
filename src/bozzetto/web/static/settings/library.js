// The library in numbers, what it is searched by, its copy, its sources.

import { Problem, call } from "../shell/api.js";
import { announce, told } from "../shell/begin.js";
import { sure } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { bar, bytes, facts, moment } from "../shell/facts.js";
import { say } from "../shell/saying.js";
import { number, t } from "../shell/texts.js";
import { refill, trouble, work } from "./section.js";

export async function library(body, { role }) {
  const found = await call("GET", "/api/v1/stats");
  body.replaceChildren(
    facts([
      [t("library.prompts"), number(found.prompts)],
      [t("library.families"), number(found.families)],
      [t("library.has_image"), number(found.has_image)],
      [t("library.candidates"), number(found.candidates)],
    ]),
    found.sources.length ? sources(found.sources, role, () => refill(body, (one) => library(one, { role }))) : empty(),
    ...(role === "admin" ? [backup()] : []));
}

const empty = () => el("p", {}, t("library.empty"), " ", el("a", { href: "/library" }, t("page.library")));

function sources(found, role, changed) {
  return el("ul", { class: "sources" }, ...found.map((one) => el("li", {},
    el("strong", { class: "words", dir: "auto" }, one.name),
    el("p", { class: "quiet small" }, [
      t("source.prompts", { n: number(one.prompts) }), t("source.rows", { n: number(one.rows) }),
      one.bad ? t("source.bad", { n: number(one.bad) }) : "",
      one.deleted ? t("source.deleted", { n: number(one.deleted) }) : "",
      one.complete ? "" : t("source.unfinished"),
    ].filter(Boolean).join(", "), " · ", moment(one.at) ?? "", " · ", el("span", { dir: "auto" }, one.actor)),
    el("div", { class: "line" },
      el("a", { class: "button", href: `/library?${new URLSearchParams({ source: one.name })}` }, t("look")),
      role === "admin" ? button(t("delete"), () => remove(one, changed), { class: "bad" }) : null))));
}

async function remove(source, changed) {
  if (!await sure(t("delete_source", { name: source.name }), t("delete_source_says"), t("delete"))) return;
  try {
    const { deleted } = await call("DELETE", `/api/v1/library?${new URLSearchParams({ source: source.name })}`);
    say(t("deleted", { n: number(deleted) }));
    changed();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(told(problem).join(" "));
  }
}

// A copy is made, then handed over as a file.
function backup() {
  const state = el("span", { class: "quiet", role: "status" });
  const press = button(t("backup"), async () => {
    press.disabled = true;
    state.textContent = t("backup_made");
    try {
      const answer = await fetch("/api/v1/backup", { method: "POST" });
      if (!answer.ok) throw new Problem({ ...await answer.json(), status: answer.status });
      const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
      handOver(await answer.blob(), name ?? "library.sqlite");
      state.textContent = "";
    } catch (problem) {
      state.textContent = problem instanceof Problem ? told(problem).join(" ") : t("no_server");
    }
    press.disabled = false;
  });
  return el("div", { class: "line" }, press, el("span", { class: "quiet small" }, t("backup_says")), state);
}

function handOver(data, name) {
  const link = el("a", { href: URL.createObjectURL(data), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// What searches read

export async function index(body, { role }) {
  paintIndex(body, role, await work("GET", "/api/v1/index"));
}

function paintIndex(body, role, found) {
  const progress = bar(null, t("index_work"));
  const state = el("p", { class: "quiet", role: "status" });
  const busy = el("div", { hidden: true }, progress, state);
  const run = async (path, done) => {
    for (const one of acts.children) one.disabled = true;
    busy.hidden = false;
    try {
      const now = await work("POST", path, (step) => {
        if (step.total) progress.value = step.done / step.total;
        state.textContent = [step.stage, step.total ? `${number(step.done)} / ${number(step.total)}` : "", step.message]
          .filter(Boolean).join(" · ");
      });
      paintIndex(body, role, now);
      announce(done);
      say(done);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      busy.replaceChildren(trouble(problem));
      for (const one of acts.children) one.disabled = false;
    }
  };
  const acts = el("div", { class: "line" }, ...(role === "viewer" ? [] : [
    button(t("build"), () => run("/api/v1/index/build", t("built")), { class: "main" }),
    button(t("verify"), () => run("/api/v1/index/verify", t("verified")))]));
  body.replaceChildren(
    el("p", {}, found.waiting ? t("index_waits", { n: number(found.waiting) }) : t("index_whole")),
    el("ul", { class: "states" }, ...found.indexes.map(one)), acts, busy);
}

const GOOD = ["complete", "behind"];

function one(index) {
  const recall = index.recall === null ? "" : t("recall", { share: percent(index.recall) });
  return el("li", {},
    el("strong", {}, t(`index.${index.name}`)), " ",
    el("span", { class: GOOD.includes(index.state) ? "good" : "bad" }, t(`index_state.${index.state}`)),
    el("p", { class: "quiet small", dir: "auto" },
      [index.state === "complete" ? t("source.prompts", { n: number(index.rows) }) : index.detail, recall, index.bytes ? bytes(index.bytes) : ""].filter(Boolean).join(" · ")));
}

const percent = (share) => new Intl.NumberFormat(
  document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 }).format(share);
