// <picture-stage>: one picture large with what is known of it, or two beside each other.

import { pictureOf, thumbnailOf } from "../shell/api.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";
import { stateOf, verdictOf } from "./words.js";

const AHEAD = 6; // pictures held ready

export class PictureStage extends HTMLElement {
  #ready = new Map();

  connectedCallback() {
    this.setAttribute("role", "group");
    this.tabIndex = -1;
  }

  show(items, { labels = [], facts = true } = {}) {
    const figures = items.map((item, place) => this.#figure(item, labels[place]));
    const sheets = el("div", { class: "sheets", "data-count": items.length }, ...figures);
    const about = facts ? this.#facts(items.at(-1)) : null;
    this.replaceChildren(...[sheets, about].filter(Boolean));
    this.setAttribute("aria-label", t(items.length > 1 ? "compare" : "large"));
  }

  // Load and decode pictures that may be asked for next.
  prepare(items) {
    for (const item of items) this.#picture(item.id);
  }

  #figure(item, label) {
    const full = this.#picture(item.id);
    full.alt = item.image.prompt ?? t("place_alone", { n: item.place + 1 });
    const under = el("img", { src: thumbnailOf(item.id), alt: "", class: "under" });
    const caption = el(
      "figcaption", {},
      label ? el("kbd", {}, label) : null,
      el("span", { class: "state" }, verdictOf(item)),
      el("span", { class: "stars", "aria-hidden": "true" }, "★".repeat(item.rating ?? 0)),
    );
    const frame = el("div", { class: "frame" }, under, full);
    return el("figure", { "data-state": stateOf(item), "data-id": item.id }, frame, caption);
  }

  #picture(id) {
    const known = this.#ready.get(id);
    if (known) {
      this.#ready.delete(id);
      this.#ready.set(id, known); // the last used goes last
      return known;
    }
    const image = el("img", { class: "full", decoding: "async", draggable: "false" });
    image.src = pictureOf(id);
    image.decode().then(
      () => { image.dataset.ready = ""; },
      () => { image.dataset.failed = ""; },
    );
    this.#ready.set(id, image);
    if (this.#ready.size > AHEAD) this.#ready.delete(this.#ready.keys().next().value);
    return image;
  }

  #facts(item) {
    const rows = factsOf(item).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const list = el("dl", {}, ...rows.flatMap(([key, value, kind]) => [
      el("dt", {}, t(`fact.${key}`)),
      el("dd", { dir: "auto", class: kind }, String(value)),
    ]));
    return el("aside", { "aria-label": t("facts") }, list);
  }
}

function factsOf(item) {
  const { image, standing } = item;
  if (!image.request) return [["note", item.note, "long"], ["blind", t("blind_says")]];
  const { request, effective, lineage } = image;
  const one = (key) => effective?.[key] ?? request[key];
  const width = one("width"), height = one("height");
  return [
    ["note", item.note, "long"],
    ["prompt", image.prompt, "long"],
    ["negative", image.negative, "long"],
    ["from", t(`from.${lineage.kind}`)],
    ["idea", lineage.idea, "long"],
    ["seed", one("seed")],
    ["size", width && height ? `${width} × ${height}` : ""],
    ["steps", one("steps")],
    ["guidance", one("guidance")],
    ["sampler", one("sampler")],
    ["model", one("model")],
    ["images", request.images],
    ["reviewers", standing && standing.kept + standing.rejected > 0
      ? t("standing", { kept: standing.kept, rejected: standing.rejected }) : ""],
    ["mean", standing?.rating ? standing.rating.toFixed(1) : ""],
    ["id", image.id],
  ];
}

customElements.define("picture-stage", PictureStage);
