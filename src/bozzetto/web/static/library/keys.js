// The keys of the library.

export const KEYS = [
  { act: "search", keys: ["/"], shown: "/", group: "find" },
  { act: "next", keys: ["ArrowDown", "j"], shown: "↓ J", group: "find" },
  { act: "previous", keys: ["ArrowUp", "k"], shown: "↑ K", group: "find" },
  { act: "open", keys: ["Enter"], shown: "Enter", group: "find" },
  { act: "back", keys: ["Escape"], shown: "Esc", group: "find" },
  { act: "copy", keys: ["c"], shown: "C", group: "prompt" },
  { act: "pick", keys: ["p"], shown: "P", group: "prompt" },
  { act: "rate", keys: ["1", "2", "3", "4", "5"], shown: "1 – 5", group: "prompt", edits: true },
  { act: "unrate", keys: ["0"], shown: "0", group: "prompt", edits: true },
  { act: "edit", keys: ["e"], shown: "E", group: "prompt", edits: true },
  { act: "remove", keys: ["Delete"], shown: "Del", group: "prompt", edits: true },
  { act: "bring", keys: ["i"], shown: "I", group: "other", edits: true },
  { act: "help", keys: ["?"], shown: "?", group: "other" },
];
