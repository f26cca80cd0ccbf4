// <hit-filters>: which prompts may be found, with what there is to choose from.

import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";
import { choice, field, words } from "./panels.js";
import { FILTERS } from "./state.js";

const FACETS = ["use", "tag", "model_family", "source"];
const MOST = 12; // values shown of each

export class HitFilters extends HTMLElement {
  #facets = {};

  start(studio) {
    this.studio = studio;
    this.groups = Object.fromEntries(FACETS.map((name) => [name, groupOf(name)]));
    const ratings = [["", t("any")], ...[1, 2, 3, 4].map((n) => [n, t("at_least", { n })]), ["5", "5"]];
    const rating = choice(studio, "min_rating", ratings, numeric());
    const picture = choice(studio, "has_image", [["", t("any")], ["1", t("with_picture")], ["0", t("without_picture")]],
      { read: (said) => (said === "" ? null : said === "1"), write: (value) => (value === null ? "" : value ? "1" : "0") });
    const nsfw = choice(studio, "max_nsfw",
      [["", t("nsfw.usual")], ["0.1", t("nsfw.strict")], ["2", t("nsfw.all")]], numeric());
    const since = field(studio, "since", words({ type: "date" }));
    this.fields = [rating, picture, nsfw, since];
    this.clear = el("button", { type: "button", class: "link", onclick: () => this.#clear() }, t("clear_filters"));
    this.append(
      el("div", { class: "fields" }, ...this.fields),
      el("div", { class: "facets" }, ...Object.values(this.groups).map((one) => one.whole)),
      this.clear);
    this.addEventListener("change", (event) => this.#ticked(event.target));
    this.paint();
  }

  get count() {
    const { state } = this.studio;
    return Object.keys(FILTERS).filter((name) => {
      const value = state[name];
      return Array.isArray(value) ? value.length : value !== null && value !== "";
    }).length;
  }

  // What the best hits have, by field.
  offer(facets) {
    this.#facets = facets ?? {};
    this.paint();
  }

  paint() {
    for (const one of this.fields) one.paint();
    for (const name of FACETS) this.#paintGroup(name);
    this.clear.hidden = !this.count;
  }

  #paintGroup(name) {
    const { whole, list } = this.groups[name];
    const chosen = this.studio.state[name];
    const counts = this.#facets[name] ?? {};
    const values = [...new Set([...chosen, ...Object.keys(counts)])].slice(0, Math.max(MOST, chosen.length));
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    list.replaceChildren(...values.map((value) => el("label", { class: "chip" },
      el("input", { type: "checkbox", name, value, checked: chosen.includes(value) }),
      el("span", { dir: "auto" }, visible(value)),
      el("small", {}, counts[value] ? number(counts[value]) : ""))));
    whole.hidden = !values.length;
    if (focused !== null) [...list.querySelectorAll("input")].find((one) => one.value === focused)?.focus();
  }

  #ticked(box) {
    if (box.type !== "checkbox") return;
    const before = this.studio.state[box.name];
    const after = box.checked ? [...before, box.value] : before.filter((one) => one !== box.value);
    this.studio.set({ [box.name]: after });
  }

  #clear() {
    this.studio.set(Object.fromEntries(
      Object.entries(FILTERS).map(([name, { start }]) => [name, Array.isArray(start) ? [] : start])));
    this.paint();
  }
}

const numeric = () => ({
  read: (said) => (said === "" ? null : Number(said)), write: (value) => (value === null ? "" : String(value)) });

function groupOf(name) {
  const list = el("div", { class: "chips" });
  return { list, whole: el("fieldset", {}, el("legend", {}, t(`facet.${name}`)), list) };
}

customElements.define("hit-filters", HitFilters);
