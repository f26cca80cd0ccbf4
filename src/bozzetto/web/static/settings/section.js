// A part of the settings: asked for when it is shown, its trouble told where it stands.

import { Problem } from "../shell/api.js";
import { told } from "../shell/begin.js";
import { button, el } from "../shell/dom.js";
import { listen } from "../shell/stream.js";
import { t } from "../shell/texts.js";

// `fill(body)` puts something into it, and may be called again.
export function section(name, fill) {
  const body = el("div", { class: "body" }, el("p", { class: "quiet" }, t("loading")));
  const node = el("section", { class: "card", id: name, "aria-labelledby": `${name}-title` },
    el("h2", { id: `${name}-title` }, t(`part.${name}`)), body);
  refill(body, fill);
  return node;
}

export async function refill(body, fill) {
  body.setAttribute("aria-busy", "true");
  try {
    await fill(body);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    body.replaceChildren(trouble(problem), button(t("again"), () => refill(body, fill)));
  } finally {
    body.removeAttribute("aria-busy");
  }
}

export function trouble(problem) {
  return el("div", { role: "alert" }, ...told(problem).map((line) => el("p", { class: "wrong", dir: "auto" }, line)));
}

// The answer of work that tells how far it is; `hear` gets its progress.
export async function work(method, path, hear = () => {}) {
  for await (const { name, data } of listen(method, path)) {
    if (name === "progress") hear(data);
    if (name === "error") throw new Problem({ status: 500, ...data });
    if (name === "result") return data;
  }
  throw new Problem({ status: 0, code: "unreachable" });
}
