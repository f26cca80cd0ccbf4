// <prompt-card>: one candidate, with what can be done to it.

import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";
import { told } from "../shell/begin.js";
import { copy, infotext } from "./copying.js";
import { unsaved } from "./editor.js";
import { meterOf } from "./meter.js";
import { noteOf } from "./notes.js";
import { kindOf, shownDiff, shownPhrases, without } from "./phrases.js";

export const letter = (place) => (place < 26 ? String.fromCharCode(65 + place) : number(place + 1));

const act = (name, label, more = {}) => el("button", { type: "button", "data-act": name, ...more }, label);

const sign = (name, shown, more = {}) => act(
  name, el("span", { "aria-hidden": "true" }, shown), { title: t(name), "aria-label": t(name), ...more });

const EDITS = new Set(["edit", "refine", "regenerate", "drop", "only", "draw"]); // not for who only reads

export class PromptCard extends HTMLElement {
  #view = "phrases"; // or "diff", "original", "edit", "refine"
  #at = 0; // the phrase that is looked at
  #accepted = new Set();
  #shown = ""; // what is painted
  #recalled = false; // whether what was being typed before a reload was looked for

  start(slot, { writer, studio, limits, place }) {
    Object.assign(this, { held: slot, writer, studio, limits, place });
    const name = `card-${slot.key}`;
    this.heading = el("h3", { id: name, tabindex: "-1" }, t("prompt_n", { n: letter(place) }));
    this.by = el("p", { class: "by", dir: "auto" });
    this.meter = el("div", { class: "meter" });
    this.body = el("div", { class: "body" });
    this.origin = el("div", { class: "origin" });
    this.facts = el("div", { class: "known" });
    this.trouble = el("div", { class: "trouble", role: "alert" });
    this.bar = el("div", { class: "bar", role: "group", "aria-label": t("actions") });
    this.setAttribute("role", "group");
    this.setAttribute("aria-labelledby", name);
    this.replaceChildren(el("header", {}, this.heading, this.by, this.meter),
      this.body, this.origin, this.facts, this.trouble, this.bar);
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("focusin", (event) => this.#look(event.target.closest(".phrase")));
    this.addEventListener("pointerover", (event) => this.#look(event.target.closest(".phrase")));
    this.paint();
  }

  get candidate() {
    const slot = this.held;
    return this.#view === "original" ? slot.states[0] : slot.states[slot.at] ?? null;
  }

  paint() {
    const { held: slot, candidate } = this;
    this.dataset.status = slot.status;
    this.setAttribute("aria-busy", String(Boolean(slot.run) || slot.status === "waiting" || slot.status === "writing"));
    this.trouble.replaceChildren(...(slot.problem ? told(slot.problem).map((one) => el("p", { dir: "auto" }, one)) : []));
    if (slot.run || !candidate) return this.#paintComing();
    if (!this.#recalled && this.studio.edits) this.#view = unsaved(candidate.id)?.kind ?? this.#view;
    this.#recalled = true;
    const key = JSON.stringify([candidate.id, this.#view, slot.at, slot.states.length]);
    if (key === this.#shown) return undefined;
    const focus = this.contains(document.activeElement) ? document.activeElement.dataset : null;
    if (this.dataset.id !== candidate.id) [this.#at, this.#accepted] = [0, new Set()];
    this.#shown = key;
    this.dataset.id = candidate.id;
    this.by.textContent = this.by.title = visible(candidate.chat);
    this.meter.replaceChildren(meterOf(candidate.tokens, this.limits(candidate.profile)));
    this.#paintBody(candidate);
    this.facts.replaceChildren(...factsOf(candidate));
    this.#paintBar(candidate);
    if (focus) this.#refocus(focus);
    return undefined;
  }

  #refocus({ act: name, place }) {
    const again = name ? this.querySelector(`[data-act=${name}]`) : place ? this.#phrase(this.#at) : null;
    (again && !again.disabled ? again : this.heading).focus({ preventScroll: true });
  }

  #paintComing() {
    const slot = this.held;
    this.#shown = "";
    const text = visible(slot.text.replace(/^\s*PROMPT:\s*/i, ""));
    this.body.replaceChildren(el("p", { class: "coming", dir: "auto" }, text || t(`status.${slot.status}`)));
    this.origin.replaceChildren();
    this.facts.replaceChildren(...(slot.note ? [el("p", { class: "warned", dir: "auto" }, visible(slot.note))] : []));
    const going = slot.run || slot.status === "waiting" || slot.status === "writing";
    this.bar.replaceChildren(...(going ? [act("stop", t("stop"))] : []));
  }

  #paintBody(candidate) {
    const view = {
      phrases: () => el("p", { class: "prompt", dir: "auto", role: "toolbar", "aria-label": t("phrases") },
        ...shownPhrases(candidate)),
      original: () => el("p", { class: "prompt", dir: "auto" }, visible(candidate.prompt)),
      diff: () => el("p", { class: "prompt diff", dir: "auto" }, ...shownDiff(this.diff)),
      edit: () => this.#editor("edit"), refine: () => this.#editor("refine"),
    }[this.#view]();
    const negative = candidate.negative && this.#view !== "edit"
      ? el("p", { class: "negative", dir: "auto" }, el("b", {}, t("without")), " ", visible(candidate.negative)) : null;
    this.body.replaceChildren(...[view, negative].filter(Boolean));
    this.#lookAt(this.#at, false);
  }

  #editor(kind) {
    const made = el("prompt-editor");
    const leave = () => { made.forget(); this.#show("phrases"); };
    const done = (saved) => { if (saved) leave(); };
    made.addEventListener("leave", leave);
    made.addEventListener("save", async ({ detail }) => {
      if (kind === "refine") {
        leave();
        this.writer.refine(this.held, detail.prompt);
      } else done(await this.writer.revise(this.held, detail.prompt, detail.negative));
    });
    made.start(kind, this.candidate, this.limits(this.candidate.profile));
    return made;
  }

  #paintBar(candidate) {
    const slot = this.held;
    const view = (name, label) => act(name, label, { "aria-pressed": String(this.#view === name) });
    const menu = el("details", { class: "menu" }, el("summary", {}, t("copy")), el("div", {},
      act("copy_prompt", t("copy_prompt")),
      candidate.negative ? act("copy_negative", t("copy_negative")) : null, act("copy_infotext", t("copy_infotext"))));
    menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
    const out = this.studio.state.out.includes(candidate.id);
    this.bar.replaceChildren(
      act("edit", t("edit"), { "aria-pressed": String(this.#view === "edit") }),
      act("regenerate", t("regenerate")), act("refine", t("refine"), { "aria-pressed": String(this.#view === "refine") }),
      menu, view("diff", t("diff")),
      ...(slot.states.length > 1 ? [
        act("back", "↶", { "aria-label": t("undo_one"), title: t("undo_one"), disabled: slot.at === 0 }),
        act("on", "↷", { "aria-label": t("redo_one"), title: t("redo_one"), disabled: slot.at === slot.states.length - 1 }),
        view("original", t("original"))] : []),
      el("label", { class: "drawn" }, el("input", { type: "checkbox", checked: !out, "data-act": "draw" }), t("draw_it")));
  }

  #show(view) {
    this.#view = view;
    this.#shown = "";
    this.paint();
    if (view === "edit" || view === "refine") this.querySelector("prompt-editor").enter();
    else if (!this.contains(document.activeElement)) this.heading.focus({ preventScroll: true });
  }

  // Phrases

  #phrase(place) {
    return this.body.querySelector(`.phrase[data-place="${place}"]`);
  }

  #look(phrase) {
    if (phrase && this.body.contains(phrase)) this.#lookAt(Number(phrase.dataset.place), false);
  }

  #lookAt(place, focus) {
    if (this.#view !== "phrases" || !this.candidate.phrases.length) {
      delete this.origin.dataset.from;
      return this.origin.replaceChildren();
    }
    this.#at = Math.max(0, Math.min(place, this.candidate.phrases.length - 1));
    for (const one of this.body.querySelectorAll(".phrase")) {
      const here = Number(one.dataset.place);
      one.tabIndex = here === this.#at ? 0 : -1;
      one.toggleAttribute("data-at", here === this.#at);
      one.toggleAttribute("data-accepted", this.#accepted.has(here));
    }
    if (focus || this.matches(":hover, :focus-within")) this.#paintOrigin();
    else {
      delete this.origin.dataset.from;
      this.origin.replaceChildren(el("p", {}, t("point_at_phrase")));
    }
    if (focus) this.#phrase(this.#at)?.focus();
    return undefined;
  }

  #paintOrigin() {
    const phrase = this.candidate.phrases[this.#at];
    const kind = kindOf(phrase);
    const from = this.writer.hits.get(phrase.from);
    if (kind === "hit" && !from) this.#explain();
    const where = kind === "hit" && from
      ? el("button", { type: "button", class: "link", "data-act": "hit", dir: "auto", title: visible(from) },
        visible(from)) : el("span", {});
    const words = phrase.original
      ? t("said_as", { original: visible(phrase.original) }) : t(`from.${kind}`);
    const done = this.#accepted.has(this.#at);
    this.origin.dataset.from = kind;
    this.origin.replaceChildren(
      el("p", { dir: "auto", title: `${visible(phrase.text)} · ${words}` }, el("b", {}, visible(phrase.text)), ` · ${words}`),
      where,
      el("span", { class: "choices" },
        sign("accept", "✓", { "aria-pressed": String(done) }),
        this.candidate.phrases.length > 1 ? sign("drop", "✕") : "",
        this.#accepted.size ? act("only", t("only_accepted")) : ""));
  }

  async #explain() {
    const { id } = this.candidate;
    if (this.explained === id) return;
    this.explained = id;
    const found = await this.writer.explain(id).catch(() => null);
    if (found && this.candidate?.id === id) this.#lookAt(this.#at, false);
  }

  #drop(places) {
    const prompt = without(this.candidate, places);
    if (prompt) this.writer.revise(this.held, prompt);
  }

  // What it does

  #pressed(event) {
    const phrase = event.target.closest(".phrase");
    const menu = this.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "Escape" && (this.#view === "diff" || this.#view === "original")) this.#show("phrases");
    if (!phrase || event.altKey || event.ctrlKey || event.metaKey) return;
    const turned = getComputedStyle(phrase.parentElement).direction === "rtl" ? -1 : 1;
    const does = {
      ArrowRight: () => this.#lookAt(this.#at + turned, true), ArrowLeft: () => this.#lookAt(this.#at - turned, true),
      Home: () => this.#lookAt(0, true), End: () => this.#lookAt(this.candidate.phrases.length, true),
      Delete: () => this.act("drop"), Backspace: () => this.act("drop"),
      Enter: () => this.act("accept"), " ": () => this.act("accept"),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  #clicked(event) {
    const phrase = event.target.closest(".phrase");
    if (phrase) this.#lookAt(Number(phrase.dataset.place), true);
    const name = event.target.closest("[data-act]")?.dataset.act;
    if (name && !event.target.closest("prompt-editor")) this.act(name);
  }

  act(name) {
    if (!this.studio.edits && EDITS.has(name)) return;
    const { writer, held: slot, candidate } = this;
    const toggled = (view) => this.#show(this.#view === view ? "phrases" : view);
    const acts = {
      stop: () => writer.stop(slot),
      edit: () => toggled("edit"), refine: () => toggled("refine"), original: () => toggled("original"),
      diff: () => this.#diff(),
      regenerate: () => { this.#show("phrases"); writer.regenerate(slot); },
      back: () => writer.move(slot, -1), on: () => writer.move(slot, 1),
      copy_prompt: () => copy(candidate.prompt), copy_negative: () => copy(candidate.negative),
      copy_infotext: () => copy(infotext(candidate)),
      draw: () => this.#draw(candidate.id),
      hit: () => this.dispatchEvent(new CustomEvent("hit", { detail: candidate.phrases[this.#at].from, bubbles: true })),
      accept: () => {
        if (!this.#accepted.delete(this.#at)) this.#accepted.add(this.#at);
        this.#lookAt(this.#at, Boolean(document.activeElement?.closest(".phrase")));
      },
      drop: () => this.#drop(new Set([this.#at])),
      only: () => this.#drop(new Set(candidate.phrases.map((_, place) => place)
        .filter((place) => !this.#accepted.has(place) && candidate.phrases[place].from !== "idea"))),
    };
    acts[name]?.();
    this.querySelector("details.menu")?.removeAttribute("open");
  }

  async #diff() {
    if (this.#view === "diff") return this.#show("phrases");
    const found = await this.writer.explain(this.candidate.id).catch((problem) => {
      this.held.problem = problem;
      return this.paint();
    });
    if (!found) return undefined;
    this.diff = found.diff;
    return this.#show("diff");
  }

  #draw(id) {
    const { out } = this.studio.state;
    this.studio.set({ out: out.includes(id) ? out.filter((one) => one !== id) : [...out, id] });
  }
}

function factsOf(candidate) {
  const percent = (value) => new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(value);
  const { intent, novelty } = candidate.scores;
  return [
    el("p", { class: "scores" }, t("scores", { intent: percent(intent), novelty: percent(novelty) })),
    ...candidate.warnings.map((one) => noteOf(one)),
  ];
}

customElements.define("prompt-card", PromptCard);
