// What the page asks and explains.

import { el } from "./dom.js";
import { KEYS } from "./keys.js";
import { t } from "./texts.js";

const MOST_NAME = 80;
const MOST_NOTE = 2000;

// Show a form until it is sent or left: what stands in its field, or null.
function ask(title, field, { hint = "", must = false } = {}) {
  const id = "dialog-title";
  const form = el(
    "form", {},
    el("h2", { id }, title),
    hint ? el("p", {}, hint) : null,
    field,
    el("div", { class: "row" },
      must ? null : el("button", { type: "button", onclick: () => dialog.close() }, t("cancel")),
      el("button", { type: "submit", class: "main" }, t("ok"))),
  );
  const dialog = el("dialog", { "aria-labelledby": id }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      resolve(field.value.trim());
      dialog.close();
    });
    if (must) dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(null); });
    dialog.showModal();
    field.focus();
  });
}

export function askName() {
  const field = el("input", {
    type: "text", required: true, maxlength: MOST_NAME, autocomplete: "name", "aria-label": t("your_name"),
  });
  return ask(t("your_name"), field, { hint: t("name_hint"), must: true });
}

export function askNote(before) {
  const field = el("textarea", { rows: 4, maxlength: MOST_NOTE, "aria-label": t("note") });
  field.value = before;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      field.form.requestSubmit();
    }
  });
  return ask(t("note"), field, { hint: t("note_hint") });
}

export function showHelp() {
  const groups = [...new Set(KEYS.map((one) => one.group))].map((group) => el(
    "section", {},
    el("h3", {}, t(`group.${group}`)),
    el("dl", { class: "keys" }, ...KEYS.filter((one) => one.group === group).flatMap((one) => [
      el("dt", {}, el("kbd", {}, one.shown)),
      el("dd", {}, t(`key.${one.act}`)),
    ])),
  ));
  const close = el("button", { type: "button", class: "main", onclick: () => dialog.close() }, t("close"));
  const dialog = el(
    "dialog", { class: "help", "aria-labelledby": "help-title" },
    el("h2", { id: "help-title" }, t("keys")),
    el("div", { class: "groups" }, ...groups),
    el("div", { class: "row" }, close),
  );
  dialog.addEventListener("keydown", (event) => { if (event.key === "?") dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
