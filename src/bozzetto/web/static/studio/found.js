// <found-prompts>: the part of the page with the hits, and what is said where there are none.

import { Problem, call } from "../shell/api.js";
import { announce, told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";
import "./chips.js";
import { Finder } from "./finder.js";
import "./hits.js";
import { noteOf } from "./notes.js";
import { searchOf } from "./state.js";

const FIRST = 12;
const MORE = 12;
const MOST = 240;
const SAID = 1_000; // milliseconds until a listener hears of hits, so that not each key speaks

export class FoundPrompts extends HTMLElement {
  #k = FIRST;
  #saying = 0;

  start(studio) {
    this.studio = studio;
    this.finder = new Finder();
    this.list = el("hit-list");
    this.heading = el("h2", { id: "found", tabindex: "-1" }, t("found"));
    this.fold = el("button", { type: "button", class: "link", "aria-controls": "hits", onclick: () => this.open(this.inner.hidden) });
    this.count = el("p", { class: "quiet count" });
    this.notes = el("div", { class: "notes" });
    this.trouble = el("div", { class: "trouble", role: "alert" });
    this.more = el("button", { type: "button", onclick: () => this.#more() }, t("more"));
    this.inner = el("div", { id: "hits" }, this.notes, this.list, el("p", { class: "more" }, this.more));
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", "found");
    this.chips = ["like", "unlike"].map((name) => el("prompt-chips", { "data-name": name }));
    this.append(el("header", {}, this.heading, this.count, this.fold), this.trouble, ...this.chips, this.inner);
    for (const one of this.chips) one.start(studio, one.dataset.name, t(`chips.${one.dataset.name}`), this.heading);
    this.finder.addEventListener("found", ({ detail }) => this.#show(detail));
    this.finder.addEventListener("waiting", () => {
      this.hidden = false;
      this.count.textContent = t("searching");
    });
    this.finder.addEventListener("trouble", ({ detail }) => this.#complain(detail));
    this.open(true);
    this.hidden = true;
  }

  open(open) {
    this.inner.hidden = !open;
    this.fold.textContent = t(open ? "fold" : "unfold");
    this.fold.setAttribute("aria-expanded", String(open));
  }

  // Look for what the state says; `fresh` begins at the first again.
  ask({ fresh = true, wait } = {}) {
    const { idea, like } = this.studio.state;
    if (fresh) this.#k = FIRST;
    this.finder.ask(idea.trim() || like.length ? searchOf(this.studio.state, this.#k) : null, wait);
  }

  mark() {
    this.list.mark(this.studio.state);
    for (const one of this.chips) one.paint();
  }

  #more() {
    this.#k = Math.min(this.#k + MORE, MOST);
    this.ask({ fresh: false, wait: 0 });
  }

  #show(found) {
    this.trouble.replaceChildren();
    this.hidden = !found;
    this.dispatchEvent(new CustomEvent("found", { detail: found }));
    if (!found) return this.list.show([], this.studio.state);
    const { hits, hidden, confident, notes } = found;
    this.list.show(hits, this.studio.state);
    this.more.hidden = hits.length < this.#k || this.#k >= MOST;
    const parts = [hits.length ? t(hits.length === 1 ? "hit" : "hits", { n: number(hits.length) }) : t("none_found")];
    if (hidden) parts.push(t("hidden", { n: number(hidden) }));
    this.count.textContent = parts.join(" · ");
    this.notes.replaceChildren(...this.#said(hits, confident, notes));
    this.fold.hidden = !hits.length;
    if (!hits.length) this.open(true);
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => announce(parts.join(", ")), SAID);
    return undefined;
  }

  #said(hits, confident, notes) {
    const lines = notes.map((one) => noteOf(one));
    if (!hits.length) lines.push(this.#nothing());
    else if (!confident) lines.push(el("p", {}, t("not_close")));
    return lines;
  }

  #nothing() {
    const made = el("div", { class: "nothing" }, el("p", {}, t("nothing_way")));
    call("GET", "/api/v1/library?limit=1").then(({ total }) => {
      if (!total) made.replaceChildren(el("p", {}, t("no_library")), el("p", {}, el("a", { href: "/library" }, t("bring_in"))));
    }).catch((problem) => { if (!(problem instanceof Problem)) throw problem; });
    return made;
  }

  #complain(problem) {
    this.hidden = false;
    const lines = told(problem).map((one) => el("p", { dir: "auto" }, one));
    const again = problem.passes && problem.status !== 401 ? el("p", { class: "quiet" }, t("tried_again")) : null;
    this.trouble.replaceChildren(...lines, again ?? "");
  }
}

customElements.define("found-prompts", FoundPrompts);
