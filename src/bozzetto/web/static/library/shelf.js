// What is looked at: words and filters, as they stand in the address, and the prompts they give,
// page by page. It knows nothing of how that looks.

import { call } from "../shell/api.js";

const PAGE = 60;
const MOST = 960; // hits of one search

export const LISTS = ["tag", "source", "use", "model_family"];
export const FILTERS = [...LISTS, "min_rating", "has_image", "since"];

export function readAddress() {
  const asked = new URLSearchParams(location.search);
  const read = (name) => (LISTS.includes(name) ? asked.getAll(name) : asked.get(name) ?? "");
  return {
    words: asked.get("q") ?? "",
    id: asked.get("id"),
    filters: Object.fromEntries(FILTERS.map((name) => [name, read(name)])),
  };
}

export function addressOf({ words, id, filters }) {
  const query = queryOf(filters);
  if (words) query.set("q", words);
  if (id) query.set("id", id);
  return query.size ? `/library?${query}` : "/library";
}

export function queryOf(filters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    for (const one of [value].flat()) if (one) query.append(name, one);
  }
  return query;
}

export const filtered = (filters) => queryOf(filters).size;

function bodyOf(filters) {
  const body = Object.fromEntries(LISTS.map((name) => [name, filters[name]]));
  if (filters.min_rating) body.min_rating = Number(filters.min_rating);
  if (filters.has_image) body.has_image = filters.has_image === "true";
  if (filters.since) body.since = filters.since;
  return body;
}

// Pages of what is asked for: each is {prompts, total, notes}; total is null where nobody counts.
export class Pages {
  #next = 0;
  #known = new Set();
  #abort = new AbortController();
  over = false;

  constructor({ words, filters }) {
    this.words = words.trim();
    this.filters = filters;
  }

  stop() {
    this.#abort.abort();
    this.over = true;
  }

  async more() {
    return this.words ? this.#search() : this.#list();
  }

  async #list() {
    const query = queryOf(this.filters);
    query.set("limit", PAGE);
    query.set("after", this.#next);
    const found = await call("GET", `/api/v1/library?${query}`, undefined, undefined, this.#abort.signal);
    this.#next = found.next;
    this.over = found.next === null;
    return { prompts: this.#fresh(found.prompts), total: found.total, notes: [] };
  }

  // A search has no second page: it is asked for more, and what was there is left out.
  async #search() {
    const k = Math.min(MOST, this.#next ? this.#next * 4 : PAGE);
    this.#next = k;
    const body = { idea: this.words, k, ...bodyOf(this.filters) };
    const found = await call("POST", "/api/v1/search", body, undefined, this.#abort.signal);
    this.over = found.hits.length < k || k === MOST;
    return { prompts: this.#fresh(found.hits), total: null, notes: found.notes, hidden: found.hidden };
  }

  #fresh(prompts) {
    const found = prompts.filter((one) => !this.#known.has(one.id));
    for (const one of found) this.#known.add(one.id);
    return found;
  }
}
