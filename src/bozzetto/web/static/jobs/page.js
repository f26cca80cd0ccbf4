// Pictures: the jobs they were asked for in, the newest first, and one of them with all of its.

import { Problem, call, freshKey } from "../shell/api.js";
import { announce, begin, show, told } from "../shell/begin.js";
import { showHelp } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { bar, moment } from "../shell/facts.js";
import { onKeys } from "../shell/keys.js";
import { say } from "../shell/saying.js";
import { listen } from "../shell/stream.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";
import { JobView, isOpen, numbers } from "./job.js";
import { KEYS } from "./keys.js";

const PAGE = 30;
const LOOK = 2_000; // milliseconds between two looks at jobs that are not done

const OFTEN = 700; // milliseconds between two looks at the numbers of the one that is open

const jobPath = (id) => `/api/v1/jobs/${encodeURIComponent(id)}`;
const pageOf = (id) => (id ? `/jobs?id=${encodeURIComponent(id)}` : "/jobs");

class Jobs {
  #cards = new Map();
  #next = null;
  #loading = false;
  #hearing = null;
  #counting = 0;

  constructor(role) {
    this.edits = role !== "viewer";
    this.view = null;
  }

  async start() {
    this.#build();
    this.#listen();
    await this.more();
    const id = new URLSearchParams(location.search).get("id");
    if (id) await this.open(id, { remember: false });
    this.#watch();
  }

  #build() {
    this.list = el("div", { class: "jobs", role: "list", "aria-label": t("jobs") });
    this.notes = el("div", { class: "notes" });
    this.next = button(t("more"), () => this.more(), { class: "more", hidden: true });
    this.side = el("aside", { class: "side card", hidden: true, "aria-label": t("job") });
    this.main = el("main", { class: "page drawn" },
      el("header", {}, el("h1", {}, t("page.jobs")), button("?", () => showHelp(KEYS), { "aria-label": t("keys") })),
      el("div", { class: "halves" }, el("div", { class: "found" }, this.notes, this.list, this.next), this.side));
    document.title = `${t("page.jobs")} · bozzetto`;
    show(this.main, "jobs");
  }

  #listen() {
    addEventListener("popstate", () => {
      const id = new URLSearchParams(location.search).get("id");
      if (id) this.open(id, { remember: false });
      else this.close({ remember: false });
    });
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) this.more(); },
      { rootMargin: "600px" }).observe(this.next);
    onKeys(KEYS, {
      next: () => this.#move(1),
      previous: () => this.#move(-1),
      back: () => (this.view ? this.close() : false),
      help: () => showHelp(KEYS),
    });
  }

  // The list

  async more() {
    if (this.#loading || this.#next === undefined) return;
    this.#loading = true;
    try {
      const query = new URLSearchParams({ limit: PAGE });
      if (this.#next !== null) query.set("after", this.#next);
      const found = await call("GET", `/api/v1/jobs?${query}`);
      this.#next = found.next ?? undefined;
      for (const job of found.jobs) this.#put(job);
      if (!this.#cards.size) this.#teach();
    } catch (problem) {
      this.#tell(problem);
      this.#next = undefined;
    } finally {
      this.#loading = false;
      this.next.hidden = this.#next === undefined;
    }
  }

  #teach() {
    this.notes.replaceChildren(el("div", { class: "card teach" },
      el("h2", {}, t("empty")), el("p", {}, t("empty_way")),
      el("a", { class: "button main", href: "/" }, t("to_studio"))));
  }

  #put(job, first = false) {
    const card = this.#cards.get(job.id) ?? this.#card(job);
    paintCard(card, job);
    if (card.isConnected) return;
    this.notes.replaceChildren();
    if (first) this.list.prepend(card);
    else this.list.append(card);
  }

  #card(job) {
    const link = el("a", { href: pageOf(job.id), dir: "auto", class: "words" }, visible(job.title || job.id));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(job.id);
    });
    const card = el("div", { role: "listitem", class: "job", "data-id": job.id }, link,
      el("p", { class: "quiet small numbers" }), bar(0, t("progress")), el("p", { class: "quiet small" }, moment(job.at)));
    this.#cards.set(job.id, card);
    return card;
  }

  // Jobs that are not done, and those that came since, are looked at while the page is.
  async #watch() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      if (document.hidden) continue;
      try {
        const found = await call("GET", `/api/v1/jobs?limit=${PAGE}`);
        for (const job of found.jobs.toReversed()) this.#put(job, true);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem; // the next look may go well
      }
    }
  }

  #move(step) {
    const cards = [...this.list.children];
    const at = cards.findIndex((card) => card.contains(document.activeElement) || card.dataset.id === this.view?.job.id);
    const next = cards[at < 0 ? 0 : at + step];
    if (!next) return;
    next.querySelector("a").focus();
    if (this.view) this.open(next.dataset.id, { focus: false, replace: true });
  }

  // One of them

  async open(id, { remember = true, replace = false, focus = true } = {}) {
    this.#hearing?.abort();
    const hearing = this.#hearing = new AbortController();
    if (remember) history[replace ? "replaceState" : "pushState"](null, "", pageOf(id));
    try {
      const job = await call("GET", jobPath(id));
      if (hearing.signal.aborted) return;
      this.#show(job, focus);
      if (isOpen(job)) await this.#hear(id, hearing.signal);
    } catch (problem) {
      if (!hearing.signal.aborted) this.#lost(problem);
    }
  }

  #show(job, focus) {
    const edits = this.edits ? {
      cancel: (one) => this.#act(one, "cancel"),
      retry: (one) => this.#act(one, "retry"),
      resume: (one) => this.#act(one, "resume"),
      again: (image) => this.#again(image),
    } : {};
    this.view = new JobView(job, { close: () => this.close(), ...edits });
    this.side.replaceChildren(this.view.node);
    this.side.hidden = false;
    this.main.classList.add("opened");
    for (const [id, card] of this.#cards) card.toggleAttribute("data-current", id === job.id);
    this.#put(job, true);
    if (focus) this.side.querySelector("h2").focus({ preventScroll: true });
  }

  async #hear(id, signal) {
    const { view } = this;
    for await (const { name, data } of listen("GET", `${jobPath(id)}/events`, undefined, { signal })) {
      if (signal.aborted) return;
      if (name === "progress") view.draw(data.position, data.done, data.preview);
      if (name === "started") view.draw(data.position, 0, null);
      if (name === "done") this.#done(view, data);
      if (name === "job" || name === "result") {
        view.mine = name === "result";
        view.paint(data);
        this.#put(data, true);
      }
      if (name === "result") announce(numbers(data));
      if (name === "error") say(told(new Problem({ status: 500, ...data })).join(" "));
    }
  }

  // A picture that came is shown at once; the numbers, which are the server's, once a while.
  #done(view, { position, image }) {
    view.done(position, image);
    if (this.#counting) return;
    this.#counting = setTimeout(async () => {
      this.#counting = 0;
      const job = this.view === view ? await call("GET", jobPath(view.job.id)).catch(() => null) : null;
      if (job && this.view === view && job.done >= view.job.done) view.paint({ ...job, images: null });
    }, OFTEN);
  }

  #lost(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.view = null;
    this.side.hidden = false;
    this.main.classList.add("opened");
    this.side.replaceChildren(
      ...told(problem).map((line) => el("p", { class: "wrong", role: "alert", dir: "auto" }, line)),
      button(t("close"), () => this.close()));
  }

  close({ remember = true } = {}) {
    this.#hearing?.abort();
    const card = this.#cards.get(this.view?.job.id);
    this.view = null;
    this.side.hidden = true;
    this.side.replaceChildren();
    this.main.classList.remove("opened");
    for (const one of this.#cards.values()) one.removeAttribute("data-current");
    if (remember) history.pushState(null, "", pageOf(null));
    card?.querySelector("a").focus();
  }

  async #act(job, name) {
    try {
      const found = await call("POST", `${jobPath(job.id)}/${name}`);
      say(t(`said.${name}`, { n: found.cancelled ?? found.waiting ?? 0 }));
      await this.open(job.id, { remember: false, focus: false });
    } catch (problem) {
      this.#tell(problem);
    }
  }

  async #again(image) {
    try {
      const job = await call("POST", "/api/v1/generate", { again: image.id }, freshKey());
      this.#put(job, true);
      await this.open(job.id);
    } catch (problem) {
      this.#tell(problem);
    }
  }

  #tell(problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(told(problem).join(" "));
  }
}

function paintCard(card, job) {
  card.querySelector(".numbers").textContent = numbers(job);
  const progress = card.querySelector("progress");
  progress.value = job.done;
  progress.hidden = !isOpen(job);
  card.dataset.state = job.state;
}

begin("jobs", ({ role }) => new Jobs(role).start());
