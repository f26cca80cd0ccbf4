// What a reviewer said and the server has not yet acknowledged: sent one after the other, tried
// again while nobody answers, kept by the browser until then. Each entry has a place of its own
// in the browser's storage, so that two windows never write over each other, and an id, so that
// one that arrives twice is done once.

import { Problem, freshKey } from "./api.js";

const FIRST = 500; // milliseconds until the second try
const LONGEST = 8_000;

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

export class Outbox extends EventTarget {
  #place;
  #send;
  #busy = false;
  #count = 0;
  waiting = [];
  trouble = null; // why the first of them has not been saved yet
  kept = true; // whether the browser stores what waits

  constructor(place, send) {
    super();
    this.#place = place;
    this.#send = send;
    this.waiting = stored(place);
  }

  add(entry) {
    const at = `${Date.now()}`.padStart(15, "0") + `${this.#count++}`.padStart(9, "0");
    const whole = { ...entry, id: freshKey(), key: `${this.#place}${at}` };
    try {
      localStorage.setItem(whole.key, JSON.stringify(whole));
    } catch {
      this.kept = false;
    }
    this.waiting.push(whole);
    this.#tell("state");
    this.send();
    return whole.id;
  }

  has(image) {
    return this.waiting.some((entry) => entry.image === image);
  }

  async send() {
    if (this.#busy) return;
    this.#busy = true;
    let delay = FIRST;
    while (this.waiting.length) {
      const entry = this.waiting[0];
      try {
        const answer = await this.#send(entry);
        this.#forget(entry);
        this.trouble = null;
        delay = FIRST;
        this.#tell("saved", { entry, answer });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.passes) {
          this.trouble = problem;
          this.#tell("state");
          await pause(delay);
          delay = Math.min(2 * delay, LONGEST);
        } else {
          this.#forget(entry);
          this.waiting.filter((one) => one.of === entry.id).forEach((one) => this.#forget(one));
          this.#tell("refused", { entry, problem });
        }
      }
      this.#tell("state");
    }
    this.#busy = false;
  }

  #forget(entry) {
    this.waiting = this.waiting.filter((one) => one !== entry);
    try {
      localStorage.removeItem(entry.key);
    } catch {
      this.kept = false;
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function stored(place) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(place))
      .sort()
      .map((key) => JSON.parse(localStorage.getItem(key)));
  } catch {
    return [];
  }
}
