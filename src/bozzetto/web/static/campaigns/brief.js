// A brief as fields say it, as an object and as the TOML that the command line reads.

const lines = (text) => text.split("\n").map((one) => one.trim()).filter(Boolean);
const words = (text) => text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);
const count = (text) => (text === "" ? undefined : Number(text));
const some = (text) => text.trim() || undefined;

// How each field is read; what gives undefined is left to its default.
const READ = {
  name: some,
  ideas: lines,
  audience: some,
  must: words,
  never: words,
  sizes: (chosen) => chosen,
  n: count, seeds: count, seed: count, steps: count, guidance: count,
  profile: some, chat: some, images: some,
  compare: (yes) => yes || undefined,
};

export const NAMES = Object.keys(READ);

export function briefOf(values) {
  const found = Object.entries(READ).map(([name, read]) => [name, read(values[name] ?? "")]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && !(Array.isArray(value) && !value.length)));
}

// TOML takes strings as JSON writes them, but for what JSON leaves as it is.
const quoted = (text) => JSON.stringify(text).replace(/\u007f/g, "\\u007f");
const written = (value) => (Array.isArray(value)
  ? `[${value.map(quoted).join(", ")}]` : typeof value === "string" ? quoted(value) : String(value));

export function tomlOf(brief) {
  return Object.entries(brief).map(([name, value]) => `${name} = ${written(value)}\n`).join("");
}

// A brief as it is kept leaves out what it does not say.
export const whole = (brief) => ({ ideas: [], must: [], never: [], sizes: [], n: 4, seeds: 1, ...brief });

// How many pictures the whole of a brief is, as the server counts them.
export function asked(brief) {
  const each = (brief.n + (brief.compare ? 2 : 0)) * brief.seeds * Math.max(1, brief.sizes.length);
  return brief.ideas.length * each;
}
