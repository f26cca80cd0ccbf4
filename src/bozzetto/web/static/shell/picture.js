// A picture large, with what made it.

import { pictureOf, thumbnailOf } from "./api.js";
import { button, el } from "./dom.js";
import { facts } from "./facts.js";
import { t } from "./texts.js";

// A small picture that opens large; of one that was not made, why.
export function tile(image, open) {
  if (image.state !== "ok") {
    return el("figure", { class: "none" }, el("p", { class: "bad" }, t(`image.${image.state}`)),
      el("p", { class: "small words", dir: "auto" }, image.reason ?? ""));
  }
  return el("figure", {}, el("button", { type: "button", class: "plain", onclick: () => open(image), "data-id": image.id },
    el("img", { src: thumbnailOf(image.id), alt: image.prompt, loading: "lazy", decoding: "async" })));
}

// Show a picture above the page; `acts` are [label, run] of what more can be done with it.
export function showPicture(image, acts = []) {
  const made = image.effective ?? {};
  const one = (name) => made[name] ?? image.request[name];
  const width = one("width"), height = one("height");
  const dialog = el("dialog", { class: "large", "aria-label": t("picture") },
    el("a", { href: pictureOf(image.id), target: "_blank", title: t("full_size") },
      el("img", { src: pictureOf(image.id), alt: image.prompt })),
    el("div", { class: "about" },
      facts([
        [t("image_fact.prompt"), image.prompt, "words"],
        [t("image_fact.negative"), image.negative, "words"],
        [t("image_fact.idea"), image.lineage.idea, "words"],
        [t("image_fact.seed"), one("seed")],
        [t("image_fact.size"), width && height ? `${width} × ${height}` : ""],
        [t("image_fact.steps"), one("steps")],
        [t("image_fact.guidance"), one("guidance")],
        [t("image_fact.sampler"), one("sampler")],
        [t("image_fact.model"), one("model")],
        [t("image_fact.images"), image.request.images],
        ...(made.notes ?? []).map((note) => [t("image_fact.note"), note]),
        [t("image_fact.id"), image.id],
      ]),
      el("div", { class: "row" },
        ...acts.map(([label, run]) => button(label, () => { dialog.close(); run(image); })),
        el("a", { class: "button", href: pictureOf(image.id), download: image.id }, t("download")),
        el("button", { type: "button", class: "main", onclick: () => dialog.close() }, t("close")))));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}
