// What was done, in a line at the foot of the page that goes by itself; often with the way back.

import { announce } from "./begin.js";
import { button, el } from "./dom.js";

const STAYS = 8_000; // milliseconds
const place = el("div", { class: "says" });

// `act` is {label, run}.
export function say(text, act = null) {
  const gone = () => line.remove();
  const pressed = act && (() => { gone(); act.run(); });
  const line = el("p", {}, el("span", { dir: "auto" }, text), act && button(act.label, pressed));
  let timer = setTimeout(gone, STAYS);
  const stay = () => clearTimeout(timer);
  const go = () => { stay(); timer = setTimeout(gone, STAYS); };
  line.addEventListener("pointerenter", stay);
  line.addEventListener("focusin", stay);
  line.addEventListener("pointerleave", go);
  line.addEventListener("focusout", go);
  place.replaceChildren(line);
  if (!place.isConnected) document.body.append(place);
  announce(text);
}
