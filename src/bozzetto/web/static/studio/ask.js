// <idea-form>: the idea, what is wished for beside it, and how it is to be written.

import { call } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import "./filters.js";
import { choice, field, numeral, opener, words } from "./panels.js";
import { WISHES } from "./state.js";

const EXAMPLES = ["a", "b", "c"];
const STARTER = "starter"; // the source of the prompts that come with the program
const MOST_IDEA = 20_000;

export class IdeaForm extends HTMLElement {
  start(studio, { profiles, chats, run, stop, anew }) {
    Object.assign(this, { studio, run });
    this.idea = el("textarea", {
      id: "idea", name: "idea", rows: 1, maxlength: MOST_IDEA, dir: "auto", autocomplete: "off",
      autofocus: true, placeholder: t("idea_hint"), "aria-describedby": "idea-keys", enterkeyhint: "search",
    });
    this.idea.addEventListener("input", () => this.dispatchEvent(new CustomEvent("idea", { detail: this.idea.value })));
    this.go = el("button", { type: "submit", class: "main go" }, t("write"));
    this.halt = el("button", { type: "button", class: "go", hidden: true, onclick: stop }, t("stop"));
    this.anew = el("button", { type: "button", class: "link anew", onclick: anew }, t("anew"));
    this.filters = el("hit-filters");
    this.filters.start(studio);
    const prefer = field(studio, "prefer", words({ placeholder: t("prefer_hint") }));
    const wishes = this.#wishes();
    const settings = this.#settings(profiles, chats);
    this.panels = [[t("wishes"), wishes, [...WISHES, "aspect", "strength"]], [t("filters"), this.filters, null],
      [t("settings"), settings, ["n", "profile", "chat", "seed", "template"]]]
      .map(([label, panel, names]) => ({ label, panel, names, button: opener(label, panel) }));
    this.fields = [prefer, ...this.panels.flatMap(({ panel }) => [...panel.querySelectorAll(".field")])]
      .filter((one) => one.paint);
    const form = el("form", { novalidate: true },
      el("h1", {}, el("label", { for: "idea" }, t("what_idea"))),
      el("div", { class: "box" }, this.idea,
        el("div", { class: "under" }, prefer,
          el("div", { class: "row" }, el("small", { id: "idea-keys" }, t("run_hint")), this.halt, this.go))),
      studio.edits ? null : el("p", { class: "quiet" }, t("only_reading")),
      this.examples = this.#examples(),
      el("div", { class: "openers" }, ...this.panels.map(({ button }) => button), this.anew),
      ...this.panels.map(({ panel }) => panel));
    form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
    this.append(form);
    this.paint();
  }

  #examples() {
    const one = (key) => el("button", {
      type: "button", class: "example", dir: "auto", lang: t(`example_language.${key}`),
      onclick: () => this.dispatchEvent(new CustomEvent("example", { detail: t(`example.${key}`) })),
    }, t(`example.${key}`));
    this.own = el("p", { class: "own", hidden: true }, t("only_starter"), " ", el("a", { href: "/library" }, t("bring_in")));
    return el("div", { class: "examples", hidden: true }, el("p", {}, t("try_one")), ...EXAMPLES.map(one), this.own);
  }

  // Whose prompts are searched, where there are only those that come with the program.
  async teach() {
    const found = await call("GET", "/api/v1/library?limit=1").catch(() => null);
    this.own.hidden = !found || found.total > 0 && found.prompts[0].source !== STARTER;
  }

  #wishes() {
    const { studio } = this;
    const many = WISHES.map((name) => field(studio, name, words({ placeholder: t(`hint.${name}`) })));
    const aspects = [["", t("any")], ...["square", "portrait", "landscape"].map((one) => [one, t(`aspect.${one}`)]),
      ["16:9", "16:9"], ["9:16", "9:16"], ["4:5", "4:5"], ["3:2", "3:2"]];
    const strengths = ["touch-up", "enrich", "reimagine"].map((one) => [one, t(`strength.${one.replace("-", "_")}`)]);
    return el("div", { class: "panel" }, el("p", { class: "quiet" }, t("wishes_hint")), el("div", { class: "fields" },
      ...many, choice(studio, "aspect", aspects), choice(studio, "strength", strengths)));
  }

  #settings(profiles, chats) {
    const { studio } = this;
    const known = [["", t("as_set")], ...profiles.map((one) => [one.name, one.title ?? one.name])];
    const chat = field(studio, "chat", words({ list: "chats", placeholder: t("as_set"), dir: "ltr" }),
      { hint: t("chat_hint") });
    chat.append(el("datalist", { id: "chats" }, ...chats.map((scheme) =>
      el("option", { value: scheme === "compose" ? scheme : `${scheme}:` }))));
    return el("div", { class: "panel" }, el("div", { class: "fields" },
      numeral(studio, "n", { min: 1, max: 12 }, 4), choice(studio, "profile", known), chat,
      field(studio, "template", words({ dir: "ltr" }), { hint: t("template_hint") }),
      numeral(studio, "seed", { min: 0, max: 2 ** 32 - 1 }, 0)));
  }

  paint() {
    if (this.idea.value !== this.studio.state.idea) this.idea.value = this.studio.state.idea;
    for (const one of this.fields) one.paint();
    this.filters.paint();
    this.paintCounts();
  }

  // How much is set behind each of the buttons.
  paintCounts() {
    const fresh = { strength: "enrich", n: 4, seed: 0 };
    for (const { label, names, button } of this.panels) {
      const count = names ? names.filter((name) => this.studio.state[name] !== (fresh[name] ?? "")).length
        : this.filters.count;
      button.textContent = count ? t("panel_count", { label, n: count }) : label;
    }
  }

  running(on) {
    this.halt.hidden = !on;
    this.go.textContent = t(on ? "writing" : "write");
    this.go.setAttribute("aria-disabled", String(on));
  }
}

customElements.define("idea-form", IdeaForm);
