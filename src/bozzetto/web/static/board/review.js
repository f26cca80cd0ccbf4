// A review as it stands, without anything of how it looks: pictures, what was said of them, which
// one is looked at, which are shown, and the way back. It tells "item", "current", "shown",
// "counts" and "nothing" (there was nothing to take back).

export const FILTERS = {
  all: () => true,
  undecided: (item) => item.keep === null,
  kept: (item) => item.keep === true,
  rejected: (item) => item.keep === false,
};

const said = ({ keep = null, rating = null, note = "" } = {}) => ({ keep, rating, note });

export class Review extends EventTarget {
  #past = [];
  at = 0;
  filter = "all";
  held = null; // the picture others are compared with
  advance = true;

  constructor(board, outbox) {
    super();
    this.outbox = outbox;
    this.items = board.items.map(({ image, own, standing }, place) => (
      { id: image.id, place, image, standing: standing ?? null, ...said(own ?? {}) }
    ));
    this.byId = new Map(this.items.map((item) => [item.id, item]));
    for (const entry of outbox.waiting) {
      const item = this.byId.get(entry.image);
      if (item) Object.assign(item, entry.change ?? entry.back);
    }
    outbox.addEventListener("saved", ({ detail }) => this.#saved(detail));
  }

  get current() {
    return this.items[this.at];
  }

  get shown() {
    return this.items.filter(FILTERS[this.filter]);
  }

  get counts() {
    const kept = this.items.filter(FILTERS.kept).length;
    const rejected = this.items.filter(FILTERS.rejected).length;
    const total = this.items.length;
    return { total, kept, rejected, undecided: total - kept - rejected };
  }

  // Say something of pictures, all of it one step back for undo.
  judge(...pairs) {
    const step = [];
    for (const [item, change] of pairs) {
      const before = said(item);
      if (Object.entries(change).every(([key, value]) => before[key] === value)) continue;
      Object.assign(item, change);
      this.#tell("item", item);
      const entry = this.outbox.add({ kind: "judge", image: item.id, change });
      step.push({ entry, item, before });
    }
    if (step.length) this.#past.push(step);
    this.#tell("counts");
  }

  // Take back the last step; of an earlier visit only the server knows it.
  undo() {
    const step = this.#past.pop();
    if (!step) {
      this.outbox.add({ kind: "undo" });
      return null;
    }
    for (const { entry, item, before } of step.reverse()) {
      Object.assign(item, before);
      this.outbox.add({ kind: "undo", of: entry, image: item.id, back: before });
      this.#tell("item", item);
    }
    this.#tell("counts");
    this.choose(step.at(-1).item);
    return step.at(-1).item;
  }

  choose(item) {
    this.at = item.place;
    this.#tell("current", item);
  }

  // Go on by so many of those shown; false at the end.
  move(step, { skip = null } = {}) {
    const there = this.shown.filter((item) => item !== skip);
    const ahead = there.filter((item) => (step > 0 ? item.place > this.at : item.place < this.at));
    if (step < 0) ahead.reverse();
    const found = ahead[Math.min(Math.abs(step), ahead.length) - 1];
    if (found) this.choose(found);
    else if (!there.includes(this.current) && there.length) this.choose(there.at(-1));
    return Boolean(found);
  }

  hold(item) {
    const before = this.held;
    this.held = item;
    for (const one of [before, item]) if (one) this.#tell("item", one);
  }

  show(filter) {
    this.filter = filter;
    this.#tell("shown");
    if (!FILTERS[filter](this.current)) this.move(1);
  }

  // What the server has; what still waits to be saved goes before it.
  renew(board) {
    for (const { image, own } of board.items) {
      const item = this.byId.get(image.id);
      if (item && !this.outbox.has(item.id)) this.#put(item, own ?? {});
    }
    this.#tell("counts");
  }

  #saved({ entry, answer }) {
    const { verdict } = answer;
    const item = this.byId.get(verdict?.image);
    if (entry.kind === "undo") {
      if (entry.image && verdict?.image !== entry.image) this.#tell("stale"); // another window's
      if (!entry.image && !verdict) this.#tell("nothing");
    }
    if (!item || this.outbox.has(item.id)) return;
    this.#put(item, verdict);
    this.#tell("counts");
    if (entry.kind === "undo" && !entry.image) this.choose(item);
  }

  #put(item, verdict) {
    const before = said(item);
    Object.assign(item, said(verdict));
    if (Object.keys(before).some((key) => before[key] !== item[key])) this.#tell("item", item);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
