// One job: how far it is, its pictures, what can be done with it.

import { campaignPath } from "../shell/api.js";
import { button, el } from "../shell/dom.js";
import { bar, facts, moment } from "../shell/facts.js";
import { showPicture, tile } from "../shell/picture.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

const STATES = ["ok", "running", "waiting", "failed", "filtered", "cancelled"];

export const isOpen = (job) => job.waiting + job.running > 0;

export function numbers(job) {
  return STATES.filter((state) => job[state]).map((state) => t(`count.${state}`, { n: number(job[state]) })).join(", ");
}

export const boardOf = (campaign) => campaignPath(campaign).replace("/api/v1", "");

// `acts` are {close} and, of who may edit, {cancel, retry, resume, again}.
export class JobView {
  #tiles = new Map(); // by the id of the picture
  #drawing = new Map(); // by position

  constructor(job, acts) {
    this.acts = acts;
    this.job = job;
    this.mine = true; // this server draws it
    this.progress = bar(job.done, t("progress"));
    this.state = el("p", { class: "numbers" }); // its end is announced, not each step
    this.buttons = el("div", { class: "line acts" });
    this.thumbs = el("div", { class: "thumbs" });
    this.more = el("div", { class: "about" });
    this.node = el("article", { "aria-labelledby": "job-title" },
      el("header", { class: "line" },
        el("h2", { id: "job-title", tabindex: "-1", dir: "auto", class: "words" }, visible(job.title)),
        button("✕", acts.close, { "aria-label": t("close"), title: `${t("close")} (Esc)` })),
      this.state, this.progress, this.buttons, this.thumbs, this.more);
    this.paint(job);
  }

  paint(job) {
    this.job = job;
    const text = numbers(job);
    if (this.state.textContent !== text) this.state.textContent = text;
    this.progress.value = job.done;
    this.progress.hidden = !isOpen(job);
    this.#paintButtons();
    if (job.images) this.#putAll(job.images);
    if (!isOpen(job)) this.over();
    this.more.replaceChildren(facts([
      [t("fact.campaign"), job.campaign ? el("a", { href: boardOf(job.campaign) }, t("open_board")) : null],
      [t("fact.at"), moment(job.at)],
      [t("fact.actor"), job.actor],
      [t("fact.id"), job.id],
    ]));
  }

  #paintButtons() {
    const { job, acts } = this;
    const shown = acts.cancel ? [
      isOpen(job) ? button(t("cancel_job"), () => acts.cancel(job)) : null,
      isOpen(job) && !this.mine ? button(t("resume"), () => acts.resume(job), { class: "main" }) : null,
      job.failed + job.cancelled && !isOpen(job) ? button(t("retry"), () => acts.retry(job), { class: "main" }) : null,
    ].filter(Boolean) : [];
    const held = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...shown);
    if (held) this.node.querySelector("h2").focus({ preventScroll: true });
  }

  // Pictures in the order they were asked for; those that are being drawn come after them.
  #putAll(images) {
    const nodes = images.map((image) => this.#tile(image));
    this.thumbs.prepend(...nodes);
  }

  // A picture that is there now, instead of its progress.
  done(position, image) {
    this.#drawing.get(position)?.remove();
    this.#drawing.delete(position);
    const first = this.#drawing.values().next().value;
    this.thumbs.insertBefore(this.#tile(image), first ?? null);
  }

  #tile(image) {
    const known = this.#tiles.get(image.id);
    if (known?.dataset.state === image.state) return known;
    const acts = this.acts.again ? [[t("again"), this.acts.again]] : [];
    const made = tile(image, (one) => showPicture(one, acts));
    made.dataset.state = image.state;
    known?.remove();
    this.#tiles.set(image.id, made);
    return made;
  }

  // How far a picture is, with a preview where there is one.
  draw(position, share, preview) {
    const known = this.#drawing.get(position);
    const image = known?.querySelector("img") ?? el("img", { alt: t("being_drawn"), hidden: true });
    const shown = known?.querySelector("progress") ?? bar(0, t("being_drawn"));
    if (preview) {
      image.src = preview;
      image.hidden = false;
    }
    shown.value = share;
    if (known) return;
    const made = el("figure", { class: "none", "data-drawing": "1" }, image, shown);
    this.#drawing.set(position, made);
    this.thumbs.append(made);
  }

  // Nothing is drawn any more.
  over() {
    for (const one of this.#drawing.values()) one.remove();
    this.#drawing.clear();
  }
}
