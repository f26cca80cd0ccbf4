// <picture-sheet>: what was drawn, a column a prompt and a row a seed, with what is said of each.

import { thumbnailOf } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { stars } from "../shell/facts.js";
import { showPicture } from "../shell/picture.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

export class PictureSheet extends HTMLElement {
  #cells = [];
  #byImage = new Map();
  #heads = [];

  // Room for `total` pictures, `rows` of each prompt; `name(column)` is a column's title.
  build(total, rows, judging, name) {
    Object.assign(this, { rows, judging, name });
    const columns = Math.max(1, Math.ceil(total / rows));
    this.style.setProperty("--columns", columns);
    this.#byImage.clear();
    this.#cells = Array.from({ length: total }, () => el("figure", { "data-state": "waiting" },
      el("div", { class: "frame" }, el("span", {}, t("status.waiting")))));
    this.#heads = Array.from({ length: columns }, (_, at) => el("h3", { id: `column-${at}` }));
    this.title();
    this.replaceChildren(...this.#heads.map((head, at) => el("section", { class: "column" },
      head, ...this.#cells.slice(at * rows, (at + 1) * rows))));
  }

  title() {
    this.#heads.forEach((head, at) => {
      const said = this.name(at, this.#heads.length);
      if (head.textContent !== said) head.textContent = said;
    });
  }

  // What waits is drawn no more, or by nobody now.
  rest(said) {
    for (const cell of this.#cells) {
      if (cell.dataset.state !== "waiting" && cell.dataset.state !== "drawing") continue;
      cell.dataset.state = "waiting";
      cell.querySelector(".frame").replaceChildren(el("span", {}, said));
    }
  }

  // Why some failed; a reason that several share is said above them, once.
  reasons() {
    const failed = this.#cells.filter((one) => one.dataset.reason);
    const groups = Object.entries(Object.groupBy(failed, (one) => one.dataset.reason));
    const shared = groups.filter(([, cells]) => cells.length > 1);
    for (const [, cells] of shared) {
      for (const cell of cells) cell.querySelector("span").textContent = t(`image.${cell.dataset.why}`);
    }
    return shared.map(([reason]) => reason);
  }

  // How far one is: a preview where there is one.
  progress(position, { done = 0, preview = null } = {}) {
    const frame = this.#cells[position]?.querySelector(".frame");
    if (!frame || this.#cells[position].dataset.state === "done") return;
    this.#cells[position].dataset.state = "drawing";
    if (preview) frame.replaceChildren(el("img", { src: preview, alt: "" }));
    const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(done);
    const said = frame.querySelector("span") ?? frame.appendChild(el("span", {}));
    said.textContent = t("drawing", { share });
  }

  put(image, position) {
    const cell = this.#cells[position];
    if (!cell || cell.dataset.id === image.id && cell.dataset.state === "done") return;
    cell.dataset.state = image.state === "ok" ? "done" : "failed";
    cell.dataset.id = image.id;
    delete cell.dataset.reason;
    if (image.state !== "ok") {
      Object.assign(cell.dataset, { why: image.state, reason: visible(image.reason ?? "") });
      cell.replaceChildren(el("div", { class: "frame" }, el("span", { dir: "auto" },
        visible(image.reason ?? t(`image.${image.state}`)))));
      return;
    }
    this.#byImage.set(image.id, [...this.#byImage.get(image.id) ?? [], cell]);
    const seed = el("span", { id: `seed-${position}`, hidden: true }, t("seed_n", { n: image.request.seed }));
    cell.dataset.about = `column-${Math.floor(position / this.rows)} ${seed.id}`;
    cell.replaceChildren(seed,
      el("button", { type: "button", class: "frame", "aria-describedby": cell.dataset.about, onclick: () => showPicture(image) },
        el("img", { src: thumbnailOf(image.id), alt: visible(image.prompt), decoding: "async" })),
      el("figcaption", {}, el("div", { class: "says-it" })));
    this.paint(image.id);
  }

  paint(id) {
    for (const cell of this.#byImage.get(id) ?? []) this.#paint(cell, id);
  }

  #paint(cell, id) {
    const { keep, rating } = this.judging.of(id);
    cell.dataset.verdict = keep === null ? "" : keep ? "kept" : "rejected";
    const focus = cell.contains(document.activeElement) ? document.activeElement.dataset : null;
    const say = (change) => this.judging.say(id, change);
    const verdict = (name, sign, value) => el("button", {
      type: "button", "data-act": name, "aria-pressed": String(keep === value), title: t(name), "aria-label": t(name),
      "aria-describedby": cell.dataset.about, onclick: () => say({ keep: keep === value ? null : value }),
    }, el("span", { "aria-hidden": "true" }, sign));
    cell.querySelector(".says-it").replaceChildren(
      verdict("keep", "✓", true), verdict("reject", "✕", false),
      stars(rating, (n) => say({ rating: n || null })));
    if (!focus) return;
    const again = focus.act ? `[data-act=${focus.act}]` : focus.star ? `[data-star="${focus.star}"]` : ".frame";
    cell.querySelector(again)?.focus({ preventScroll: true });
  }

  get total() {
    return this.#cells.length;
  }

  has(position) {
    return this.#cells[position]?.dataset.state === "done";
  }

  get done() {
    return this.#cells.filter((one) => one.dataset.state === "done").length;
  }
}

export const counted = (n) => t(n === 1 ? "picture_n" : "pictures_n", { n: number(n) });

customElements.define("picture-sheet", PictureSheet);
