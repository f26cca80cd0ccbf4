// <picture-grid>: all pictures as small copies. Thousands of them are there from the beginning on,
// made a few at a time; laid out and painted are those in sight, and the one that is looked at.

import { thumbnailOf } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { nameOf, stateOf } from "./words.js";

const CHUNK = 60; // tiles that are made at a time
const AHEAD = .75; // screens beyond the one in sight

export class PictureGrid extends HTMLElement {
  #items = [];
  #tiles = new Map();
  #shown = []; // ids, in their order
  #at = new Map(); // where an id stands in it
  #near = new Set(); // ids that are laid out
  #current = null;
  #held = null;
  #measure = null; // of the grid: {columns, side, gap, edge}
  #end = el("div", { class: "end", role: "presentation" });

  build(items) {
    this.#items = items;
    this.setAttribute("role", "listbox");
    this.setAttribute("aria-label", t("pictures"));
    this.replaceChildren(this.#end);
    this.addEventListener("click", (event) => this.#clicked(event, "choose"));
    this.addEventListener("dblclick", (event) => this.#clicked(event, "open"));
    this.addEventListener("scroll", () => this.#look(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(this);
    this.#make(0);
  }

  // Tiles in the order of the pictures; some may be there already, and stay where they are.
  #make(from) {
    const to = Math.min(from + CHUNK, this.#items.length);
    let some = document.createDocumentFragment();
    for (const item of this.#items.slice(from, to)) {
      const early = this.#tiles.get(item.id);
      if (early) {
        early.before(some);
        some = document.createDocumentFragment();
      } else {
        some.append(this.#tile(item));
      }
    }
    const next = this.#items.slice(to).find((item) => this.#tiles.has(item.id));
    (next ? this.#tiles.get(next.id) : this.#end).before(some);
    if (to < this.#items.length) setTimeout(() => this.#make(to));
    this.#look();
  }

  #tile(item) {
    const tile = el(
      "div",
      { class: "tile", role: "option", tabindex: "-1", "aria-selected": "false", "data-id": item.id,
        "data-far": true, "aria-posinset": item.place + 1, "aria-setsize": this.#items.length,
        hidden: this.#shown.length > 0 && !this.#at.has(item.id) },
      el("img", { src: thumbnailOf(item.id), alt: "", loading: "lazy", decoding: "async",
                  draggable: "false" }),
      el("span", { class: "mark", "aria-hidden": "true" }),
      el("span", { class: "stars", "aria-hidden": "true" }),
    );
    this.#tiles.set(item.id, tile);
    this.paint(item, item.id === this.#held);
    return tile;
  }

  paint(item, held) {
    if (held) this.#held = item.id;
    else if (this.#held === item.id) this.#held = null;
    const tile = this.#tiles.get(item.id);
    if (!tile) return; // made later, as it then is
    tile.dataset.state = stateOf(item);
    tile.toggleAttribute("data-held", held);
    tile.toggleAttribute("data-note", Boolean(item.note));
    tile.querySelector(".stars").textContent = "★".repeat(item.rating ?? 0);
    tile.setAttribute("aria-label", nameOf(item, this.#items.length));
  }

  choose(item, { focus }) {
    const before = this.#current;
    before?.setAttribute("aria-selected", "false");
    if (before) before.tabIndex = -1;
    const tile = this.#current = this.#tiles.get(item.id) ?? this.#early(item);
    if (before && !this.#near.has(before.dataset.id)) before.dataset.far = "";
    this.#put(tile);
    tile.setAttribute("aria-selected", "true");
    tile.tabIndex = 0;
    if (!focus) return;
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
    this.#look();
  }

  // One that is asked for before its turn.
  #early(item) {
    const tile = this.#tile(item);
    this.#end.before(tile);
    return tile;
  }

  show(items) {
    this.#shown = items.map((item) => item.id);
    this.#at = new Map(this.#shown.map((id, place) => [id, place]));
    for (const [id, tile] of this.#tiles) if (tile.hidden === this.#at.has(id)) tile.hidden = !tile.hidden;
    this.#resized();
  }

  toggle(id, shown) {
    if (this.#at.has(id) === shown) return;
    const there = new Set(this.#shown);
    if (shown) there.add(id);
    else there.delete(id);
    this.show(this.#items.filter((item) => there.has(item.id)));
  }

  get columns() {
    return this.#measured().columns;
  }

  // The browser says how wide the columns are; nothing else is laid out by it.
  #measured() {
    if (this.#measure) return this.#measure;
    const style = getComputedStyle(this);
    const columns = style.gridTemplateColumns.split(" ").map(parseFloat);
    this.#measure = {
      columns: columns.length, side: columns[0], gap: parseFloat(style.columnGap), edge: parseFloat(style.paddingLeft),
      height: this.clientHeight,
    };
    return this.#measure;
  }

  #resized() {
    this.#measure = null;
    const { columns, side, gap } = this.#measured();
    const rows = Math.ceil(this.#shown.length / columns);
    this.#end.style.height = `${Math.max(0, rows * (side + gap) - gap)}px`;
    for (const id of this.#near) this.#tiles.get(id).dataset.far = "";
    this.#near.clear();
    if (this.#current) this.#put(this.#current);
    this.#look();
  }

  // Lay out what is in sight or will soon be, and nothing else.
  #look() {
    const { columns, side, gap, edge, height } = this.#measured();
    const top = this.scrollTop - edge - AHEAD * height;
    const row = (y) => Math.max(0, Math.floor(y / (side + gap)));
    const from = row(top) * columns;
    const to = (row(top + (1 + 2 * AHEAD) * height) + 1) * columns;
    const near = new Set(this.#shown.slice(from, to).filter((id) => this.#tiles.has(id)));
    for (const id of this.#near) {
      const tile = this.#tiles.get(id);
      if (!near.has(id) && tile !== this.#current) tile.dataset.far = "";
    }
    for (const id of near) if (!this.#near.has(id)) this.#put(this.#tiles.get(id));
    this.#near = near;
  }

  #put(tile) {
    const place = this.#at.get(tile.dataset.id);
    if (place === undefined) return;
    const { columns, side, gap, edge } = this.#measured();
    const step = side + gap;
    const { style } = tile;
    style.width = style.height = `${side}px`;
    style.left = `${edge + (place % columns) * step}px`;
    style.top = `${edge + Math.floor(place / columns) * step}px`;
    delete tile.dataset.far;
  }

  #clicked(event, name) {
    const tile = event.target.closest(".tile");
    if (tile) this.dispatchEvent(new CustomEvent(name, { detail: tile.dataset.id }));
  }
}

customElements.define("picture-grid", PictureGrid);
