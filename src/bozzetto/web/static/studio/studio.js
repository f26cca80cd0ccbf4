// The state of the page with its memory: the address, the back button, the draft.

import { fresh, read, written } from "./state.js";

const DRAFT = "bozzetto.studio";
const SETTLED = 400; // milliseconds until address and draft hold what was typed

export class Studio extends EventTarget {
  #settling = 0;
  state = fresh();
  edits = true; // whether who looks may write, draw and judge

  constructor() {
    super();
    addEventListener("popstate", () => this.#restore(read(location.hash.slice(1))));
    addEventListener("pagehide", () => this.#keep());
  }

  // What the address says, else the draft of the last visit.
  begin() {
    const said = location.hash.slice(1);
    this.state = read(said || draft());
    this.#keep();
  }

  // Change something. A `step` is one the back button goes back to; what is `done` rather than
  // being typed is held at once, so that a reload finds it.
  set(change, { step = false, done = false } = {}) {
    const names = Object.keys(change).filter((name) => this.state[name] !== change[name]);
    if (!names.length) return;
    if (step) this.#keep();
    this.state = { ...this.state, ...change };
    if (step) history.pushState(null, "", this.#address());
    clearTimeout(this.#settling);
    if (done) this.#keep();
    else this.#settling = setTimeout(() => this.#keep(), SETTLED);
    this.#tell(names);
  }

  #restore(state) {
    clearTimeout(this.#settling);
    this.state = state;
    store(written(state));
    this.dispatchEvent(new Event("restored"));
  }

  #address() {
    const said = written(this.state);
    return `${location.pathname}${location.search}${said && `#${said}`}`;
  }

  #keep() {
    clearTimeout(this.#settling);
    store(written(this.state));
    history.replaceState(null, "", this.#address());
  }

  #tell(names) {
    this.dispatchEvent(new CustomEvent("change", { detail: new Set(names) }));
  }
}

function draft() {
  try {
    return localStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

function store(said) {
  try {
    localStorage.setItem(DRAFT, said);
  } catch {
    // A browser that keeps nothing, or has no room: the address still holds it.
  }
}
