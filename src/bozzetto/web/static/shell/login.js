// Who one is, where the server has accounts.

import { Problem, call } from "./api.js";
import { el } from "./dom.js";
import { t } from "./texts.js";

const LET_BE = 60_000; // milliseconds that who put off logging in is not asked again

// A form for name and password until they are right: who one is then. Where there are no
// accounts, the problem that asked for it.
export function askLogin(problem) {
  if (problem.code !== "login") throw problem;
  return new Promise((resolve, reject) => {
    const { form, name } = loginForm(el("h1", {}, t("login")), [], resolve, reject);
    document.body.replaceChildren(el("main", { class: "message" }, form));
    name.focus();
  });
}

let asking = null;
let putOff = -LET_BE;

// The same above a page whose session ended: whether the page goes on. All that ask share one.
export function askAgain(user) {
  if (performance.now() - putOff < LET_BE) return Promise.resolve(false);
  asking ??= loginDialog(user).finally(() => { asking = null; });
  return asking;
}

function loginDialog(user) {
  const title = [el("h2", { id: "login-title" }, t("login")), el("p", {}, t("login_again"))];
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const dialog = el("dialog", { "aria-labelledby": "login-title" });
  return new Promise((resolve, reject) => {
    const entered = (who) => {
      if (who.user !== user) location.reload(); // what stands here is another's
      else resolve(true);
      dialog.close();
    };
    const { form, name, password } = loginForm(title, [cancel], entered, reject);
    name.value = user ?? "";
    dialog.append(form);
    dialog.addEventListener("cancel", () => { putOff = performance.now(); });
    cancel.addEventListener("click", () => { putOff = performance.now(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(false); });
    document.body.append(dialog);
    dialog.showModal();
    (user ? password : name).focus();
  });
}

function loginForm(title, more, entered, failed) {
  const name = el("input", { autocomplete: "username", required: true, maxlength: 80, dir: "auto" });
  const password = el("input", {
    type: "password", autocomplete: "current-password", required: true, maxlength: 1000 });
  const wrong = el("p", { role: "alert", class: "wrong" });
  const form = el("form", { class: "login" }, ...[title].flat(),
    el("label", {}, t("your_account"), name), el("label", {}, t("password"), password), wrong,
    el("div", { class: "row" }, ...more, el("button", { type: "submit", class: "main" }, t("enter"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call("POST", "/api/v1/session", { name: name.value, password: password.value });
      entered(await call("GET", "/api/v1/session"));
    } catch (found) {
      if (!(found instanceof Problem)) failed(found);
      wrong.textContent = found.status === 0 ? t("no_server") : found.message;
      password.select();
    }
  });
  return { form, name, password };
}
