// The keys of the studio; the help is made from this table.

export const KEYS = [
  { act: "idea", shown: "/", group: "everywhere" },
  { act: "run", shown: "Ctrl Enter", group: "everywhere" },
  { act: "undo", shown: "Ctrl Z", group: "everywhere" },
  { act: "redo", shown: "Ctrl ⇧ Z", group: "everywhere" },
  { act: "help", shown: "?", group: "everywhere" },
  { act: "down", shown: "↓", group: "found" },
  { act: "pick", shown: "Space", group: "found" },
  { act: "phrase", shown: "← →", group: "phrases" },
  { act: "accept", shown: "Enter", group: "phrases" },
  { act: "drop", shown: "Delete", group: "phrases" },
  { act: "leave", shown: "Esc", group: "phrases" },
];

const typing = (target) => Boolean(target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]"));

// What a press asks of the whole page: "idea", "run", "undo", "redo", "help", or null.
export function asked(event) {
  if (document.querySelector("dialog[open]") || event.isComposing || event.altKey) return null;
  const control = event.ctrlKey || event.metaKey;
  const free = !typing(event.composedPath()[0]);
  const key = event.key.toLowerCase();
  if (control && key === "enter") return "run";
  if (control && free && key === "z") return event.shiftKey ? "redo" : "undo";
  if (control && free && key === "y") return "redo";
  if (control || !free) return null;
  return { "/": "idea", "?": "help" }[event.key] ?? null;
}
