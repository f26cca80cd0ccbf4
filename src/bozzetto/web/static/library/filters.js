// The filters: what may be found. What there is to choose from comes from the library itself.

import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";
import { LISTS, filtered } from "./shelf.js";

const MOST = 60; // values of a list that are offered

// `changed` gets the filters as they then are.
export function filterForm(choices, filters, changed) {
  const form = el("form", { class: "filters" });
  const pairs = LISTS.filter((name) => choices[name]?.length || filters[name].length);
  form.append(
    ...pairs.map((name) => several(name, choices[name] ?? [], filters[name])),
    one("min_rating", filters.min_rating, ["5", "4", "3", "2", "1"].map((n) => [n, t("at_least", { n })])),
    one("has_image", filters.has_image, [["true", t("with_image")], ["false", t("without_image")]]),
    el("label", { class: "field" }, el("span", {}, t("filter.since")),
      el("input", { type: "date", name: "since", value: filters.since.slice(0, 10) })),
    el("div", { class: "line" },
      el("button", { type: "reset", disabled: !filtered(filters) }, t("no_filters"))));
  form.addEventListener("change", () => changed(read(form)));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const field of form.elements) if (field.name) field.checked = field.selected = false;
    changed(Object.fromEntries([...LISTS.map((name) => [name, []]),
      ...["min_rating", "has_image", "since"].map((name) => [name, ""])]));
  });
  return form;
}

function several(name, found, chosen) {
  const counts = new Map(found);
  for (const value of chosen) if (!counts.has(value)) counts.set(value, null);
  const boxes = [...counts].slice(0, MOST).map(([value, count]) => el("label", { class: "check" },
    el("input", { type: "checkbox", name, value, checked: chosen.includes(value) }),
    el("span", { dir: "auto", class: "words" }, value),
    count === null ? null : el("span", { class: "quiet small" }, number(count))));
  return el("details", { open: chosen.length > 0 },
    el("summary", {}, t(`filter.${name}`)),
    el("div", { class: "choices", role: "group", "aria-label": t(`filter.${name}`) }, ...boxes));
}

function one(name, chosen, values) {
  const options = [["", t("any")], ...values].map(([value, label]) => el(
    "option", { value, selected: value === chosen }, label));
  return el("label", { class: "field" }, el("span", {}, t(`filter.${name}`)), el("select", { name }, ...options));
}

function read(form) {
  const data = new FormData(form);
  return {
    ...Object.fromEntries(LISTS.map((name) => [name, data.getAll(name)])),
    min_rating: data.get("min_rating"), has_image: data.get("has_image"), since: data.get("since"),
  };
}
