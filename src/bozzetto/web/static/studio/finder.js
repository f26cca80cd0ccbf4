// Hits while one types: the request before is taken back, and no late answer is shown.

import { Problem, call } from "../shell/api.js";

const QUIET = 60; // milliseconds without a key
const SLOW = 500; // until it is said that an answer takes its time: the first one loads models
const FIRST = 1_000; // until the server is asked again after it did not answer
const LONGEST = 8_000;

export class Finder extends EventTarget {
  #timer = 0;
  #flight = null;
  #shown = null;
  #delay = FIRST;

  // Search for what `body` says, soon; null shows nothing.
  ask(body, wait = QUIET) {
    clearTimeout(this.#timer);
    const key = JSON.stringify(body);
    if (!body) {
      this.#flight?.abort();
      this.#flight = null;
      this.#shown = key;
      this.#tell("found", null);
    } else if (key !== this.#shown) {
      this.#timer = setTimeout(() => this.#send(body, key), wait);
    }
  }

  async #send(body, key) {
    this.#flight?.abort();
    const flight = this.#flight = new AbortController();
    const slow = setTimeout(() => this.#tell("waiting"), SLOW);
    try {
      const found = await call("POST", "/api/v1/search", body, undefined, flight.signal);
      if (flight !== this.#flight) return;
      [this.#shown, this.#delay] = [key, FIRST];
      this.#tell("found", found);
    } catch (problem) {
      if (flight !== this.#flight || flight.signal.aborted) return;
      if (!(problem instanceof Problem)) throw problem;
      this.#shown = null;
      this.#tell("trouble", problem);
      if (!problem.passes || problem.status === 401) return;
      this.#timer = setTimeout(() => this.#send(body, key), this.#delay);
      this.#delay = Math.min(2 * this.#delay, LONGEST);
    } finally {
      clearTimeout(slow);
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
