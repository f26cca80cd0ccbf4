// <prompt-editor>: a candidate's text as its user changes it, or a wish how it should change.

import { call } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { meterOf } from "./meter.js";

const QUIET = 200; // milliseconds without a key until tokens are counted

const place = (id) => `bozzetto.studio-edit:${id}`;

// What was being typed of a candidate in this window, as {kind, prompt, negative}; null for nothing.
export function unsaved(id) {
  try {
    return JSON.parse(sessionStorage.getItem(place(id)));
  } catch {
    return null;
  }
}

function keep(id, typed) {
  try {
    if (typed) sessionStorage.setItem(place(id), JSON.stringify(typed));
    else sessionStorage.removeItem(place(id));
  } catch {
    // A browser that keeps nothing loses it on reload.
  }
}

export class PromptEditor extends HTMLElement {
  #timer = 0;
  #flight = null;

  start(kind, candidate, limits) {
    Object.assign(this, { kind, candidate });
    const name = (part) => `${part}-${candidate.id}`;
    const area = (part, value, rows) => {
      const box = el("textarea", { id: name(part), rows, maxlength: 20_000, dir: "auto", spellcheck: "false" });
      box.value = value;
      return box;
    };
    this.prompt = kind === "edit" ? area("prompt", candidate.prompt, 5)
      : el("input", { id: name("prompt"), type: "text", maxlength: 2000, dir: "auto", autocomplete: "off" });
    this.negative = kind === "edit" && candidate.negative !== null ? area("negative", candidate.negative, 2) : null;
    this.meter = el("div", { class: "meter" }, kind === "edit" ? meterOf(candidate.tokens, limits) : "");
    this.append(el("form", {},
      el("label", { for: name("prompt") }, t(kind === "edit" ? "edit_prompt" : "refine_wish")), this.prompt,
      ...(this.negative ? [el("label", { for: name("negative") }, t("negative")), this.negative] : []),
      el("div", { class: "row" }, this.meter,
        el("button", { type: "button", onclick: () => this.#tell("leave") }, t("cancel")),
        el("button", { type: "submit", class: "main" }, t(kind === "edit" ? "save" : "change")))));
    this.#recall();
    this.addEventListener("input", () => keep(candidate.id, { kind,
      prompt: this.prompt.value, negative: this.negative?.value }));
    this.addEventListener("submit", (event) => this.#save(event));
    this.addEventListener("keydown", (event) => this.#pressed(event));
    if (kind === "edit") this.prompt.addEventListener("input", () => this.#count());
  }

  #recall() {
    const typed = unsaved(this.candidate.id);
    if (typed?.kind !== this.kind) return;
    this.prompt.value = typed.prompt;
    if (this.negative) this.negative.value = typed.negative ?? "";
    if (this.kind === "edit") this.#count();
  }

  // What was typed is saved, or given up.
  forget() {
    keep(this.candidate.id, null);
  }

  enter() {
    this.prompt.focus();
    this.prompt.setSelectionRange(this.prompt.value.length, this.prompt.value.length);
  }

  #pressed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#tell("leave");
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.querySelector("form").requestSubmit();
    }
  }

  #save(event) {
    event.preventDefault();
    const prompt = this.prompt.value.trim();
    const negative = this.negative?.value.trim();
    const kept = this.negative && negative === this.candidate.negative ? undefined : negative;
    if (!prompt || prompt === this.candidate.prompt && kept === undefined) this.#tell("leave");
    else this.#tell("save", { prompt, negative: kept });
  }

  #count() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      this.#flight?.abort();
      const flight = this.#flight = new AbortController();
      const body = { prompt: this.prompt.value, profile: this.candidate.profile };
      const found = await call("POST", "/api/v1/tokens", body, undefined, flight.signal).catch(() => null);
      if (found && flight === this.#flight) this.meter.replaceChildren(meterOf(found.tokens, found.limits));
    }, QUIET);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("prompt-editor", PromptEditor);
