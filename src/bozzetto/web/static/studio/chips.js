// Prompts of the library as chips that can be taken out: those picked, those to be like or unlike.

import { call } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

const known = new Map();
const asked = new Set();

export function learn(hits) {
  for (const hit of hits) known.set(hit.id, hit.prompt);
}

// The chips of a list of ids in the state; `away` gets the focus when the last is taken out.
export class PromptChips extends HTMLElement {
  start(studio, name, label, away) {
    Object.assign(this, { studio, name, away });
    this.list = el("ol", { "aria-label": label });
    this.append(el("p", { class: "quiet" }, label), this.list);
    this.list.addEventListener("click", (event) => this.#leave(event.target.closest("[data-id]")));
    this.paint();
  }

  paint() {
    const ids = this.studio.state[this.name];
    this.hidden = !ids.length;
    const at = [...this.list.children].findIndex((one) => one.contains(document.activeElement));
    this.list.replaceChildren(...ids.map((id) => this.#chip(id)));
    if (at >= 0) (this.list.children[Math.min(at, ids.length - 1)]?.firstChild ?? this.away).focus();
    for (const id of ids) if (!known.has(id)) this.#ask(id);
  }

  #chip(id) {
    const words = visible(known.get(id) ?? id);
    return el("li", {}, el("button", { type: "button", "data-id": id, title: words,
      "aria-label": t("leave_out", { prompt: words }) },
    el("span", { dir: "auto" }, words), el("span", { "aria-hidden": "true" }, "✕")));
  }

  #leave(button) {
    if (button) this.#without(button.dataset.id);
  }

  #without(id) {
    this.studio.set({ [this.name]: this.studio.state[this.name].filter((one) => one !== id) });
  }

  // What a link names, and no hit has shown yet; one that is gone is taken out.
  async #ask(id) {
    if (asked.has(id)) return;
    asked.add(id);
    try {
      known.set(id, (await call("GET", `/api/v1/library/${encodeURIComponent(id)}`)).prompt);
      this.paint();
    } catch (problem) {
      asked.delete(id);
      if (problem.status === 404) this.#without(id);
    }
  }
}

customElements.define("prompt-chips", PromptChips);
