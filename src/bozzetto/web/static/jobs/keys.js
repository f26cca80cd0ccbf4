// The keys of the page of pictures.

export const KEYS = [
  { act: "next", keys: ["ArrowDown", "j"], shown: "↓ J", group: "move" },
  { act: "previous", keys: ["ArrowUp", "k"], shown: "↑ K", group: "move" },
  { act: "back", keys: ["Escape"], shown: "Esc", group: "move" },
  { act: "help", keys: ["?"], shown: "?", group: "move" },
];
