// What the page asks and explains.

import { el } from "./dom.js";
import { t } from "./texts.js";

// Show a form until it is sent or left: what stands in its field, or null.
export function ask(title, field, { hint = "", must = false } = {}) {
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

// Ask before something that cannot be taken back: whether it is to be done.
export function sure(title, hint, label) {
  const no = el("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const yes = el("button", { type: "submit", class: "danger" }, label);
  const form = el("form", { method: "dialog" },
    el("h2", { id: "dialog-title", dir: "auto" }, title), hint ? el("p", { dir: "auto" }, hint) : null,
    el("div", { class: "row" }, no, yes));
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    form.addEventListener("submit", () => resolve(true));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(false); });
    dialog.showModal();
    no.focus();
  });
}

// The keys of a page: rows of {act, shown, group}.
export function showHelp(table) {
  const groups = [...new Set(table.map((one) => one.group))].map((group) => el(
    "section", {},
    el("h3", {}, t(`group.${group}`)),
    el("dl", { class: "keys" }, ...table.filter((one) => one.group === group).flatMap((one) => [
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
