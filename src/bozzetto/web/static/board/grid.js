// <picture-grid>: all pictures as small copies. The browser loads and paints those in sight.

import { thumbnailOf } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { nameOf, stateOf } from "./words.js";

export class PictureGrid extends HTMLElement {
  #tiles = new Map();
  #current = null;

  build(items) {
    this.total = items.length;
    this.setAttribute("role", "listbox");
    this.setAttribute("aria-label", t("pictures"));
    this.replaceChildren(...items.map((item) => this.#tile(item)));
    this.addEventListener("click", (event) => this.#clicked(event, "choose"));
    this.addEventListener("dblclick", (event) => this.#clicked(event, "open"));
  }

  #tile(item) {
    const tile = el(
      "div",
      { class: "tile", role: "option", tabindex: "-1", "aria-selected": "false", "data-id": item.id },
      el("img", { src: thumbnailOf(item.id), alt: "", loading: "lazy", decoding: "async",
                  draggable: "false" }),
      el("span", { class: "mark", "aria-hidden": "true" }),
      el("span", { class: "stars", "aria-hidden": "true" }),
    );
    this.#tiles.set(item.id, tile);
    this.paint(item, false);
    return tile;
  }

  paint(item, held) {
    const tile = this.#tiles.get(item.id);
    tile.dataset.state = stateOf(item);
    tile.toggleAttribute("data-held", held);
    tile.toggleAttribute("data-note", Boolean(item.note));
    tile.querySelector(".stars").textContent = "★".repeat(item.rating ?? 0);
    tile.setAttribute("aria-label", nameOf(item, this.total));
  }

  choose(item, { focus }) {
    this.#current?.setAttribute("aria-selected", "false");
    if (this.#current) this.#current.tabIndex = -1;
    const tile = this.#current = this.#tiles.get(item.id);
    tile.setAttribute("aria-selected", "true");
    tile.tabIndex = 0;
    if (!focus) return;
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
  }

  show(items) {
    const there = new Set(items.map((item) => item.id));
    for (const id of this.#tiles.keys()) this.toggle(id, there.has(id));
  }

  toggle(id, shown) {
    const tile = this.#tiles.get(id);
    if (tile.hidden === shown) tile.hidden = !shown;
  }

  get columns() {
    return getComputedStyle(this).gridTemplateColumns.split(" ").length;
  }

  #clicked(event, name) {
    const tile = event.target.closest(".tile");
    if (tile) this.dispatchEvent(new CustomEvent(name, { detail: tile.dataset.id }));
  }
}

customElements.define("picture-grid", PictureGrid);
