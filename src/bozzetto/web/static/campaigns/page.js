// The page of all campaigns.

import { call } from "../shell/api.js";
import { begin, message, show } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

async function campaigns() {
  document.title = `${t("campaigns")} · bozzetto`;
  const found = (await call("GET", "/api/v1/campaigns")).campaigns;
  if (!found.length) {
    show(message(t("campaigns"), t("no_campaigns")), "campaigns");
    return;
  }
  const links = found.map((one) => el("li", {}, el("a", { href: `/campaigns/${encodeURIComponent(one.id)}` }, one.name)));
  show(el("main", { class: "message" }, el("h1", {}, t("campaigns")), el("ul", {}, ...links)), "campaigns");
}

begin("campaigns", campaigns);
