// The page of one campaign: its board.

import { call, campaignPath } from "../shell/api.js";
import { begin, message, show } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { askName } from "./asking.js";
import "./board.js";
import { Outbox } from "./outbox.js";
import { FILTERS, Review } from "./review.js";

const NAME = "bozzetto.reviewer";

async function reviewerOf(asked, user) {
  if (user ?? asked) return user ?? asked;
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

async function board({ user }) {
  const name = decodeURIComponent(/^\/campaigns\/(.+)$/.exec(location.pathname)[1]);
  const asked = new URLSearchParams(location.search);
  const blind = asked.get("blind") === "1";
  const reviewer = await reviewerOf(asked.get("as"), user);
  const campaign = campaignPath(name);
  const query = new URLSearchParams({ reviewer, blind });
  const fetchBoard = () => call("GET", `${campaign}/board?${query}`);
  const found = await fetchBoard();
  document.title = `${found.name} · bozzetto`;
  if (!found.items.length) {
    show(message(found.name, t("no_pictures"), t("no_pictures_way")), "campaigns");
    return;
  }
  const place = `bozzetto.said:${encodeURIComponent(found.name)}:${encodeURIComponent(found.reviewer)}:`;
  const review = new Review(found, new Outbox(place, sender(campaign, found.reviewer)));
  review.filter = Object.hasOwn(FILTERS, asked.get("filter") ?? "") ? asked.get("filter") : "all";
  const start = review.byId.get(asked.get("at")) ?? review.items.find(FILTERS.undecided);
  review.at = start?.place ?? 0;
  const made = el("review-board");
  show(made);
  made.start(review, { title: found.name, reviewer: found.reviewer, blind, renew: fetchBoard });
}

begin("board", board);
