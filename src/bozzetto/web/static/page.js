// The page: what its address asks for.

import { call, campaignPath, enter } from "./api.js";
import "./board.js";
import { askName } from "./dialogs.js";
import { el } from "./dom.js";
import { Outbox } from "./outbox.js";
import { FILTERS, Review } from "./review.js";
import { loadTexts, t } from "./texts.js";

const NAME = "bozzetto.reviewer";

function message(title, ...lines) {
  document.body.replaceChildren(
    el("main", { class: "message" }, el("h1", {}, title), ...lines.map((line) => el("p", {}, line))));
}

async function reviewerOf(asked) {
  if (asked) return asked;
  try {
    const known = localStorage.getItem(NAME);
    if (known) return known;
  } catch {
    // A browser that keeps nothing is asked each time.
  }
  const name = await askName();
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // The same.
  }
  return name;
}

function sender(campaign, reviewer) {
  return (entry) => (entry.kind === "undo"
    ? call("POST", `${campaign}/undo`, { reviewer }, entry.id)
    : call("POST", `${campaign}/verdicts`, { image: entry.image, reviewer, ...entry.change }, entry.id));
}

async function board(name) {
  const asked = new URLSearchParams(location.search);
  const blind = asked.get("blind") === "1";
  const reviewer = await reviewerOf(asked.get("as"));
  const campaign = campaignPath(name);
  const query = new URLSearchParams({ reviewer, blind });
  const fetchBoard = () => call("GET", `${campaign}/board?${query}`);
  const found = await fetchBoard();
  document.title = `${found.name} · bozzetto`;
  if (!found.items.length) {
    message(found.name, t("no_pictures"), t("no_pictures_way"));
    return;
  }
  const place = `bozzetto.said:${encodeURIComponent(found.name)}:${encodeURIComponent(found.reviewer)}:`;
  const review = new Review(found, new Outbox(place, sender(campaign, found.reviewer)));
  review.filter = Object.hasOwn(FILTERS, asked.get("filter") ?? "") ? asked.get("filter") : "all";
  const start = review.byId.get(asked.get("at")) ?? review.items.find(FILTERS.undecided);
  review.at = start?.place ?? 0;
  const made = el("review-board");
  document.body.replaceChildren(made);
  made.start(review, { title: found.name, reviewer: found.reviewer, blind, renew: fetchBoard });
}

async function campaigns() {
  const found = (await call("GET", "/api/v1/campaigns")).campaigns;
  if (!found.length) {
    message(t("campaigns"), t("no_campaigns"));
    return;
  }
  const links = found.map((one) => el("li", {}, el("a", { href: `/campaigns/${encodeURIComponent(one.id)}` }, one.name)));
  document.body.replaceChildren(
    el("main", { class: "message" }, el("h1", {}, t("campaigns")), el("ul", {}, ...links)));
}

async function start() {
  await loadTexts();
  try {
    await enter();
    const name = /^\/campaigns\/(.+)$/.exec(location.pathname);
    await (name ? board(decodeURIComponent(name[1])) : campaigns());
  } catch (problem) {
    const known = problem.status === 401 ? "no_token" : problem.status === 0 ? "no_server" : "problem";
    message(t(known), problem.status === 0 ? "" : problem.message, problem.hint ?? "");
    if (problem.status === undefined) throw problem;
  }
}

addEventListener("hashchange", () => location.reload()); // the newest address, opened in an old tab
start();
