// What the page is about, as plain values, and how an address holds it. Everything a link has to
// bring along stands in this table; what has its default value stays out of the address.

const TEXT = { read: (said) => said[0], write: (value) => [value] };
const NUMBER = {
  read: (said) => (Number.isFinite(Number(said[0])) && said[0] !== "" ? Number(said[0]) : undefined),
  write: (value) => [String(value)],
};
const FLAG = { read: (said) => said[0] === "1", write: (value) => [value ? "1" : "0"] };
const LIST = { read: (said) => said.filter(Boolean), write: (value) => value };

const text = (start = "") => ({ ...TEXT, start });
const number = (start = null) => ({ ...NUMBER, start });
const list = () => ({ ...LIST, start: [] });

export const FILTERS = {
  tag: list(), use: list(), source: list(), model_family: list(), min_rating: number(),
  max_nsfw: number(), has_image: { ...FLAG, start: null }, since: text(),
};

export const WISHES = ["mood", "medium", "light", "palette", "camera", "avoid", "keep"];

const FIELDS = {
  idea: text(), prefer: text(), aspect: text(), strength: text("enrich"), template: text(),
  profile: text(), chat: text(), n: number(4), seed: number(0),
  ...Object.fromEntries(WISHES.map((name) => [name, text()])), ...FILTERS,
  like: list(), unlike: list(), pick: list(), candidate: list(), out: list(),
  images: text("sketch:"), seeds: number(2), size: text(), job: text(), campaign: text(),
  drawn: list(), each: number(), // what the job draws: its candidates, and how many of each
};

const SHORT = { idea: "q" };

export function fresh() {
  return Object.fromEntries(Object.entries(FIELDS).map(([name, { start }]) => [name, Array.isArray(start) ? [] : start]));
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export function written(state) {
  const said = new URLSearchParams();
  for (const [name, field] of Object.entries(FIELDS)) {
    if (same(state[name], field.start)) continue;
    for (const value of field.write(state[name])) said.append(SHORT[name] ?? name, value);
  }
  return said.toString();
}

// A state out of an address or a draft; what nobody knows is left.
export function read(fragment) {
  const said = new URLSearchParams(fragment);
  const state = fresh();
  for (const [name, field] of Object.entries(FIELDS)) {
    const found = said.getAll(SHORT[name] ?? name);
    if (found.length) state[name] = field.read(found) ?? field.start;
  }
  return state;
}

export const split = (words) => words.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean);

const given = (pairs) => Object.fromEntries(pairs.filter(([, value]) =>
  value !== null && value !== "" && !(Array.isArray(value) && !value.length)));

export const filtersOf = (state) => given(Object.keys(FILTERS).map((name) => [name, state[name]]));

export function searchOf(state, k) {
  const idea = state.idea.trim();
  return { ...given([["idea", idea], ["like", state.like], ["unlike", state.unlike]]), ...filtersOf(state),
    k, explain: true, facets: true };
}

export function optimizeOf(state) {
  const { n, seed, strength, pick } = state;
  const wishes = WISHES.map((name) => [name, split(state[name])]);
  const texts = ["prefer", "aspect", "template", "profile", "chat"].map((name) => [name, state[name].trim()]);
  return { idea: state.idea.trim(), n, seed, strength, ...given([["pick", pick], ...wishes, ...texts]),
    ...filtersOf(state) };
}
