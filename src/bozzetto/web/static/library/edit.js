// A prompt's words and tags, edited in place. What is not saved waits in this window.

import { told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

const place = (id) => `bozzetto.edit:${id}`;

// `save` gets what is another than before; it throws where that was refused.
export function editForm(prompt, { save, leave }) {
  const text = area("prompt", prompt.prompt, 6);
  const negative = area("negative", prompt.negative ?? "", 2);
  const tags = el("input", { name: "tags", dir: "auto", value: prompt.tags.join(", "), "aria-describedby": "tags-hint" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const yes = el("button", { type: "submit", class: "main", title: "Ctrl+Enter" }, t("save"));
  const form = el("form", { class: "edit" },
    field("prompt", text), field("negative", negative), field("tags", tags),
    el("p", { id: "tags-hint", class: "quiet small" }, t("tags_hint")), wrong,
    el("div", { class: "row" },
      el("button", { type: "button", onclick: () => { forget(prompt.id); leave(); } }, t("cancel")), yes));
  recall(prompt.id, { text, negative, tags });
  form.addEventListener("input", () => remember(prompt.id, { text, negative, tags }));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); leave(); }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    if (event.key === "Enter" && event.target === tags && event.isComposing) event.preventDefault();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    yes.disabled = true;
    wrong.textContent = "";
    try {
      await save(changes(prompt, text.value, negative.value, tags.value));
      forget(prompt.id);
    } catch (problem) {
      wrong.textContent = told(problem).join(" ");
      yes.disabled = false;
    }
  });
  queueMicrotask(() => text.focus());
  return form;
}

const area = (name, value, rows) => Object.assign(el("textarea", { name, rows, dir: "auto" }), { value });
const field = (name, input) => el("label", { class: "field" }, el("span", {}, t(name)), input);

function changes(prompt, text, negative, tags) {
  const names = [...new Set(tags.split(/[,،、，]/).map((one) => one.trim()).filter(Boolean))];
  const found = {};
  if (text.trim() !== prompt.prompt) found.prompt = text;
  if (negative.trim() !== (prompt.negative ?? "")) found.negative = negative;
  if (names.join("\n") !== prompt.tags.join("\n")) found.tags = names;
  return found;
}

function remember(id, fields) {
  const values = Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.value]));
  try {
    sessionStorage.setItem(place(id), JSON.stringify(values));
  } catch {
    // A browser that keeps nothing loses it on reload.
  }
}

function recall(id, fields) {
  try {
    const found = JSON.parse(sessionStorage.getItem(place(id)) ?? "{}");
    for (const [name, value] of Object.entries(found)) fields[name].value = value;
  } catch {
    // The same.
  }
}

export function forget(id) {
  try {
    sessionStorage.removeItem(place(id));
  } catch {
    // The same.
  }
}
