// Hits while one types: of what was asked the newest answer stands, and no late one is shown. A
// server goes on with a search that nobody waits for, so few are under way at a time, and what
// was typed meanwhile is asked when one of them is over.

import { Problem, call } from "../shell/api.js";

const QUIET = 60; // milliseconds without a key
const AT_ONCE = 2;
const SLOW = 500; // until it is said that an answer takes its time: the first one loads models
const FIRST = 1_000; // until the server is asked again after it did not answer
const LONGEST = 8_000;

export class Finder extends EventTarget {
  #timer = 0;
  #delay = FIRST;
  #under = 0; // searches under way
  #count = 0; // searches begun
  #newest = 0; // the last of them that was answered, or needs no answer
  #asked = "null"; // what is wanted
  #next = null; // what waits for a place

  // Search for what `body` says, soon; null shows nothing.
  ask(body, wait = QUIET) {
    const key = JSON.stringify(body);
    if (key === this.#asked) return;
    this.#asked = key;
    clearTimeout(this.#timer);
    this.#next = null;
    if (body) {
      this.#timer = setTimeout(() => this.#send(body), wait);
    } else {
      this.#newest = this.#count;
      this.#tell("found", null);
    }
  }

  async #send(body) {
    if (this.#under >= AT_ONCE) {
      this.#next = body;
      return;
    }
    this.#under += 1;
    const number = this.#count += 1;
    const slow = setTimeout(() => number > this.#newest && this.#tell("waiting"), SLOW);
    try {
      const found = await call("POST", "/api/v1/search", body);
      if (number <= this.#newest) return;
      [this.#newest, this.#delay] = [number, FIRST];
      this.#tell("found", found);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (number === this.#count && number > this.#newest) this.#failed(problem, body);
    } finally {
      clearTimeout(slow);
      this.#under -= 1;
      const next = this.#next;
      this.#next = null;
      if (next) this.#send(next);
    }
  }

  #failed(problem, body) {
    this.#tell("trouble", problem);
    if (this.#next || JSON.stringify(body) !== this.#asked) return;
    this.#asked = "";
    if (!problem.passes || problem.status === 401) return;
    const again = this.#delay;
    this.#delay = Math.min(2 * this.#delay, LONGEST);
    this.ask(body, again);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
