// The keys of the board: those that photo tools have. The help is made from this table;
// what `edits` is not for viewers.

export const KEYS = [
  { act: "next", keys: ["ArrowRight", "l"], shown: "→ L", group: "move" },
  { act: "previous", keys: ["ArrowLeft", "h"], shown: "← H", group: "move" },
  { act: "down", keys: ["ArrowDown", "j"], shown: "↓ J", group: "move" },
  { act: "up", keys: ["ArrowUp", "k"], shown: "↑ K", group: "move" },
  { act: "first", keys: ["Home"], shown: "Home", group: "move" },
  { act: "last", keys: ["End"], shown: "End", group: "move" },
  { act: "large", keys: ["Enter", " "], shown: "Enter", group: "move" },
  { act: "back", keys: ["Escape"], shown: "Esc", group: "move" },
  { act: "keep", keys: ["p"], shown: "P", group: "judge", edits: true },
  { act: "reject", keys: ["x", "Delete"], shown: "X", group: "judge", edits: true },
  { act: "unset", keys: ["u"], shown: "U", group: "judge", edits: true },
  { act: "rate", keys: ["1", "2", "3", "4", "5"], shown: "1 – 5", group: "judge", edits: true },
  { act: "unrate", keys: ["0"], shown: "0", group: "judge", edits: true },
  { act: "note", keys: ["n"], shown: "N", group: "judge", edits: true },
  { act: "undo", keys: ["z"], shown: "Z", group: "judge", edits: true },
  { act: "hold", keys: ["m"], shown: "M", group: "compare" },
  { act: "compare", keys: ["c"], shown: "C", group: "compare" },
  { act: "first_of_two", keys: [], shown: "1", group: "compare", edits: true },
  { act: "second_of_two", keys: [], shown: "2", group: "compare", edits: true },
  { act: "swap", keys: ["s"], shown: "S", group: "compare" },
  { act: "filter", keys: ["f"], shown: "F", group: "look" },
  { act: "advance", keys: ["a"], shown: "A", group: "look", edits: true },
  { act: "stay", keys: [], shown: "⇧", group: "look", edits: true },
  { act: "help", keys: ["?"], shown: "?", group: "look" },
];

const BY_KEY = new Map(KEYS.flatMap(({ act, keys }) => keys.map((key) => [key, act])));

// What a key press asks for, as {act, digit}, or null. Letters of other alphabets count by where
// they are on the keyboard, digits too: some keyboards have them behind Shift.
export function asked(event) {
  if (event.altKey || (event.ctrlKey || event.metaKey) && event.key.toLowerCase() !== "z") return null;
  const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code);
  if (digit && event.key.length === 1) return { act: BY_KEY.get(digit[1]), digit: Number(digit[1]) };
  const name = event.key.length > 1 || /^[ -~]$/.test(event.key)
    ? event.key : event.code.replace(/^Key/, "");
  const act = BY_KEY.get(name) ?? BY_KEY.get(name.toLowerCase());
  return act ? { act, digit: null } : null;
}

// Whether a press belongs to what has the focus, not to the board.
export function taken(event) {
  const target = event.composedPath()[0];
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest?.("input, textarea, select")) return true;
  return Boolean(target.closest?.("button, a")) && (event.key === "Enter" || event.key === " ");
}
