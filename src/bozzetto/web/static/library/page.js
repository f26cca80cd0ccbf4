// The library: found, read, rated, edited, brought in.

import { Problem, call } from "../shell/api.js";
import { announce, begin, show, told } from "../shell/begin.js";
import { copied } from "../shell/copying.js";
import { showHelp, sure } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { onKeys } from "../shell/keys.js";
import { say } from "../shell/saying.js";
import { number, t } from "../shell/texts.js";
import { Bringing } from "./bring.js";
import { editForm } from "./edit.js";
import { filterForm } from "./filters.js";
import { KEYS } from "./keys.js";
import { pickPath, promptView } from "./prompt.js";
import "./rows.js";
import { teach } from "./teach.js";
import { LISTS, Pages, addressOf, filtered, queryOf, readAddress } from "./shelf.js";

const SETTLED = 250; // milliseconds from the last key to the search

const libraryPath = (id) => `/api/v1/library/${encodeURIComponent(id)}`;

class Library {
  #settling = 0;
  #pages = null;
  #loading = false;

  constructor(role) {
    this.edits = role !== "viewer";
    this.asked = readAddress();
    this.prompts = new Map();
    this.open = null; // the prompt that is shown whole
    this.choices = {};
  }

  async start() {
    this.#build();
    this.#listen();
    this.ask();
    if (this.asked.id) this.show(this.asked.id, { remember: false });
    await this.#learn();
  }

  #build() {
    this.search = el("input", {
      type: "search", name: "q", placeholder: t("search"), "aria-label": t("search"), maxlength: 20000,
      dir: "auto", value: this.asked.words, autocomplete: "off", "aria-keyshortcuts": "/" });
    this.counts = el("p", { class: "quiet", role: "status" });
    this.rows = el("prompt-rows", { "aria-label": t("prompts") });
    this.notes = el("div", { class: "notes" });
    this.next = button(t("more"), () => this.more(), { class: "more", hidden: true });
    this.filters = el("details", { class: "narrow", open: filtered(this.asked.filters) > 0 },
      el("summary", {}, t("filters")));
    this.side = el("aside", { class: "side card", hidden: true });
    this.bringing = new Bringing(() => this.#brought());
    const bring = this.edits ? button(t("bring"), () => this.bringing.choose(), { class: "main", title: `${t("key.bring")} (I)` }) : null;
    this.export = el("a", { class: "button", download: "library.jsonl" }, t("export"));
    const help = button("?", () => this.help(), { "aria-label": t("keys") });
    this.main = el("main", { class: "page library" },
      el("header", {}, el("h1", {}, t("page.library")), this.counts, bring, this.export, help),
      el("form", { class: "search", role: "search" }, this.search, this.filters),
      this.edits ? this.bringing.place : null,
      el("div", { class: "halves" },
        el("div", { class: "found" }, this.notes, this.rows, this.next), this.side),
      this.edits ? this.bringing.input : null);
    document.title = `${t("page.library")} · bozzetto`;
    show(this.main, "library");
  }

  #listen() {
    this.search.form.addEventListener("submit", (event) => { event.preventDefault(); this.#seek(true); });
    this.search.addEventListener("input", () => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#seek(), SETTLED);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.search.value) this.search.blur();
      if (event.key === "ArrowDown" && this.rows.current) { event.preventDefault(); this.rows.choose(this.rows.current); }
    });
    this.rows.addEventListener("open", ({ detail }) => this.show(detail));
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) this.more(); },
      { rootMargin: "800px" }).observe(this.next);
    addEventListener("popstate", () => this.#return());
    if (this.edits) this.bringing.listen();
    const table = KEYS.filter((key) => this.edits || !key.edits);
    this.help = () => showHelp(table);
    onKeys(table, {
      search: () => this.search.select(),
      next: () => this.#move(1),
      previous: () => this.#move(-1),
      open: () => this.rows.current && this.show(this.rows.current),
      back: () => (this.open ? this.close() : false),
      copy: () => this.#copy(this.open ?? this.prompts.get(this.rows.current)),
      pick: () => this.#at() && location.assign(pickPath(this.#at())),
      rate: (n) => this.#rate(this.#at(), n),
      unrate: () => this.#rate(this.#at(), 0),
      edit: () => this.#editAt(),
      remove: () => this.#remove(this.#at()),
      bring: () => this.bringing.choose(),
      help: () => this.help(),
    });
  }

  #at() {
    return this.open?.id ?? this.rows.current;
  }

  // What there is to choose from; without it the page does.
  async #learn() {
    const found = await call("GET", "/api/v1/stats").catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
      return null;
    });
    this.choices = Object.fromEntries(LISTS.map((name) => [name, Object.entries(found?.[name] ?? {})]));
    this.choices.source = (found?.sources ?? []).map((one) => [one.name, one.prompts]);
    this.#filter();
  }

  #filter() {
    const form = filterForm(this.choices, this.asked.filters, (filters) => {
      this.asked = { ...this.asked, filters };
      this.#remember();
      this.ask();
    });
    this.filters.replaceChildren(this.filters.firstChild, form);
  }

  // Finding

  #seek(now = false) {
    clearTimeout(this.#settling);
    const words = this.search.value.trim();
    if (words === this.asked.words && !now) return;
    this.asked = { ...this.asked, words };
    this.#remember({ replace: true });
    this.ask();
  }

  async ask() {
    this.#pages?.stop();
    this.#pages = new Pages(this.asked);
    this.#loading = false;
    this.fresh = true;
    this.rows.setAttribute("aria-busy", "true");
    await this.more();
  }

  async more() {
    const pages = this.#pages;
    if (this.#loading || pages.over) return;
    this.#loading = true;
    try {
      const found = await pages.more();
      if (pages !== this.#pages) return;
      if (this.fresh) this.#clear();
      for (const one of found.prompts) this.prompts.set(one.id, one);
      await this.rows.add(found.prompts);
      this.#count(found);
    } catch (problem) {
      if (pages !== this.#pages) return;
      if (!(problem instanceof Problem)) throw problem;
      pages.stop();
      this.#clear();
      this.notes.replaceChildren(el("div", { class: "card", role: "alert" },
        ...told(problem).map((line) => el("p", { class: "wrong", dir: "auto" }, line)),
        button(t("again"), () => this.ask())));
    } finally {
      if (pages === this.#pages) {
        this.#loading = false;
        this.next.hidden = pages.over;
        this.rows.removeAttribute("aria-busy");
      }
    }
    if (pages === this.#pages && !pages.over && near(this.next)) this.more();
  }

  #clear() {
    this.fresh = false;
    this.prompts.clear();
    this.rows.clear();
    this.notes.replaceChildren();
  }

  #count({ total, notes, hidden }) {
    const { words, filters } = this.asked;
    const there = this.rows.ids.length;
    const text = total === null ? t("found", { n: number(there) }) : t("total", { n: number(total) });
    if (this.counts.textContent !== text) this.counts.textContent = text;
    this.export.hidden = !total;
    this.export.href = `/api/v1/library/export?${queryOf(filters)}`;
    const lines = [...notes, hidden ? t("hidden", { n: number(hidden) }) : ""].filter(Boolean);
    this.notes.replaceChildren(...lines.map((line) => el("p", { class: "quiet small", dir: "auto" }, line)));
    if (there) return;
    const none = words || filtered(filters);
    this.notes.append(none ? el("p", { class: "card" }, t("nothing_found")) : teach(this.edits ? () => this.bringing.choose() : null));
    if (this.edits && !none) this.notes.querySelector("button")?.focus();
  }

  // One of them

  #move(step) {
    const id = this.rows.beside(step);
    if (!id) return;
    this.rows.choose(id);
    if (this.open) this.show(id, { replace: true, focus: false });
  }

  async show(id, { remember = true, replace = false, focus = true } = {}) {
    this.rows.choose(id, { focus: false });
    this.asked = { ...this.asked, id };
    if (remember) this.#remember({ replace });
    const known = this.prompts.get(id);
    if (known && "sources" in known) this.#paint(known, focus);
    try {
      const [found, { prompts }] = await Promise.all([
        call("GET", libraryPath(id)), call("GET", `${libraryPath(id)}/variants`)]);
      found.variants = prompts;
      if (this.asked.id === id && !this.side.querySelector("form")) {
        this.#paint(found, focus && !(known && "sources" in known));
      }
    } catch (problem) {
      if (this.asked.id === id) this.#lost(problem);
    }
  }

  #paint(prompt, focus) {
    const before = this.open?.id === prompt.id ? this.side.scrollTop : 0;
    this.open = prompt;
    this.side.hidden = false;
    this.main.classList.add("opened");
    const mine = this.edits ? {
      rate: (n) => this.#rate(prompt.id, n),
      edit: () => this.#edit(prompt),
      remove: () => this.#remove(prompt.id),
    } : {};
    const held = this.side.contains(document.activeElement);
    this.side.replaceChildren(promptView(prompt, {
      close: () => this.close(), copy: () => this.#copy(prompt), open: (id) => this.show(id), ...mine,
    }));
    this.side.scrollTop = before;
    if (focus || held) this.side.querySelector("h2").focus({ preventScroll: true });
  }

  #lost(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.side.hidden = false;
    this.main.classList.add("opened");
    this.side.replaceChildren(
      ...told(problem).map((line) => el("p", { class: "wrong", role: "alert", dir: "auto" }, line)),
      button(t("close"), () => this.close()));
  }

  close({ remember = true } = {}) {
    this.open = null;
    this.side.hidden = true;
    this.side.replaceChildren();
    this.main.classList.remove("opened");
    this.asked = { ...this.asked, id: null };
    if (remember) this.#remember();
    if (this.rows.current) this.rows.choose(this.rows.current);
    else this.search.focus();
  }

  // The prompt as it now is, everywhere; `id` is the one it had.
  #renew(id, now) {
    const prompt = { ...now, variants: this.open?.id === id ? this.open.variants : now.variants };
    this.prompts.delete(id);
    this.prompts.set(prompt.id, prompt);
    this.rows.renew(id, prompt);
    if (this.asked.id !== id) return;
    this.asked = { ...this.asked, id: prompt.id };
    this.#remember({ replace: true });
    this.#paint(prompt, false);
  }

  async #rate(id, rating) {
    if (!id) return;
    const before = this.open?.id === id ? this.open : this.prompts.get(id);
    await this.#tried(async () => {
      await call("PUT", `${libraryPath(id)}/rating`, { rating });
      this.#renew(id, await call("GET", libraryPath(id)));
      const text = rating ? t("rated", { n: rating }) : t("unrated");
      const back = before && (before.rating ?? 0) !== rating
        ? { label: t("undo"), run: () => this.#rate(id, before.rating ?? 0) } : null;
      say(text, back);
    });
  }

  async #copy(prompt) {
    if (prompt) say(t(await copied(prompt.prompt) ? "copied" : "not_copied"));
  }

  async #editAt() {
    const id = this.#at();
    if (!id) return;
    if (this.open?.id !== id) await this.show(id, { focus: false });
    if (this.open?.id === id) this.#edit(this.open);
  }

  #edit(prompt) {
    const leave = () => this.#paint(prompt, true);
    this.side.replaceChildren(el("h2", {}, t("edit")), editForm(prompt, {
      leave, save: (changes) => this.#save(prompt, changes),
    }));
    this.side.scrollTop = 0;
  }

  async #save(prompt, changes) {
    if (!Object.keys(changes).length) {
      this.#paint(prompt, true);
      return;
    }
    const now = await call("PATCH", libraryPath(prompt.id), changes);
    this.side.replaceChildren();
    this.#renew(prompt.id, now);
    this.side.querySelector("h2").focus({ preventScroll: true });
    const before = Object.fromEntries(Object.keys(changes).map((name) => [name, prompt[name] ?? ""]));
    say(t("saved"), { label: t("undo"), run: () => this.#back(now, before) });
  }

  #back(prompt, before) {
    return this.#tried(async () => {
      this.#renew(prompt.id, await call("PATCH", libraryPath(prompt.id), before));
      say(t("undone"));
    });
  }

  async #remove(id) {
    if (!id) return;
    const prompt = this.prompts.get(id) ?? this.open;
    const words = prompt?.prompt ?? id;
    const shown = words.length > 160 ? `${words.slice(0, 160)}…` : words;
    if (!await sure(t("delete_this"), `“${shown}” ${t("delete_final")}`, t("delete"))) return;
    await this.#tried(async () => {
      await call("DELETE", libraryPath(id));
      this.prompts.delete(id);
      if (this.asked.id === id) this.close();
      this.rows.remove(id);
      say(t("deleted"));
    });
  }

  async #tried(act) {
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      say(told(problem).join(" "));
    }
  }

  #brought() {
    this.ask();
    this.#learn();
  }

  // The address

  #remember({ replace = false } = {}) {
    const address = addressOf(this.asked);
    if (address === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }

  #return() {
    const before = this.asked;
    this.asked = readAddress();
    const same = JSON.stringify([before.words, before.filters]) === JSON.stringify([this.asked.words, this.asked.filters]);
    if (!same) {
      this.search.value = this.asked.words;
      this.#filter();
      this.ask();
    }
    if (this.asked.id) this.show(this.asked.id, { remember: false });
    else if (this.open) this.close({ remember: false });
    announce(this.counts.textContent);
  }
}

function near(node) {
  return !node.hidden && node.getBoundingClientRect().top < innerHeight + 800;
}

begin("library", ({ role }) => new Library(role).start());
