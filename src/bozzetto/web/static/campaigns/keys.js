// The keys of the page of campaigns.

export const KEYS = [
  { act: "new", keys: ["n"], shown: "N", group: "campaigns", edits: true },
  { act: "next", keys: ["ArrowDown", "j"], shown: "↓ J", group: "campaigns" },
  { act: "previous", keys: ["ArrowUp", "k"], shown: "↑ K", group: "campaigns" },
  { act: "help", keys: ["?"], shown: "?", group: "campaigns" },
];
