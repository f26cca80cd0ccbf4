// <written-prompts>: the candidates side by side.

import { announce, told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import "./card.js";
import { letter } from "./card.js";
import { noteOf } from "./notes.js";

const SAID = 1_200; // milliseconds between two things said of streams
const KINDS = ["idea", "preference", "hit", "template", "guideline", "library", "model", "user"];

export class WrittenPrompts extends HTMLElement {
  #cards = new Map();
  #waiting = new Set();
  #ready = new Set();
  #saying = 0;
  #frame = 0;

  start(studio, writer, limits) {
    Object.assign(this, { studio, writer, limits });
    this.heading = el("h2", { id: "written", tabindex: "-1" }, t("prompts"));
    this.legend = el("ul", { class: "legend", "aria-label": t("legend") });
    this.trouble = el("div", { class: "trouble", role: "alert" });
    this.notes = el("div", { class: "notes" });
    this.nothing = el("p", { hidden: true });
    this.anew = el("button", { type: "button", hidden: true,
      onclick: () => this.dispatchEvent(new Event("again")) }, t("write_again"));
    this.grid = el("div", { class: "cards" });
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", "written");
    this.append(el("header", {}, this.heading, this.legend), this.trouble, this.notes, this.nothing, this.anew, this.grid);
    this.hidden = true;
    writer.addEventListener("slots", () => this.#rebuild());
    writer.addEventListener("running", () => this.#rebuild());
    writer.addEventListener("slot", ({ detail }) => this.#soon(detail));
    writer.addEventListener("said", ({ detail }) =>
      this.#note([detail.degraded && t("stood_in", { reason: detail.degraded }), ...detail.notes]));
    writer.addEventListener("nothing", ({ detail }) => this.#empty(detail.stopped));
    writer.addEventListener("trouble", ({ detail }) => {
      this.hidden = false;
      this.trouble.replaceChildren(...told(detail).map((one) => el("p", { dir: "auto" }, one)));
    });
  }

  // Nothing came of a run.
  #empty(stopped) {
    this.hidden = this.anew.hidden = false;
    this.nothing.hidden = !stopped;
    this.nothing.textContent = t("nothing_written");
    if (stopped) announce(t("nothing_written"));
  }

  // Nothing is said of a run any longer.
  clear() {
    this.nothing.hidden = this.anew.hidden = true;
    this.trouble.replaceChildren();
    this.notes.replaceChildren();
  }

  #note(lines) {
    this.notes.replaceChildren(...lines.filter(Boolean).map((one) => noteOf(one)));
  }

  // Painted once a frame, however many events come.
  #soon(slot) {
    this.#waiting.add(slot);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      for (const one of this.#waiting) this.#paint(one);
      this.#waiting.clear();
      this.#paintLegend();
    });
  }

  #paint(slot) {
    const card = this.#cards.get(slot);
    if (!card) return;
    card.paint();
    const id = slot.states[slot.at]?.id;
    if (!id || slot.run || card.told === id) return;
    card.told = id;
    this.#say(slot);
  }

  #say(slot) {
    this.#ready.add(slot);
    this.#saying ||= setTimeout(() => {
      this.#saying = 0;
      const names = this.writer.slots.flatMap((one, place) => (this.#ready.has(one) ? [letter(place)] : []));
      this.#ready.clear();
      if (names.length) announce(t(names.length === 1 ? "ready_one" : "ready", { names: names.join(", ") }));
    }, SAID);
  }

  #rebuild() {
    const { slots } = this.writer;
    if (this.writer.running && slots.every((slot) => slot.status === "waiting")) this.clear();
    this.hidden = !slots.length && this.anew.hidden && !this.trouble.childElementCount;
    const cards = slots.map((slot, place) => {
      const known = this.#cards.get(slot);
      if (known) return known;
      const made = el("prompt-card");
      made.start(slot, { writer: this.writer, studio: this.studio, limits: this.limits, place });
      return made;
    });
    this.#cards = new Map(slots.map((slot, place) => [slot, cards[place]]));
    const there = [...this.grid.children];
    if (there.length !== cards.length || there.some((one, place) => one !== cards[place])) this.grid.replaceChildren(...cards);
    for (const slot of slots) this.#paint(slot);
    this.#paintLegend();
  }

  #paintLegend() {
    const there = new Set([...this.grid.querySelectorAll(".phrase")].map((one) => one.dataset.from));
    const shown = KINDS.filter((kind) => there.has(kind));
    const key = shown.join();
    if (this.legend.dataset.key === key) return;
    this.legend.dataset.key = key;
    this.legend.replaceChildren(...shown.map((kind) => el("li", { "data-from": kind }, t(`from.${kind}`))));
  }
}

customElements.define("written-prompts", WrittenPrompts);
