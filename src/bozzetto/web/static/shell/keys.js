// The keys of a page, from a table of {act, keys, shown, group}; the help is made from the same.

const DIGIT = /^(?:Digit|Numpad)([0-5])$/;

// Whether a press belongs to what has the focus, not to the page.
function taken(event) {
  const target = event.composedPath()[0];
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return true;
  if (target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select")) return true;
  return Boolean(target.closest?.("button, a, summary, label")) && [" ", "Enter"].includes(event.key);
}

// Letters of other alphabets count by where they are on the keyboard, digits too: some keyboards
// have them behind Shift.
function asked(event, byKey) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const digit = DIGIT.exec(event.code);
  if (digit && event.key.length === 1 && !byKey.has(event.key)) {
    return { act: byKey.get(digit[1]), digit: Number(digit[1]) };
  }
  const name = event.key.length > 1 || /^[ -~]$/.test(event.key)
    ? event.key : event.code.replace(/^Key/, "");
  const act = byKey.get(name) ?? byKey.get(name.toLowerCase());
  const number = Number(name);
  return act ? { act, digit: Number.isInteger(number) ? number : null } : null;
}

// Do what keys ask for; an act that answers false leaves the key to the browser.
export function onKeys(table, acts) {
  const byKey = new Map(table.flatMap(({ act, keys }) => keys.map((key) => [key, act])));
  document.addEventListener("keydown", (event) => {
    const found = taken(event) ? null : asked(event, byKey);
    if (!found || !acts[found.act]) return;
    if (acts[found.act](found.digit) !== false) event.preventDefault();
  });
}
