// A word in passing, for what went well; what went wrong stands where it went wrong.

import { el } from "../shell/dom.js";

const SEEN = 2_500; // milliseconds

export function toast(text) {
  document.querySelector(".toast")?.remove();
  const said = el("p", { class: "toast", "aria-hidden": "true" }, text);
  document.body.append(said);
  setTimeout(() => said.remove(), SEEN);
}
