// Fields of the page: each is bound to one value of the state.

import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

let count = 0;

// A labelled field that says what it holds as it changes; `paint` shows another value. `read` and
// `write` turn what stands in it into the value, and back.
export function field(studio, name, control, { label = t(`field.${name}`), hint = "", read, write } = {}) {
  const id = `field-${++count}`;
  control.id = id;
  control.name = name;
  const said = hint ? el("small", { id: `${id}-hint` }, hint) : null;
  if (said) control.setAttribute("aria-describedby", said.id);
  const value = () => (read ? read(control.value, control) : control.value);
  const paint = () => {
    const shown = String(write ? write(studio.state[name]) : studio.state[name] ?? "");
    if (control.value !== shown) control.value = shown;
  };
  control.addEventListener(control.tagName === "SELECT" ? "change" : "input", () => studio.set({ [name]: value() }));
  const made = el("div", { class: "field" }, el("label", { for: id }, label), control, said);
  made.paint = paint;
  return made;
}

export const words = (attributes = {}) => el("input", {
  type: "text", autocomplete: "off", maxlength: 2000, dir: "auto", ...attributes });

// A number in a field; empty or senseless is `otherwise`.
export function numeral(studio, name, bounds, otherwise = null) {
  const control = el("input", { type: "number", inputmode: "numeric", ...bounds });
  const read = () => {
    const value = control.valueAsNumber;
    return Number.isFinite(value) && control.checkValidity() ? value : otherwise;
  };
  return field(studio, name, control, { read, write: (value) => value ?? "" });
}

export function choice(studio, name, options, more = {}) {
  const control = el("select", {}, ...options.map(([value, label]) => el("option", { value }, label)));
  const made = field(studio, name, control, more);
  const { paint } = made;
  made.paint = () => { // a link may bring a value that is not among those offered
    const value = String(more.write ? more.write(studio.state[name]) : studio.state[name] ?? "");
    if (![...control.options].some((one) => one.value === value)) control.append(el("option", { value }, value));
    paint();
  };
  return made;
}

// A button that opens a part of the page and closes it.
export function opener(label, panel) {
  panel.hidden = true;
  panel.id = `panel-${++count}`;
  const made = el("button", {
    type: "button", class: "opener", "aria-expanded": "false", "aria-controls": panel.id,
    onclick: () => made.open(panel.hidden),
  }, label);
  made.open = (open) => {
    panel.hidden = !open;
    made.setAttribute("aria-expanded", String(open));
  };
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    made.open(false);
    made.focus();
  });
  return made;
}
