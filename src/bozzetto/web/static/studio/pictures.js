// <drawn-pictures>: the idea as typed, the prompt that was found and those that were written,
// drawn side by side with the same seeds.

import { Problem, call, campaignPath, freshKey } from "../shell/api.js";
import { announce, told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { say } from "../shell/saying.js";
import { listen } from "../shell/stream.js";
import { number, t } from "../shell/texts.js";
import { letter } from "./card.js";
import { Judging } from "./judging.js";
import { choice, field, numeral, words } from "./panels.js";
import { counted } from "./sheet.js";

const MOST_NAME = 120; // characters of an idea that name a board

const path = (job) => `/api/v1/jobs/${encodeURIComponent(job)}`;

export class DrawnPictures extends HTMLElement {
  #hearing = null;

  start(studio, writer, { images, profiles, user }) {
    Object.assign(this, { studio, writer, profiles });
    this.judging = new Judging(user);
    this.heading = el("h2", { id: "drawn", tabindex: "-1" }, t("pictures"));
    this.trouble = el("div", { class: "trouble", role: "alert" });
    this.bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": t("drawn_so_far") });
    this.sheet = el("picture-sheet");
    this.go = el("button", { type: "button", class: "main go", onclick: () => this.draw() }, t("draw"));
    this.halt = el("button", { type: "button", hidden: true, onclick: () => this.#cancel() }, t("stop"));
    this.told = el("p", { class: "quiet" });
    this.rested = el("div", { class: "rested", role: "status" });
    this.saving = el("p", { class: "quiet saving", role: "status" });
    this.after = el("div", { class: "after", hidden: true });
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", "drawn");
    this.append(el("header", {}, this.heading), this.#controls(images), this.told, this.trouble, this.bar, this.rested, this.sheet, this.saving, this.after);
    this.judging.addEventListener("verdict", ({ detail }) => { this.sheet.paint(detail); this.#paintAfter(); });
    this.judging.addEventListener("refused", ({ detail }) => this.#complain(detail));
    this.judging.addEventListener("state", ({ detail }) => this.#paintSaving(detail));
    studio.addEventListener("change", () => this.#paintControls());
    for (const name of ["slot", "slots"]) writer.addEventListener(name, () => { this.#paintControls(); this.sheet.title?.(); });
    this.paint();
  }

  #controls(images) {
    const { studio } = this;
    const known = images.map((scheme) => [`${scheme}:`, t(`image_by.${scheme}`, {}) === `image_by.${scheme}` ? scheme : t(`image_by.${scheme}`)]);
    known.sort(([a], [b]) => (b === "sketch:") - (a === "sketch:"));
    const scheme = choice(studio, "images", known, {
      read: (said) => said, write: (value) => `${value.split(":")[0]}:` });
    this.rest = field(studio, "images", words({ dir: "ltr", autocomplete: "off" }), {
      label: t("field.images_rest"),
      read: (said) => `${studio.state.images.split(":")[0]}:${said.trim()}`,
      write: (value) => value.slice(value.indexOf(":") + 1) });
    this.size = el("datalist", { id: "sizes" });
    const size = field(studio, "size", words({ list: "sizes", dir: "ltr", placeholder: t("as_set") }));
    this.fields = [scheme, this.rest, numeral(studio, "seeds", { min: 1, max: 8 }, 2), size];
    return el("div", { class: "controls" }, ...this.fields, this.size, el("div", { class: "row" }, this.halt, this.go));
  }

  get chosen() {
    return this.writer.current.filter((id) => !this.studio.state.out.includes(id));
  }

  paint() {
    for (const one of this.fields) one.paint();
    this.#paintControls();
    this.#open();
  }

  #paintControls() {
    const { state } = this.studio;
    const sketch = state.images === "sketch:";
    this.hidden = !this.writer.current.length && !state.job;
    this.rest.hidden = state.images.startsWith("sketch:");
    this.told.textContent = sketch ? t("sketch_says") : "";
    const count = this.chosen.length;
    this.go.textContent = count ? t("draw_n", { pictures: counted((count + 2) * state.seeds) }) : t("draw");
    this.go.setAttribute("aria-disabled", String(!count || Boolean(this.#hearing)));
    const profile = this.writer.slots.map((slot) => slot.states[slot.at]?.profile).find(Boolean);
    const sizes = this.profiles.find((one) => one.name === profile)?.sizes ?? [];
    if (this.size.dataset.of !== profile) {
      this.size.dataset.of = profile ?? "";
      this.size.replaceChildren(...sizes.map((value) => el("option", { value })));
    }
  }

  async draw() {
    const { studio } = this;
    const candidate = this.chosen;
    if (!candidate.length || this.#hearing) return;
    const { images, seeds, size, idea } = studio.state;
    const name = (idea.trim() || t("pictures")).replace(/\s+/g, " ").slice(0, MOST_NAME);
    const body = { candidate, compare: true, campaign: name, images, n: seeds, seed: 0, ...(size.trim() ? { size: size.trim() } : {}) };
    this.trouble.replaceChildren();
    this.go.setAttribute("aria-disabled", "true");
    try {
      const job = await call("POST", "/api/v1/generate", body, freshKey());
      studio.set({ job: job.id, campaign: job.campaign ?? name, drawn: candidate, each: seeds }, { step: true });
      this.#open();
      this.heading.focus({ preventScroll: true });
      this.scrollIntoView({ block: "nearest" });
    } catch (problem) {
      this.#complain(problem);
    }
    this.#paintControls();
  }

  #complain(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.#tell(told(problem));
  }

  #tell(lines) {
    if ([...this.trouble.children].map((one) => one.textContent).join("\n") === lines.join("\n")) return;
    this.trouble.replaceChildren(...lines.map((one) => el("p", { dir: "auto" }, one)));
  }

  // Show the job that the state names, as it stands and as it goes on.
  async #open({ anew = false } = {}) {
    const { job, campaign } = this.studio.state;
    if (this.job === job && !anew) return;
    this.job = job;
    this.#hearing?.abort();
    this.#hearing = null;
    this.sheet.hidden = this.after.hidden = !job;
    this.bar.hidden = this.halt.hidden = true;
    this.rested.replaceChildren();
    this.saving.textContent = "";
    if (!job) return;
    this.judging.open(campaign || null);
    const hearing = this.#hearing = new AbortController();
    try {
      await this.#hear(job, hearing);
    } catch (problem) {
      if (this.#hearing === hearing) this.#broken(problem);
    }
    if (this.#hearing !== hearing) return;
    this.#hearing = null;
    this.bar.hidden = this.halt.hidden = true;
    this.#paintControls();
    this.#paintAfter();
  }

  async #hear(job, hearing) {
    const found = await call("GET", path(job), undefined, undefined, hearing.signal);
    this.sheet.build(found.total, this.#rows(found), this.judging, (at, columns) => this.#title(at, columns));
    this.shown = job;
    this.#take(found);
    if (found.state === "done" || found.state === "cancelled") return;
    this.bar.hidden = this.halt.hidden = false;
    this.#paintControls();
    for await (const { name, data } of listen("GET", `${path(job)}/events`, undefined, { signal: hearing.signal })) {
      if (name === "done") this.sheet.put(data.image, data.position);
      else if (name === "progress" || name === "started") this.sheet.progress(data.position, data);
      else if (name === "job" || name === "result") this.#take(data, name === "job");
      else if (name === "error") throw new Problem({ status: 500, ...data });
      this.bar.value = this.sheet.done / found.total;
      if (name === "done") this.#paintAfter();
      if (name === "result") announce(t("drawn_all", { pictures: counted(data.ok) }));
    }
  }

  // Put each picture where it belongs. `idle`: another program draws the rest, or nobody does.
  #take(job, idle = false) {
    const columns = job.total / this.sheet.rows;
    const before = columns - this.drawn.length;
    const whole = job.images.length === job.total;
    job.images.forEach((image, at) => this.sheet.put(image, whole ? at : this.#place(image, before)));
    if (!whole && job.state === "done") this.#again(job, before);
    if (idle && job.waiting) this.#rest(job, "go_on", "resume");
    else if (job.failed + job.cancelled && (job.state === "done" || job.state === "cancelled")) this.#rest(job, "try_again", "retry");
    else this.rested.replaceChildren();
    this.#paintAfter();
  }

  // Where a picture stands, by what it was drawn for and its seed.
  #place({ lineage, request }, before) {
    const candidate = this.drawn.indexOf(lineage.candidate);
    const column = { idea: 0, hit: before - 1 }[lineage.kind] ?? (candidate < 0 ? -1 : before + candidate);
    return column < 0 || request.seed >= this.sheet.rows ? -1 : column * this.sheet.rows + request.seed;
  }

  // An idea that reads as what was found for it is drawn once, and shown twice.
  #again({ images }, before) {
    for (const image of images.filter((one) => before > 1 && one.lineage.kind === "idea")) {
      const place = (before - 1) * this.sheet.rows + image.request.seed;
      if (!this.sheet.has(place)) this.sheet.put(image, place);
    }
  }

  #rest({ done, total, state }, label, verb) {
    const stopped = state === "cancelled";
    this.sheet.rest(t(stopped ? "not_drawn" : "status.waiting"));
    const said = t(stopped ? "drawing_stopped" : verb === "retry" ? "drawing_failed" : "drawing_waits", { done: number(done), total: number(total) });
    if (this.rested.dataset.said === said && this.rested.childElementCount) return;
    this.rested.dataset.said = said;
    this.rested.replaceChildren(el("p", {}, said),
      this.studio.edits ? el("button", { type: "button", "data-act": verb, onclick: () => this.#goOn(verb) }, t(label)) : "");
  }

  async #goOn(verb) {
    this.trouble.replaceChildren();
    try {
      await call("POST", `${path(this.job)}/${verb}`, {});
      this.heading.focus({ preventScroll: true });
      await this.#open({ anew: true });
    } catch (problem) {
      this.#complain(problem);
    }
  }

  // The server has ended, or is not reached: what is drawn stands, the rest can be gone on with.
  #broken(problem) {
    this.#complain(problem);
    if (!problem.passes || problem.status === 401 || this.shown !== this.job) return;
    this.#rest({ done: this.sheet.done, total: this.sheet.total }, "go_on", "resume");
  }

  // The candidates that the job draws; an address of old does not hold them.
  get drawn() {
    const { drawn } = this.studio.state;
    return drawn.length ? drawn : this.chosen;
  }

  // How many of each prompt: what was asked for, else what the pictures say.
  #rows({ images, total }) {
    const { each, seeds } = this.studio.state;
    if (each) return each;
    return (images.length === total && new Set(images.map((image) => image.request.seed)).size) || seeds;
  }

  // The idea and the hit come before the candidates that were drawn.
  #title(at, columns) {
    const before = columns - this.drawn.length;
    if (at < before) return t(`column.${at ? "hit" : "idea"}`);
    const id = this.drawn[at - before];
    const place = this.writer.slots.findIndex((slot) => slot.states.some((one) => one.id === id));
    return place >= 0 ? t("prompt_n", { n: letter(place) }) : t("column.candidate");
  }

  #paintSaving({ waiting, trouble }) {
    const why = trouble?.status === 401 ? "token" : "server";
    const said = t(`said.${!waiting.length ? "saved" : trouble ? why : "saving"}`, { n: number(waiting.length) });
    if (this.saving.textContent !== said) this.saving.textContent = said;
  }

  #paintAfter() {
    const reasons = this.sheet.reasons();
    if (reasons.length) this.#tell(reasons);
    const { campaign } = this.studio.state;
    this.after.hidden = !campaign || !this.sheet.done;
    if (this.after.hidden) return;
    const path = campaignPath(campaign);
    const { kept } = this.judging;
    const key = JSON.stringify([campaign, kept > 0]);
    if (this.after.dataset.key === key) return;
    const focus = this.after.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    this.after.dataset.key = key;
    this.after.replaceChildren(
      el("a", { class: "button", href: `/campaigns/${encodeURIComponent(campaign)}`, "data-act": "review" }, t("review")),
      el("button", { type: "button", "data-act": "bring", disabled: !kept, onclick: () => this.#bring(path) }, t("bring")),
      el("a", { class: "button", "data-act": "export", download: "", href: `${path}/export.zip${kept ? "?only_kept=true" : ""}` },
        t(kept ? "export_kept" : "export")));
    if (focus) this.after.querySelector(`[data-act=${focus}]`)?.focus();
  }

  async #bring(path) {
    try {
      if (this.judging.waits) say(t("bring_waits"));
      await this.judging.saved();
      await call("POST", `${path}/keep`, {});
      say(t("brought"));
    } catch (problem) {
      this.#complain(problem);
    }
  }

  async #cancel() {
    await call("POST", `${path(this.job)}/cancel`, {}).catch((problem) => this.#complain(problem));
  }
}

customElements.define("drawn-pictures", DrawnPictures);
