// Who one is, where the server has accounts.

import { Problem, call } from "./api.js";
import { el } from "./dom.js";
import { t } from "./texts.js";

// A form for name and password until they are right: who one is then. Where there are no
// accounts, the problem that asked for it.
export function askLogin(problem) {
  if (problem.code !== "login") throw problem;
  const name = el("input", { autocomplete: "username", required: true, maxlength: 80, dir: "auto" });
  const password = el("input", {
    type: "password", autocomplete: "current-password", required: true, maxlength: 1000 });
  const wrong = el("p", { role: "alert", class: "wrong" });
  const form = el("form", { class: "login" },
    el("h1", {}, t("login")),
    el("label", {}, t("your_account"), name), el("label", {}, t("password"), password), wrong,
    el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, t("enter"))));
  document.body.replaceChildren(el("main", { class: "message" }, form));
  name.focus();
  return new Promise((resolve, reject) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await call("POST", "/api/v1/session", { name: name.value, password: password.value });
        resolve(await call("GET", "/api/v1/session"));
      } catch (found) {
        if (!(found instanceof Problem)) reject(found);
        wrong.textContent = found.status === 0 ? t("no_server") : found.message;
        password.select();
      }
    });
  });
}
