// <drawn-pictures>: the idea as typed, the prompt that was found and those that were written,
// drawn side by side with the same seeds.

import { Problem, call, campaignPath, freshKey } from "../shell/api.js";
import { announce, told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { say } from "../shell/saying.js";
import { listen } from "../shell/stream.js";
import { t } from "../shell/texts.js";
import { letter } from "./card.js";
import { Judging } from "./judging.js";
import { choice, field, numeral, words } from "./panels.js";
import { counted } from "./sheet.js";

const MOST_NAME = 120; // characters of an idea that name a board

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
    this.after = el("div", { class: "after", hidden: true });
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", "drawn");
    this.append(el("header", {}, this.heading), this.#controls(images), this.told, this.trouble, this.bar, this.sheet, this.after);
    this.judging.addEventListener("verdict", ({ detail }) => { this.sheet.paint(detail); this.#paintAfter(); });
    this.judging.addEventListener("refused", ({ detail }) => this.#complain(detail));
    studio.addEventListener("change", () => this.#paintControls());
    for (const name of ["slot", "slots"]) writer.addEventListener(name, () => this.#paintControls());
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
      studio.set({ job: job.id, campaign: job.campaign ?? name }, { step: true });
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
    this.trouble.replaceChildren(...told(problem).map((one) => el("p", { dir: "auto" }, one)));
  }

  // Show the job that the state names, as it stands and as it goes on.
  async #open() {
    const { job, campaign } = this.studio.state;
    if (this.job === job) return;
    this.job = job;
    this.#hearing?.abort();
    this.#hearing = null;
    this.sheet.hidden = this.after.hidden = !job;
    this.bar.hidden = this.halt.hidden = true;
    if (!job) return;
    this.judging.open(campaign || null);
    const hearing = this.#hearing = new AbortController();
    try {
      await this.#hear(job, hearing);
    } catch (problem) {
      if (this.#hearing === hearing) this.#complain(problem);
    }
    if (this.#hearing !== hearing) return;
    this.#hearing = null;
    this.bar.hidden = this.halt.hidden = true;
    this.#paintControls();
    this.#paintAfter();
  }

  async #hear(job, hearing) {
    const path = `/api/v1/jobs/${encodeURIComponent(job)}`;
    const found = await call("GET", path, undefined, undefined, hearing.signal);
    const rows = rowsOf(found, this.studio.state.seeds);
    this.sheet.build(found.total, rows, this.judging, (lineage, at, columns) => this.#title(lineage, at, columns));
    this.#take(found);
    this.#paintAfter();
    if (found.state === "done" || found.state === "cancelled") return;
    this.bar.hidden = this.halt.hidden = false;
    this.#paintControls();
    for await (const { name, data } of listen("GET", `${path}/events`, undefined, { signal: hearing.signal })) {
      if (name === "done") this.sheet.put(data.image, data.position);
      else if (name === "progress" || name === "started") this.sheet.progress(data.position, data);
      else if (name === "job" || name === "result") this.#take(data);
      else if (name === "error") throw new Problem({ status: 500, ...data });
      this.bar.value = this.sheet.done / found.total;
      if (name === "done") this.#paintAfter();
      if (name === "result") announce(t("drawn_all", { pictures: counted(data.ok) }));
    }
  }

  #take(job) {
    if (job.images.length !== job.total && job.state !== "cancelled") return;
    job.images.forEach((image, position) => this.sheet.put(image, position));
  }

  // What is known of a column before its first picture: the idea and the hit come before the rest.
  #title(lineage, at, columns) {
    const ids = this.writer.current;
    const kind = lineage?.kind ?? ["idea", "hit"][at - Math.max(0, columns - this.chosen.length - 2)] ?? "candidate";
    if (kind !== "candidate") return t(`column.${kind}`);
    const id = lineage?.candidate ?? this.chosen[at - (columns - this.chosen.length)];
    const place = this.writer.slots.findIndex((slot) => slot.states.some((one) => one.id === id));
    return place >= 0 ? t("prompt_n", { n: letter(place) }) : t("column.candidate");
  }

  #paintAfter() {
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
      await this.judging.saved();
      await call("POST", `${path}/keep`, {});
      say(t("brought"));
    } catch (problem) {
      this.#complain(problem);
    }
  }

  async #cancel() {
    await call("POST", `/api/v1/jobs/${encodeURIComponent(this.job)}/cancel`, {}).catch((problem) => this.#complain(problem));
  }
}

// How many seeds each prompt has: what the pictures say, else what was asked for.
function rowsOf({ images, total }, asked) {
  if (images.length !== total) return asked;
  return new Set(images.map((image) => image.request.seed)).size || asked;
}

customElements.define("drawn-pictures", DrawnPictures);
