// <pick-tray>: the prompts that were picked, in order.

import { call } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

export class PickTray extends HTMLElement {
  #known = new Map();
  #asked = new Set();

  start(studio, run) {
    this.studio = studio;
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", t("picked"));
    this.list = el("ol", {});
    this.append(el("p", { class: "quiet" }, t("picked")), this.list,
      el("button", { type: "button", class: "main", onclick: run }, t("write")));
    this.list.addEventListener("click", (event) => this.#leave(event.target.closest("[data-id]")));
    this.paint();
  }

  learn(hits) {
    for (const hit of hits) this.#known.set(hit.id, hit.prompt);
  }

  paint() {
    const { pick } = this.studio.state;
    this.hidden = !pick.length;
    const at = [...this.list.children].findIndex((one) => one.contains(document.activeElement));
    this.list.replaceChildren(...pick.map((id) => this.#chip(id)));
    if (at >= 0) (this.list.children[Math.min(at, pick.length - 1)]?.firstChild ?? document.querySelector("#idea")).focus();
    for (const id of pick) if (!this.#known.has(id)) this.#ask(id);
  }

  #chip(id) {
    const words = visible(this.#known.get(id) ?? id);
    return el("li", {}, el("button", { type: "button", "data-id": id, title: words,
      "aria-label": t("leave_out", { prompt: words }) },
    el("span", { dir: "auto" }, words), el("span", { "aria-hidden": "true" }, "✕")));
  }

  #leave(button) {
    if (!button) return;
    this.studio.set({ pick: this.studio.state.pick.filter((id) => id !== button.dataset.id) });
  }

  // What a link names, and no hit has shown yet; one that is gone is taken out.
  async #ask(id) {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    try {
      this.#known.set(id, (await call("GET", `/api/v1/library/${encodeURIComponent(id)}`)).prompt);
      this.paint();
    } catch (problem) {
      if (problem.status === 404) this.studio.set({ pick: this.studio.state.pick.filter((one) => one !== id) });
      else this.#asked.delete(id);
    }
  }
}

customElements.define("pick-tray", PickTray);
