// The assistant's page: an idea, what is found for it, prompts, pictures.

import { call } from "../shell/api.js";
import { announce, begin, show } from "../shell/begin.js";
import { showHelp } from "../shell/dialogs.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";
import "./ask.js";
import { learn } from "./chips.js";
import "./found.js";
import { KEYS, asked } from "./keys.js";
import "./pictures.js";
import { FILTERS, fresh, optimizeOf } from "./state.js";
import { Studio } from "./studio.js";
import { Writer } from "./writer.js";
import "./written.js";

const SEARCHED = ["idea", "like", "unlike", ...Object.keys(FILTERS)];

class StudioPage {
  constructor({ profiles, backends, user, role }) {
    this.user = user;
    this.studio = new Studio();
    this.studio.edits = role !== "viewer";
    this.writer = new Writer();
    this.limits = (name) => profiles.find((one) => one.name === name)?.tokens ?? null;
    this.form = el("idea-form");
    this.found = el("found-prompts");
    this.written = el("written-prompts");
    this.drawn = el("drawn-pictures");
    this.tray = el("div", { class: "tray" });
    this.picks = el("prompt-chips");
    const usable = (kind) => backends.filter((one) => one.kind === kind && !one.missing).map((one) => one.scheme);
    this.profiles = profiles.filter((one) => one.tokens);
    this.chats = usable("chat");
    this.images = usable("images");
  }

  start() {
    const { studio, writer, form, found, written, drawn, tray, picks } = this;
    studio.begin();
    const run = () => this.run();
    form.start(studio, { profiles: this.profiles, chats: this.chats, run, stop: () => writer.stop(),
      anew: () => this.#anew() });
    found.start(studio);
    written.start(studio, writer, this.limits);
    picks.start(studio, "pick", t("picked"), form.idea);
    tray.append(picks, el("button", { type: "button", class: "main", onclick: run }, t("write")));
    drawn.start(studio, writer, this);
    show(el("main", { class: "studio", "data-reads": !studio.edits }, form, found, tray, written, drawn), "studio");
    this.#listen();
    this.#restored({ first: true });
    if (!studio.state.candidate.length && writer.rejoin()) this.found.open(false);
    form.idea.focus();
    if (this.#empty) form.teach();
  }

  #listen() {
    const { studio, writer, form, found } = this;
    form.addEventListener("idea", ({ detail }) => this.#typed(detail));
    form.addEventListener("example", ({ detail }) => {
      studio.set({ idea: detail }, { step: true });
      form.paint();
      form.idea.focus();
    });
    found.addEventListener("found", ({ detail }) => this.#learn(detail));
    found.list.addEventListener("pick", ({ detail }) => this.#toggle("pick", detail));
    found.list.addEventListener("like", ({ detail }) => this.#toggle("like", detail, "unlike"));
    found.list.addEventListener("unlike", ({ detail }) => this.#toggle("unlike", detail, "like"));
    found.list.addEventListener("left", () => form.idea.focus());
    form.idea.addEventListener("keydown", (event) => this.#down(event));
    this.written.addEventListener("hit", ({ detail }) => this.#point(detail));
    studio.addEventListener("change", ({ detail }) => this.#changed(detail));
    studio.addEventListener("restored", () => this.#restored());
    this.written.addEventListener("again", () => this.run());
    writer.addEventListener("nothing", ({ detail }) => { if (detail.stopped) form.idea.focus(); });
    writer.addEventListener("follows", ({ detail }) => this.#follow(detail));
    writer.addEventListener("running", () => form.running(writer.running));
    for (const name of ["slot", "slots", "running"]) writer.addEventListener(name, () => this.#hold());
    document.addEventListener("keydown", (event) => this.#pressed(event));
    addEventListener("pagehide", (event) => { if (!event.persisted) writer.pause(); });
  }

  // Another idea from the start; back leads to where one was.
  #anew() {
    this.studio.set(fresh(), { step: true });
    this.#restored();
    this.form.idea.focus();
  }

  // The first letter after prompts were written is a step of its own: back leads to them.
  #typed(idea) {
    const { studio } = this;
    const step = studio.state.candidate.length > 0 && this.ran === studio.state.idea;
    studio.set({ idea }, { step });
    if (step) this.found.open(true);
  }

  #toggle(name, id, other = null) {
    const { state } = this.studio;
    const had = state[name].includes(id);
    const change = { [name]: had ? state[name].filter((one) => one !== id) : [...state[name], id] };
    if (other) change[other] = state[other].filter((one) => one !== id);
    this.studio.set(change, { done: true });
    if (name === "pick") announce(t(had ? "unpicked" : "picked_now", { n: this.studio.state.pick.length }));
  }

  #changed(names) {
    if (SEARCHED.some((name) => names.has(name))) this.found.ask();
    if (["pick", "like", "unlike"].some((name) => names.has(name))) this.found.mark();
    if (names.has("pick")) this.#paintPicks();
    this.form.paintCounts();
    this.#paintTitle();
  }

  #paintTitle() {
    const idea = this.studio.state.idea.trim();
    document.title = idea ? `${visible(idea.slice(0, 60))} · bozzetto` : "bozzetto";
    this.form.examples.hidden = !this.#empty;
    this.form.anew.hidden = this.#empty;
  }

  #paintPicks() {
    this.picks.paint();
    this.tray.hidden = this.picks.hidden;
  }

  get #empty() {
    const { idea, candidate, like } = this.studio.state;
    return !idea && !candidate.length && !like.length;
  }

  #restored({ first = false } = {}) {
    const { state } = this.studio;
    this.form.paint();
    this.#paintPicks();
    this.found.ask({ wait: 0 });
    this.found.mark();
    this.#paintTitle();
    if (first && !state.candidate.length && !state.job) return;
    if (String(this.writer.current) !== String(state.candidate)) this.writer.open(state.candidate);
    this.written.clear();
    this.ran = state.candidate.length ? state.idea : null;
    this.found.open(!state.candidate.length);
    this.drawn.paint();
  }

  #learn(found) {
    if (!found) return;
    learn(found.hits);
    for (const hit of found.hits) this.writer.hits.set(hit.id, hit.prompt);
    this.form.filters.offer(found.facets);
  }

  // The address holds the candidates that stand there.
  #hold() {
    const { writer, studio } = this;
    if (writer.running || writer.slots.some((slot) => !slot.states.length)) return;
    if (String(writer.current) !== String(studio.state.candidate)) studio.set({ candidate: writer.current }, { done: true });
  }

  async run() {
    const { studio, writer, form } = this;
    const { idea, pick, template } = studio.state;
    if (writer.running) return;
    if (!studio.edits) return announce(t("only_reading"));
    if (!idea.trim() && !pick.length && !template.trim()) {
      form.idea.focus();
      return announce(t("needs_idea"));
    }
    this.ran = idea;
    studio.set({ candidate: [], out: [], job: "", drawn: [], each: null }, { step: true });
    this.found.open(false);
    const written = writer.optimize(optimizeOf(studio.state));
    this.written.heading.focus({ preventScroll: true });
    this.written.scrollIntoView({ block: "nearest" });
    return written;
  }

  // What is not to be drawn is not to be drawn as it reads now, either.
  #follow({ before, now }) {
    const { out } = this.studio.state;
    if (out.includes(before) && !out.includes(now)) this.studio.set({ out: [...out, now] });
  }

  #point(id) {
    this.found.open(true);
    const row = this.found.list.point(id);
    row?.scrollIntoView({ block: "center" });
    row?.querySelector("[data-act=pick]").focus({ preventScroll: true });
  }

  #down(event) {
    const { idea } = this.form;
    if (event.key !== "ArrowDown" || event.shiftKey || idea.selectionEnd !== idea.value.length || this.found.hidden) return;
    event.preventDefault();
    this.found.open(true);
    this.found.list.enter();
  }

  #pressed(event) {
    const act = event.defaultPrevented ? null : asked(event);
    if (!act) return;
    event.preventDefault();
    const acts = {
      idea: () => { this.form.idea.focus(); this.form.idea.select(); },
      run: () => this.run(), help: () => showHelp(KEYS),
      undo: () => this.#back(this.writer.undo(), "undone"), redo: () => this.#back(this.writer.redo(), "redone"),
    };
    acts[act]();
  }

  #back(slot, said) {
    announce(t(slot ? said : "nothing_to_undo"));
  }
}

async function studio({ user, role }) {
  const [{ profiles }, { backends }] = await Promise.all([
    call("GET", "/api/v1/profiles"), call("GET", "/api/v1/backends")]);
  new StudioPage({ profiles, backends, user, role }).start();
}

begin("studio", studio);
