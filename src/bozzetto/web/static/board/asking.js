// What the board asks its reviewer.

import { ask } from "../shell/dialogs.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

const MOST_NOTE = 2000;

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
