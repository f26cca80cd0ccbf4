// The candidates side by side: written, heard while they come, changed, and the way back. A slot
// holds the states of one of them; each state is a kept candidate, and none is ever written over.
// It tells "slots" (others stand there now), "slot" (one changed), "follows" (one is
// another now), "running", "trouble", "nothing" (came of a run), "said".

import { Problem, call } from "../shell/api.js";
import { listen } from "../shell/stream.js";

const MOST_BEFORE = 30; // states of a candidate that are looked up

const RUN = "bozzetto.run";

const path = (id) => `/api/v1/candidates/${encodeURIComponent(id)}`;
const optimize = (id, verb) => `/api/v1/optimize/${encodeURIComponent(id)}/${verb}`;

export class Writer extends EventTarget {
  #run = null;
  #done = [];
  #undone = [];
  slots = [];
  hits = new Map(); // what a phrase may come from, by id

  get running() {
    return Boolean(this.#run);
  }

  get current() {
    return this.slots.map((slot) => slot.states[slot.at]?.id).filter(Boolean);
  }

  // Write candidates in place of those that stand there.
  optimize(body) {
    this.leave();
    const run = { abort: new AbortController(), place: null };
    const kept = (place) => remember({ place, n: body.n });
    return this.#write(run, body.n, this.#heard("/api/v1/optimize", body, run, kept));
  }

  // Hear on what was being written here before a reload; false where nothing was.
  rejoin() {
    const { place, n } = remembered() ?? {};
    if (!place) return false;
    const run = { abort: new AbortController(), place };
    this.#write(run, n, listen("GET", place, undefined, { signal: run.abort.signal }));
    return true;
  }

  async #write(run, n, events) {
    this.#replace(Array.from({ length: n }, (_, index) => slotOf(index, "waiting")));
    this.#run = run;
    this.#tell("running");
    try {
      for await (const event of events) this.#hear(event, this.slots);
    } catch (problem) {
      this.#failed(problem, run);
    }
    if (this.#run !== run) return;
    this.#run = null;
    remember(null);
    const begun = this.slots.length;
    this.#replace(this.slots.filter((slot) => slot.states.length));
    this.#tell("running");
    if (begun && !this.slots.length) this.#tell("nothing", { stopped: !run.failed });
  }

  refine(slot, prefer) {
    return this.#change(slot, optimize(this.#id(slot), "refine"), { prefer });
  }

  regenerate(slot) {
    return this.#change(slot, optimize(this.#id(slot), "regenerate"), {});
  }

  // Another text for a candidate; what stands still keeps its origin.
  async revise(slot, prompt, negative) {
    if (slot.revising) return false; // the second press of a key that was still at work
    const body = negative === undefined ? { prompt } : { prompt, negative };
    slot.revising = true;
    try {
      this.#push(slot, await call("POST", `${path(this.#id(slot))}/revise`, body));
      return true;
    } catch (problem) {
      this.#slotFailed(slot, problem);
      return false;
    } finally {
      slot.revising = false;
    }
  }

  stop(slot = null) {
    const run = slot?.run ?? this.#run;
    if (!run?.place) return run?.abort.abort();
    const body = slot && !slot.run ? { index: slot.index } : undefined;
    return call("POST", run.place.replace(/\/events$/, "/stop"), body ?? {}).catch(() => run.abort.abort());
  }

  // The page goes: a change nobody will hear of is stopped; the server waits a while with the rest.
  pause() {
    for (const { run } of this.slots) if (run) this.stop({ run });
  }

  // Nobody waits any longer for what is being written.
  leave() {
    remember(null);
    for (const run of [this.#run, ...this.slots.map((slot) => slot.run)].filter(Boolean)) {
      if (run.place) call("POST", run.place.replace(/\/events$/, "/stop"), {}).catch(() => {});
      run.abort.abort();
    }
    this.#run = null;
  }

  // Show kept candidates, as a link names them, each with what it was before.
  async open(ids) {
    this.leave();
    const known = new Map(this.slots.map((slot) => [slot.states[slot.at]?.id, slot]));
    const slots = ids.map((id, index) => known.get(id) ?? slotOf(index, "opening"));
    this.#replace(slots);
    await Promise.all(slots.map((slot, place) => (slot.states.length ? null : this.#open(slot, ids[place]))));
    if (this.slots === slots) this.#tell("slots");
  }

  async #open(slot, id) {
    const before = [];
    try {
      let one = await call("GET", path(id));
      Object.assign(slot, { states: [one], at: 0, status: "done" });
      this.#tell("slot", slot);
      while (one.parent && before.length < MOST_BEFORE) before.unshift(one = await call("GET", path(one.parent)));
    } catch (problem) {
      if (!slot.states.length) this.#slotFailed(slot, problem);
      else if (!(problem instanceof Problem)) throw problem; // else only what it was before is gone
    }
    slot.states = [...before, ...slot.states];
    slot.at += slot.states.length ? before.length : 0;
    this.#tell("slot", slot);
  }

  // The way back, over all candidates; `step` -1 or 1 of one of them alone.
  move(slot, step) {
    const at = slot.at + step;
    if (at < 0 || at >= slot.states.length) return;
    slot.at = at;
    this.#tell("slot", slot);
  }

  undo() {
    return this.#back(this.#done, this.#undone, -1);
  }

  redo() {
    return this.#back(this.#undone, this.#done, 1);
  }

  #back(from, to, step) {
    const slot = from.pop() ?? (step < 0 ? this.slots.findLast((one) => one.at > 0) : null);
    if (!slot) return null;
    to.push(slot);
    this.move(slot, step);
    return slot;
  }

  async #change(slot, where, body) {
    if (slot.run) return;
    const run = slot.run = { abort: new AbortController(), place: null };
    [slot.status, slot.text, slot.problem] = ["waiting", "", null];
    this.#tell("slot", slot);
    let made = null;
    try {
      for await (const event of this.#heard(where, body, run)) {
        if (event.name === "done") made = event.data.candidate;
        else this.#hear(event, { [event.data.index]: slot });
      }
    } catch (problem) {
      this.#slotFailed(slot, problem);
    }
    slot.run = null;
    slot.status = "done";
    if (made) this.#push(slot, made);
    else this.#tell("slot", slot);
  }

  #heard(where, body, run, kept = () => {}) {
    const onplace = (place) => { run.place = place; kept(place); };
    return listen("POST", where, body, { signal: run.abort.signal, onplace });
  }

  #hear({ name, data }, slots) {
    if (name === "result") {
      this.#learn(data.hits);
      this.#tell("said", data);
    } else if (name === "error") throw new Problem({ status: 500, ...data });
    const slot = slots[data.index];
    if (!slot) return;
    const heard = {
      started: () => Object.assign(slot, { status: "writing", text: "", attempt: data.attempt }),
      delta: () => Object.assign(slot, { status: "writing", text: (slot.text ?? "").slice(0, data.at) + data.text }),
      failed: () => Object.assign(slot, { note: data.reason, text: "" }),
      stopped: () => Object.assign(slot, { status: "stopped", text: "" }),
      done: () => Object.assign(slot, { status: "done", text: "", states: [data.candidate], at: 0 }),
    }[name];
    heard?.();
    if (heard) this.#tell("slot", slot);
  }

  #learn(hits = []) {
    for (const hit of hits) this.hits.set(hit.id, hit.prompt);
  }

  // Why a candidate reads so: what became of the idea's words, and the prompts that gave some.
  async explain(id) {
    const found = await call("GET", `${path(id)}/explain`);
    this.#learn(found.hits);
    return found;
  }

  #push(slot, candidate) {
    this.#tell("follows", { before: this.#id(slot), now: candidate.id });
    slot.states = [...slot.states.slice(0, slot.at + 1), candidate];
    slot.at = slot.states.length - 1;
    slot.problem = null;
    this.#done.push(slot);
    this.#undone = [];
    this.#tell("slot", slot);
  }

  #failed(problem, run) {
    if (!(problem instanceof Problem)) throw problem;
    run.failed = true;
    if (this.#run === run) this.#tell("trouble", problem);
  }

  #slotFailed(slot, problem) {
    if (!(problem instanceof Problem)) throw problem;
    slot.problem = problem;
    if (slot.status === "opening") slot.status = "failed";
    this.#tell("slot", slot);
  }

  #replace(slots) {
    this.slots = slots;
    this.#done = this.#done.filter((one) => slots.includes(one));
    this.#undone = [];
    this.#tell("slots");
  }

  #id(slot) {
    return slot.states[slot.at].id;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// What is being written in this window, as {place, n}; null for nothing.
function remember(run) {
  try {
    if (run) sessionStorage.setItem(RUN, JSON.stringify(run));
    else sessionStorage.removeItem(RUN);
  } catch {
    // A browser that keeps nothing does not find it again after a reload.
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(RUN));
  } catch {
    return null;
  }
}

let count = 0;

function slotOf(index, status) {
  return { key: ++count, index, status, states: [], at: 0, text: "", note: "", problem: null, run: null, revising: false };
}
