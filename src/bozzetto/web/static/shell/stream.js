// Server-Sent Events by fetch: they can be asked for with a body, and go on after a lost connection.

import { Problem, refusal } from "./api.js";

const SILENCE = 40_000; // milliseconds; the server says every 15 s that it is still there
const FIRST = 400; // milliseconds until the second try
const LONGEST = 5_000;
const TRIES = 12;
const ENDS = new Set(["result", "error"]);

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The events of a call, as {id, name, data}, to its end. `onplace` hears where they can be had
// again. Throws a Problem where there is no way on; ends quietly once `signal` is aborted.
export async function* listen(method, path, body, { signal, onplace } = {}) {
  let place = method === "GET" ? path : null;
  let last = 0;
  for (let tries = 0; !signal?.aborted; tries++) {
    try {
      const answer = place ? await again(place, last, signal) : await first(method, path, body, signal);
      const found = answer.headers.get("Location");
      if (found && !place) onplace?.(place = found);
      for await (const event of eventsOf(answer.body)) {
        [last, tries] = [event.id, 0];
        yield event;
        if (ENDS.has(event.name)) return;
      }
    } catch (problem) {
      if (signal?.aborted) return;
      if (problem instanceof Problem && (!problem.passes || problem.status === 401)) throw problem;
      if (!place || tries >= TRIES) throw problem instanceof Problem ? problem : lost();
    }
    await pause(Math.min(FIRST * 2 ** tries, LONGEST));
  }
}

const lost = () => new Problem({ status: 0, code: "unreachable" });

function first(method, path, body, signal) {
  return asked(path, { method, signal, body: JSON.stringify(body ?? {}) }, { "Content-Type": "application/json" });
}

function again(place, last, signal) {
  return asked(place, { signal }, last ? { "Last-Event-ID": String(last) } : {});
}

async function asked(path, options, headers) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { Accept: "text/event-stream", ...headers } });
  } catch {
    throw lost();
  }
  if (answer.ok) return answer;
  const shape = await answer.json().catch(() => ({ code: "failure" }));
  const problem = await refusal(path, shape, answer.status);
  if (problem) throw problem;
  return asked(path, options, headers);
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await timely(reader.read());
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      yield* blocks.map(eventOf).filter(Boolean);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function timely(reading) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(lost()), SILENCE); });
  return Promise.race([reading, late]).finally(() => clearTimeout(timer));
}

function eventOf(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => {
    const at = line.indexOf(": ");
    return [line.slice(0, at), line.slice(at + 2)];
  }));
  return fields.data ? { id: Number(fields.id), name: fields.event, data: JSON.parse(fields.data) } : null;
}
