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

  // Room for `total` pictures, `rows` of each prompt; `name(lineage, column)` is a column's title.
  build(total, rows, judging, name) {
    Object.assign(this, { rows, judging, name });
    const columns = Math.max(1, Math.ceil(total / rows));
    this.style.setProperty("--columns", columns);
    this.#byImage.clear();
    this.#cells = Array.from({ length: total }, () => el("figure", { "data-state": "waiting" },
      el("div", { class: "frame" }, el("span", {}, t("status.waiting")))));
    this.#heads = Array.from({ length: columns }, (_, at) => el("h3", {}, name(null, at, columns)));
    this.replaceChildren(...this.#heads.map((head, at) => el("section", { class: "column" },
      head, ...this.#cells.slice(at * rows, (at + 1) * rows))));
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
    const column = Math.floor(position / this.rows);
    this.#heads[column].textContent = this.name(image.lineage, column, this.#heads.length);
    cell.dataset.state = image.state === "ok" ? "done" : "failed";
    cell.dataset.id = image.id;
    if (image.state !== "ok") {
      cell.replaceChildren(el("div", { class: "frame" }, el("span", { dir: "auto" },
        visible(image.reason ?? t(`image.${image.state}`)))));
      return;
    }
    this.#byImage.set(image.id, [...this.#byImage.get(image.id) ?? [], cell]);
    cell.replaceChildren(
      el("button", { type: "button", class: "frame", onclick: () => showPicture(image) },
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
      onclick: () => say({ keep: keep === value ? null : value }),
    }, el("span", { "aria-hidden": "true" }, sign));
    cell.querySelector(".says-it").replaceChildren(
      verdict("keep", "✓", true), verdict("reject", "✕", false),
      stars(rating, (n) => say({ rating: n || null })));
    if (!focus) return;
    const again = focus.act ? `[data-act=${focus.act}]` : focus.star ? `[data-star="${focus.star}"]` : ".frame";
    cell.querySelector(again)?.focus({ preventScroll: true });
  }

  get done() {
    return this.#cells.filter((one) => one.dataset.state === "done").length;
  }
}

export const counted = (n) => t(n === 1 ? "picture_n" : "pictures_n", { n: number(n) });

customElements.define("picture-sheet", PictureSheet);
