// The page of one campaign: its board.

import { call, campaignPath } from "../shell/api.js";
import { begin, message, show } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { Outbox } from "../shell/outbox.js";
import { knownReviewer, outboxPlace, reviewerOf, sender } from "../shell/reviewer.js";
import { t } from "../shell/texts.js";
import "./board.js";
import { FILTERS, Review } from "./review.js";

const LOOK = 2_000; // milliseconds between two looks for the first picture

async function board({ user, role }) {
  const name = decodeURIComponent(/^\/campaigns\/(.+)$/.exec(location.pathname)[1]);
  const asked = new URLSearchParams(location.search);
  const blind = asked.get("blind") === "1";
  const campaign = campaignPath(name);
  const known = asked.get("as") ?? knownReviewer(user);
  if (!known) await call("GET", campaign); // a link to nothing asks for no name
  const reviewer = user ?? known ?? await reviewerOf(null, { must: true });
  const query = new URLSearchParams({ reviewer, blind });
  const fetchBoard = () => call("GET", `${campaign}/board?${query}`);
  let found = await fetchBoard();
  document.title = `${found.name} · bozzetto`;
  if (!found.items.length) show(message(found.name, t("no_pictures"), t("no_pictures_way")), "campaigns");
  while (!found.items.length) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    found = await fetchBoard();
  }
  const outbox = new Outbox(outboxPlace(found.name, found.reviewer), sender(found.name, found.reviewer));
  const review = new Review(found, outbox);
  review.filter = Object.hasOwn(FILTERS, asked.get("filter") ?? "") ? asked.get("filter") : "all";
  const start = review.byId.get(asked.get("at")) ?? review.items.find(FILTERS.undecided);
  review.at = start?.place ?? 0;
  const made = el("review-board");
  show(made);
  made.start(review, { title: found.name, reviewer: found.reviewer, blind, renew: fetchBoard, edits: role !== "viewer" });
}

begin("board", board);
