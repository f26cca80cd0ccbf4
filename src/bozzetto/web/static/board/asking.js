// What the board asks its reviewer.

import { ask } from "../shell/dialogs.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

const MOST_NAME = 80;
const MOST_NOTE = 2000;

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
