// <review-board>: a campaign's pictures, judged by keyboard or by hand.

import { campaignPath } from "../shell/api.js";
import { showHelp } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { askNote } from "./asking.js";
import "./grid.js";
import { KEYS, asked, taken } from "./keys.js";
import { FILTERS } from "./review.js";
import "./stage.js";
import { nameOf, verdictOf } from "./words.js";

const SETTLED = 400; // milliseconds until the address holds where we are
const EDITS = new Set(KEYS.filter((key) => key.edits).map((key) => key.act));

export class ReviewBoard extends HTMLElement {
  #mode = "grid"; // or "large", "compare"
  #settling = 0;

  // Who does not edit looks, compares and judges nothing.
  start(review, { title, reviewer, blind, renew, edits }) {
    this.review = review;
    this.edits = edits;
    this.renew = renew;
    this.#build(title, reviewer, blind);
    this.grid.build(review.items);
    this.#listen();
    review.show(review.filter);
    this.#paintCounts();
    this.#paintState();
    review.choose(review.current);
    this.review.outbox.send();
  }

  // How it looks

  #build(title, reviewer, blind) {
    this.grid = el("picture-grid");
    this.stage = el("picture-stage", { hidden: true });
    this.live = el("p", { class: "unseen", "aria-live": "polite" });
    this.counts = el("p", { class: "counts" });
    this.state = el("p", { class: "saving", role: "status" });
    this.refused = el("div", { class: "refused", role: "alert" });
    this.empty = el("p", { class: "empty", hidden: true });
    const who = t(blind ? "as_blind" : "as", { reviewer });
    this.filters = el("div", { class: "filters", role: "group", "aria-label": t("show") },
      ...Object.keys(FILTERS).map((name) => button(
        t(`filter.${name}`), () => this.review.show(name), { "data-filter": name })));
    this.replaceChildren(
      el("header", {},
        el("a", { href: "/campaigns" }, el("span", { "aria-hidden": "true" }, "‹ "), t("page.campaigns")),
        el("h1", { dir: "auto" }, title), el("p", { class: "who", dir: "auto" }, who),
        this.counts, this.filters,
        el("a", { href: `${campaignPath(title)}/export.zip`, download: "", title: t("export_says") }, t("export")),
        this.state, this.refused),
      el("main", {}, this.grid, this.empty, this.stage),
      this.#actions(), this.live);
  }

  #actions() {
    const one = (act, sign, key) => button(
      el("span", { "aria-hidden": "true" }, sign), () => this.act(act),
      { "data-act": act, title: `${t(`key.${act}`)} (${key})`, "aria-label": t(`key.${act}`) });
    const star = (n) => button(el("span", { "aria-hidden": "true" }, "★"), () => this.act("rate", n), {
      "data-star": n, title: `${t("stars", { n })} (${n})`, "aria-label": t("stars", { n }) });
    const set = (...buttons) => el("div", { class: "set" }, ...buttons);
    const move = set(one("previous", "‹", "←"), one("next", "›", "→"), one("large", "⤢", "Enter"));
    const both = [one("hold", "◆", "M"), one("compare", "◫", "C")];
    const judge = () => [
      set(one("keep", "✓", "P"), one("reject", "✕", "X"), one("unset", "○", "U")),
      el("div", { class: "set rating" }, ...[1, 2, 3, 4, 5].map(star)),
      set(one("note", "✎", "N"), ...both, one("undo", "↶", "Z"), one("advance", "⇥", "A"), one("help", "?", "?")),
    ];
    const look = () => [set(...both, one("help", "?", "?")), el("p", { class: "small" }, t("only_editors"))];
    this.bar = el("div", { class: "bar", role: "toolbar", "aria-label": t("say") },
      move, ...(this.edits ? judge() : look()));
    return el("footer", {}, this.bar);
  }

  #listen() {
    const { review } = this;
    const hears = (name, act) => review.addEventListener(name, ({ detail }) => act(detail));
    hears("item", (item) => this.#paintItem(item));
    hears("current", (item) => this.#paintCurrent(item));
    hears("shown", () => this.#paintShown());
    hears("counts", () => this.#paintCounts());
    hears("nothing", () => this.#announce(t("nothing_to_undo")));
    hears("stale", () => this.#renew());
    review.outbox.addEventListener("state", () => this.#paintState());
    review.outbox.addEventListener("refused", ({ detail }) => this.#refuse(detail.problem));
    this.grid.addEventListener("choose", ({ detail }) => review.choose(review.byId.get(detail)));
    this.grid.addEventListener("open", () => this.act("large"));
    document.addEventListener("keydown", (event) => this.#pressed(event));
    addEventListener("beforeunload", (event) => {
      if (review.outbox.waiting.length && !review.outbox.kept) event.preventDefault();
    });
  }

  #paintItem(item) {
    this.grid.paint(item, item === this.review.held);
    this.grid.toggle(item.id, FILTERS[this.review.filter](item));
    this.#paintEmpty();
    if (item === this.review.current) this.#paintBar();
    if (this.#mode !== "grid") this.#paintStage();
  }

  #paintCurrent(item) {
    this.grid.choose(item, { focus: this.#mode === "grid" && !document.querySelector("dialog[open]") });
    if (this.#mode !== "grid") {
      this.#paintStage();
      this.#announce(nameOf(item, this.review.items.length));
    }
    this.#paintBar();
    this.#settle();
  }

  #paintShown() {
    const { filter, shown } = this.review;
    this.grid.show(shown);
    for (const one of this.filters.children) {
      one.setAttribute("aria-pressed", String(one.dataset.filter === filter));
    }
    this.#paintEmpty();
    this.#settle();
  }

  #paintEmpty() {
    const { filter, items } = this.review;
    this.empty.hidden = items.some(FILTERS[filter]);
    this.empty.textContent = t(`empty.${filter}`);
  }

  #paintCounts() {
    this.counts.textContent = t("counts", this.review.counts);
  }

  #paintBar() {
    const { current, held, advance } = this.review;
    const pressed = {
      keep: current.keep === true, reject: current.keep === false, hold: held === current,
      note: Boolean(current.note), advance, compare: this.#mode === "compare",
      large: this.#mode === "large",
    };
    for (const [act, on] of Object.entries(pressed)) {
      this.bar.querySelector(`[data-act=${act}]`)?.setAttribute("aria-pressed", String(on));
    }
    for (const star of this.bar.querySelectorAll("[data-star]")) {
      star.setAttribute("aria-pressed", String(Number(star.dataset.star) <= (current.rating ?? 0)));
    }
  }

  #paintState() {
    const { waiting, trouble } = this.review.outbox;
    const n = waiting.length;
    const state = this.state.dataset.state = !n ? "saved" : trouble ? "trouble" : "saving";
    const why = trouble?.ended ? trouble.code : "server";
    const text = t(state === "trouble" ? `trouble.${why}` : state, { n, reason: trouble?.message ?? "" });
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  #paintStage() {
    const { current, held } = this.review;
    if (this.#mode === "compare") {
      this.stage.show([held, current], { labels: ["1", "2"], facts: false });
    } else {
      this.stage.show([current]);
    }
    const around = [1, 2, -1].map((step) => this.review.items[current.place + step]);
    this.stage.prepare(around.filter(Boolean));
  }

  #switch(mode) {
    this.#mode = mode;
    const large = mode !== "grid";
    this.stage.hidden = !large;
    this.grid.inert = large;
    if (large) {
      this.#paintStage();
      this.stage.focus({ preventScroll: true });
    }
    this.review.choose(this.review.current);
  }

  #announce(text) {
    this.live.textContent = text;
  }

  #refuse(problem) {
    const line = el("p", {}, t("refused", { reason: problem.message }),
      button("✕", () => line.remove(), { "aria-label": t("close") }));
    this.refused.append(line);
    this.#renew();
  }

  async #renew() {
    try {
      this.review.renew(await this.renew());
    } catch {
      // The next reload shows what the server has; what is not saved is told beside it.
    }
  }

  // The address holds the filter and the picture, for a reload or a colleague.
  #settle() {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const address = new URL(location.href);
      address.searchParams.set("at", this.review.current.id);
      if (this.review.filter === "all") address.searchParams.delete("filter");
      else address.searchParams.set("filter", this.review.filter);
      history.replaceState(null, "", address);
    }, SETTLED);
  }

  // What it does

  #pressed(event) {
    if (taken(event)) return;
    const found = asked(event);
    if (!found?.act) return;
    event.preventDefault();
    this.act(found.act, found.digit, event.shiftKey);
  }

  act(name, digit = null, shift = false) {
    const { review } = this;
    if (EDITS.has(name) && !this.edits) {
      this.#announce(t("only_editors"));
      return;
    }
    if (this.#mode === "compare" && name === "rate" && digit <= 2 && digit > 0) {
      this.#win(digit);
      return;
    }
    const acts = {
      next: () => this.#move(1),
      previous: () => this.#move(-1),
      down: () => this.#move(this.#mode === "grid" ? this.grid.columns : 1),
      up: () => this.#move(this.#mode === "grid" ? -this.grid.columns : -1),
      first: () => this.#move(-review.items.length),
      last: () => this.#move(review.items.length),
      large: () => this.#switch(this.#mode === "large" ? "grid" : "large"),
      back: () => this.#switch("grid"),
      keep: () => this.#say({ keep: true }, shift),
      reject: () => this.#say({ keep: false }, shift),
      unset: () => this.#say({ keep: null }, shift),
      rate: () => this.#say({ rating: digit }, shift),
      unrate: () => this.#say({ rating: null }, shift),
      note: () => this.#note(),
      undo: () => this.#undo(),
      hold: () => this.#hold(),
      compare: () => this.#compare(),
      swap: () => this.#swap(),
      filter: () => this.#nextFilter(),
      advance: () => this.#toggleAdvance(),
      help: () => showHelp(KEYS.filter((key) => this.edits || !key.edits)),
    };
    acts[name]();
  }

  #move(step) {
    const skip = this.#mode === "compare" ? this.review.held : null;
    return this.review.move(step, { skip });
  }

  // Shift turns round whether it goes on to the next one.
  #say(change, shift) {
    const { review } = this;
    const item = review.current;
    review.judge([item, change]);
    const goes = review.advance !== shift && this.#move(1);
    const left = review.counts.undecided;
    const end = review.advance !== shift && !goes ? ` ${t("last_one", { n: left })}` : "";
    this.#announce(verdictOf(item) + end);
  }

  async #note() {
    const item = this.review.current;
    const text = await askNote(item.note);
    if (text !== null) this.review.judge([item, { note: text }]);
    this.#switch(this.#mode);
  }

  #undo() {
    const item = this.review.undo();
    if (item) this.#announce(t("undone", { what: nameOf(item, this.review.items.length) }));
  }

  #hold() {
    const { review } = this;
    review.hold(review.held === review.current && this.#mode !== "compare" ? null : review.current);
    this.#announce(t(review.held ? "held" : "not_held"));
    if (this.#mode === "compare") this.#move(1) || this.#move(-1);
    this.#paintBar();
  }

  #compare() {
    const { review } = this;
    if (this.#mode === "compare") {
      this.#switch("grid");
      return;
    }
    if (review.items.length < 2) {
      this.#announce(t("needs_two"));
      return;
    }
    if (!review.held || review.held === review.current) {
      review.hold(review.current);
      if (!review.move(1)) review.move(-1);
      if (review.held === review.current) review.choose(review.items.find((one) => one !== review.held));
    }
    this.#switch("compare");
  }

  // One of two is kept, the other rejected; the next picture stands against the one kept.
  #win(number) {
    const { review } = this;
    const pair = [review.held, review.current];
    const [best, other] = number === 1 ? pair : pair.toReversed();
    review.judge([best, { keep: true }], [other, { keep: false }]);
    review.hold(best);
    this.#announce(t("won", { n: best.place + 1 }));
    if (!this.#move(1)) this.#switch("large");
  }

  #swap() {
    if (this.#mode !== "compare") return;
    const before = this.review.held;
    this.review.hold(this.review.current);
    this.review.choose(before);
  }

  #nextFilter() {
    const names = Object.keys(FILTERS);
    const next = names[(names.indexOf(this.review.filter) + 1) % names.length];
    this.review.show(next);
    this.#announce(t("showing", { what: t(`filter.${next}`), n: this.review.shown.length }));
  }

  #toggleAdvance() {
    this.review.advance = !this.review.advance;
    this.#announce(t(this.review.advance ? "advance_on" : "advance_off"));
    this.#paintBar();
  }
}

customElements.define("review-board", ReviewBoard);
