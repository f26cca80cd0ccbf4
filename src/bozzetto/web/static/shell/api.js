// Calls to the server this page came from.

const PATIENCE = 30_000; // milliseconds
const ENTRANCE = "/api/v1/session";

export class Problem extends Error {
  constructor({ status, code, detail, hint }) {
    super(detail ?? code);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }

  ended = false; // whether the page was let in before, and is no more

  // Whether the same call may go well later: nobody answers, too much at once, a full disk.
  get passes() {
    return this.status === 0 || this.status === 401 || this.status === 408
      || this.status === 429 || this.status >= 500;
  }
}

// What asks a person to log in again: whether they did.
let enterAgain = async () => false;
export function onEnded(act) {
  enterAgain = act;
}

// What was answered instead of what was asked for: null where the same can be asked again, since
// the session had ended and another has begun.
export async function refusal(path, shape, status) {
  const problem = new Problem({ ...shape, status });
  if (status !== 401 || path.startsWith(ENTRANCE)) return problem;
  problem.ended = true;
  return problem.code === "login" && await enterAgain() ? null : problem;
}

// `signal` takes the call back: it then throws what the signal was aborted with.
export async function call(method, path, body, key, signal) {
  const headers = {};
  const late = AbortSignal.timeout(PATIENCE);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer, shape;
  try {
    answer = await fetch(path, {
      method, headers, body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    shape = answer.status === 204 ? null : await answer.json();
  } catch {
    signal?.throwIfAborted();
    throw new Problem({ status: answer && !answer.ok ? answer.status : 0, code: "unreachable" });
  }
  if (answer.ok) return shape;
  const problem = await refusal(path, shape, answer.status);
  if (problem) throw problem;
  return call(method, path, body, key, signal);
}

// A key for a request that may be sent twice and is to be done once. Browsers make UUIDs only on
// this machine or behind https.
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

export const pictureOf = (id) => `/api/v1/images/${encodeURIComponent(id)}/file`;
export const thumbnailOf = (id) => `/api/v1/images/${encodeURIComponent(id)}/thumbnail`;
export const campaignPath = (name) => `/api/v1/campaigns/${encodeURIComponent(name)}`;

// The token of the printed address for a cookie; it leaves the address bar at once.
export async function enter() {
  const said = new URLSearchParams(location.hash.slice(1));
  const token = said.get("token");
  if (!token) return;
  said.delete("token");
  const rest = said.size ? `#${said}` : "";
  history.replaceState(null, "", location.pathname + location.search + rest);
  await call("POST", "/api/v1/session", { token });
}
