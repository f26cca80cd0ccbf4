// The page of every address that is of no page.

import { begin, message, show } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { t } from "../shell/texts.js";

function nowhere() {
  document.title = "bozzetto";
  const shown = message(t("no_page"), t("no_page_way"));
  shown.append(el("p", {}, el("a", { href: "/" }, t("home"))));
  show(shown, "nowhere");
}

begin("nowhere", nowhere);
