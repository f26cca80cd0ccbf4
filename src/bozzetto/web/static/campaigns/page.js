// The page of all campaigns: made from a brief, looked at, handed on.

import { Problem, call, campaignPath, freshKey } from "../shell/api.js";
import { announce, begin, show, told } from "../shell/begin.js";
import { showHelp, sure } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { onKeys } from "../shell/keys.js";
import { say } from "../shell/saying.js";
import { listen } from "../shell/stream.js";
import { number, t } from "../shell/texts.js";
import { card } from "./card.js";
import "./form.js";
import { KEYS } from "./keys.js";

const PAGE = 24;
const LOOK = 2_000; // milliseconds between two looks

class Campaigns {
  #cards = new Map();
  #after = null;
  #loading = false;

  constructor(role) {
    this.acts = {
      ...(role === "viewer" ? {} : {
        resume: (one) => this.#resume(one), keep: (one) => this.#keep(one), takeBack: (one) => this.#takeBack(one),
      }),
      ...(role === "admin" ? { remove: (one) => this.#remove(one) } : {}),
    };
    this.edits = role !== "viewer";
  }

  async start() {
    this.#build();
    this.#listen();
    if (this.edits && new URLSearchParams(location.search).has("new")) this.#open({ remember: false });
    await this.more();
    this.#watch();
  }

  #build() {
    this.make = this.edits ? button(t("new"), () => this.#open(), { class: "main", title: `${t("key.new")} (N)` }) : null;
    this.form = el("brief-form", { hidden: true });
    this.notes = el("div", { class: "notes" });
    this.list = el("div", { class: "campaigns" });
    this.next = button(t("more"), () => this.more(), { class: "more", hidden: true });
    document.title = `${t("page.campaigns")} · bozzetto`;
    show(el("main", { class: "page" },
      el("header", {}, el("h1", {}, t("page.campaigns")), this.make,
        button("?", () => this.help(), { "aria-label": t("keys") })),
      this.form, this.notes, this.list, this.next), "campaigns");
  }

  #listen() {
    const table = KEYS.filter((key) => this.edits || !key.edits);
    this.help = () => showHelp(table);
    onKeys(table, {
      new: () => this.#open(), next: () => this.#move(1), previous: () => this.#move(-1), help: () => this.help(),
    });
    addEventListener("popstate", () => {
      if (this.edits && new URLSearchParams(location.search).has("new")) this.#open({ remember: false });
      else this.#shut({ remember: false });
    });
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) this.more(); },
      { rootMargin: "600px" }).observe(this.next);
  }

  #move(step) {
    const links = [...this.list.querySelectorAll("h2 a")];
    const at = links.findIndex((one) => one.closest("article").contains(document.activeElement));
    links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  }

  // A new one

  #open({ remember = true } = {}) {
    if (this.form.hidden) {
      this.form.hidden = false;
      this.form.start({ send: (brief) => this.#send(brief), leave: () => this.#shut() });
      if (remember) history.pushState(null, "", "/campaigns?new");
      this.notes.replaceChildren();
    }
    this.form.focusFirst();
  }

  #shut({ remember = true } = {}) {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.form.replaceChildren();
    if (remember) history.pushState(null, "", "/campaigns");
    if (!this.#cards.size) this.#teach();
    this.make?.focus();
  }

  async #send(brief) {
    const found = await call("POST", "/api/v1/campaigns", { brief }, freshKey());
    this.form.clear();
    this.#shut();
    this.#put(found, true);
    say(t("begun", { name: found.name }));
    this.#follow(found);
  }

  // What is written of it, as it is.
  async #follow({ id, run }) {
    try {
      for await (const { name, data } of listen("GET", `/api/v1/runs/${run}/events`)) {
        if (name === "progress") this.#state(id, t("writing", { n: number(data.done), total: number(data.total), idea: data.message ?? "" }));
        if (name === "error") this.#state(id, told(new Problem({ status: 500, ...data })).join(" "), true);
        if (name === "result") {
          this.#state(id, "");
          this.#put(data);
        }
      }
    } catch (problem) {
      this.#tell(problem);
    }
  }

  #state(id, text, wrong = false) {
    const place = this.#cards.get(id)?.querySelector(".state");
    if (!place) return;
    place.textContent = text;
    place.classList.toggle("wrong", wrong);
  }

  // The list

  async more() {
    if (this.#loading || this.#after === undefined) return;
    this.#loading = true;
    try {
      const query = new URLSearchParams({ limit: PAGE });
      if (this.#after !== null) query.set("after", this.#after);
      const found = await call("GET", `/api/v1/campaigns?${query}`);
      this.#after = found.next ?? undefined;
      for (const one of found.campaigns) this.#put(one);
      if (!this.#cards.size && this.form.hidden) this.#teach();
    } catch (problem) {
      this.#after = undefined;
      this.#tell(problem);
    } finally {
      this.#loading = false;
      this.next.hidden = this.#after === undefined;
    }
  }

  #put(campaign, first = false) {
    const { run, ...shape } = campaign;
    const before = this.#cards.get(shape.id);
    const said = JSON.stringify(shape);
    if (before?.said === said) return;
    const node = card(shape, this.acts, before?.node);
    this.#cards.set(shape.id, { node, said, querySelector: (what) => node.querySelector(what) });
    this.notes.replaceChildren();
    if (before) this.#replace(before.node, node);
    else if (first) this.list.prepend(node);
    else this.list.append(node);
  }

  // The focus stays on what it was on.
  #replace(before, node) {
    const held = before.contains(document.activeElement) ? document.activeElement : null;
    const label = held?.textContent;
    before.replaceWith(node);
    if (held) [...node.querySelectorAll("a, button, summary")].find((one) => one.textContent === label)?.focus();
  }

  #teach() {
    this.notes.replaceChildren(el("div", { class: "card teach" },
      el("h2", {}, t("empty")), el("p", {}, t("empty_what")),
      this.edits ? button(t("new"), () => this.#open(), { class: "main" }) : null,
      el("p", { class: "quiet" }, t("empty_cli"), " ", el("code", {}, "bozzetto campaign run brief.toml"))));
  }

  async #watch() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      if (document.hidden || this.list.querySelector("details.more-of :focus")) continue;
      await this.#look();
    }
  }

  async #look() {
    try {
      const { campaigns } = await call("GET", `/api/v1/campaigns?limit=${PAGE}`);
      for (const one of campaigns.toReversed()) this.#put(one, true);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // the next look may go well
    }
  }

  // What is done with one

  #resume(campaign) {
    return this.#tried(async () => {
      const found = await call("POST", `${campaignPath(campaign.name)}/resume`);
      say(t("resumed"));
      this.#follow(found);
    });
  }

  #keep(campaign) {
    return this.#tried(async () => {
      this.#state(campaign.id, t("keeping"));
      try {
        for await (const { name, data } of listen("POST", `${campaignPath(campaign.name)}/keep`)) {
          if (name === "error") throw new Problem({ status: 500, ...data });
          if (name !== "result") continue;
          say(t("kept", { fresh: number(data.new), rated: number(data.rated), unchanged: number(data.unchanged) }),
            { label: t("take_back"), run: () => this.#takeBack(campaign) });
        }
      } finally {
        this.#state(campaign.id, "");
      }
    });
  }

  #takeBack(campaign) {
    return this.#tried(async () => {
      const { taken_back: n } = await call("POST", `${campaignPath(campaign.name)}/take-back`, {});
      say(n ? t("taken_back", { n: number(n) }) : t("nothing_taken"));
    });
  }

  async #remove(campaign) {
    const hint = t("delete_says", { n: number(campaign.pictures) });
    if (!await sure(t("delete_this", { name: campaign.name }), hint, t("delete"))) return;
    await this.#tried(async () => {
      await call("DELETE", campaignPath(campaign.name));
      this.#cards.get(campaign.id)?.node.remove();
      this.#cards.delete(campaign.id);
      say(t("deleted", { name: campaign.name }));
      if (!this.#cards.size) this.#teach();
      this.make?.focus();
    });
  }

  async #tried(act) {
    try {
      await act();
    } catch (problem) {
      this.#tell(problem);
    }
  }

  #tell(problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(told(problem).join(" "));
    announce(told(problem).join(" "));
  }
}

begin("campaigns", ({ role }) => new Campaigns(role).start());
