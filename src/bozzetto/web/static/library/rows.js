// <prompt-rows>: prompts one below the other. They are put there a block at a time, and the browser
// lays out and paints the blocks in sight: each row by itself would have it look at thousands.

import { thumbnailOf } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { stars } from "../shell/facts.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

const CHUNK = 20;

const frame = () => new Promise((resolve) => setTimeout(resolve));

export class PromptRows extends HTMLElement {
  #rows = new Map();
  #round = 0;
  current = null;

  connectedCallback() {
    this.setAttribute("role", "list");
    this.addEventListener("click", (event) => this.#clicked(event));
  }

  clear() {
    this.#round += 1;
    this.#rows.clear();
    this.current = null;
    this.replaceChildren();
  }

  async add(prompts) {
    const round = this.#round;
    for (let at = 0; at < prompts.length; at += CHUNK) {
      if (at) await frame();
      if (round !== this.#round) return;
      const rows = prompts.slice(at, at + CHUNK).map((one) => this.#row(one));
      this.append(el("div", { class: "block", role: "presentation" }, ...rows));
    }
    const [first] = this.#rows.keys();
    if (!this.current && first) this.choose(first, { focus: false });
  }

  get ids() {
    return [...this.#rows.keys()];
  }

  has(id) {
    return this.#rows.has(id);
  }

  // A prompt as it now is; `id` is the one it had.
  renew(id, prompt) {
    const before = this.#rows.get(id);
    if (!before) return;
    const row = this.#row(prompt);
    before.replaceWith(row);
    if (id !== prompt.id) this.#rows.delete(id);
    if (this.current === id) this.choose(prompt.id, { focus: before.contains(document.activeElement) });
  }

  remove(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    const next = beside(row, 1) ?? beside(row, -1);
    this.#rows.delete(id);
    const block = row.parentElement;
    row.remove();
    if (!block.childElementCount) block.remove();
    if (this.current !== id) return;
    this.current = null;
    if (next) this.choose(next.dataset.id, { focus: true });
  }

  choose(id, { focus = true } = {}) {
    const before = this.#rows.get(this.current);
    before?.removeAttribute("aria-current");
    if (before) before.firstChild.tabIndex = -1;
    const row = this.#rows.get(id);
    if (!row) return;
    this.current = id;
    row.setAttribute("aria-current", "true");
    row.firstChild.tabIndex = 0;
    if (focus) row.firstChild.focus({ preventScroll: true });
    if (focus) row.scrollIntoView({ block: "nearest" });
  }

  // The prompt after this one, or before it; null at the end.
  beside(step) {
    const row = this.#rows.get(this.current);
    return (row && beside(row, step))?.dataset.id ?? null;
  }

  #row(prompt) {
    const picture = prompt.kept?.find((one) => one.image && one.keep)?.image;
    const link = el("a", { href: `/library?id=${encodeURIComponent(prompt.id)}`, tabindex: "-1" },
      picture ? el("img", { src: thumbnailOf(picture), alt: "", loading: "lazy", decoding: "async" }) : null,
      el("span", { class: "text", dir: "auto" }, visible(prompt.prompt)));
    const row = el("div", { role: "listitem", class: "row", "data-id": prompt.id }, link, meta(prompt));
    this.#rows.set(prompt.id, row);
    return row;
  }

  #clicked(event) {
    const row = event.target.closest(".row");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("open", { detail: row.dataset.id }));
  }
}

function beside(row, step) {
  if (step > 0) return row.nextElementSibling ?? row.parentElement.nextElementSibling?.firstElementChild ?? null;
  return row.previousElementSibling ?? row.parentElement.previousElementSibling?.lastElementChild ?? null;
}

function meta(prompt) {
  return el("div", { class: "line quiet small" },
    stars(prompt.rating),
    ...prompt.tags.slice(0, 6).map((tag) => el("span", { class: "chip", dir: "auto" }, visible(tag))),
    el("span", { class: "words", dir: "auto" }, visible(prompt.source)),
    typeof prompt.variants === "number" && prompt.variants ? el("span", {}, t("more_variants", { n: prompt.variants })) : null);
}

customElements.define("prompt-rows", PromptRows);
