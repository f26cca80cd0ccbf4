// What an empty library says: what to bring, an example, where there is much of it.

import { button, el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

const LINE = '{"prompt": "a lighthouse at dusk, oil painting", "tags": ["sea"], "rating": 5}';

// `bring` asks for files; null for who may not.
export function teach(bring) {
  const title = el("h2", {}, t("empty.title"));
  if (!bring) return el("div", { class: "card teach" }, title, el("p", {}, t("empty.viewer")));
  const where = el("a", { href: t("empty.address"), target: "_blank", rel: "noreferrer" }, t("empty.name"));
  return el("div", { class: "card teach" }, title,
    el("p", {}, t("empty.drop")),
    button(t("bring"), bring, { class: "main" }),
    el("p", {}, t("empty.line")),
    el("pre", { class: "code" }, LINE),
    el("p", {}, t("empty.many"), " ", where),
    el("p", { class: "quiet" }, t("empty.starter")));
}
