// Who one is; and, for an admin, who may use this home, from where, and with which keys.

import { Problem, call } from "../shell/api.js";
import { told } from "../shell/begin.js";
import { ask, sure } from "../shell/dialogs.js";
import { button, el } from "../shell/dom.js";
import { forgetDrafts } from "../shell/drafts.js";
import { facts, moment } from "../shell/facts.js";
import { say } from "../shell/saying.js";
import { t } from "../shell/texts.js";

const ROLES = ["viewer", "editor", "admin"];

const pathOf = (name) => `/api/v1/accounts/${encodeURIComponent(name)}`;

export function oneself(body, { user, role, version }) {
  body.replaceChildren(
    facts([
      [t("who.name"), user ?? t("who.owner")],
      [t("who.role"), t(`role.${role}`)],
      [t("who.version"), version],
    ]),
    el("div", { class: "line" },
      user ? button(t("change_password"), changePassword) : null,
      button(t("log_out"), leave)));
}

async function leave() {
  await tried(async () => {
    await call("DELETE", "/api/v1/session");
    forgetDrafts();
    location.reload();
  });
}

async function changePassword() {
  const old = password("old_password", "current-password");
  const fresh = password("new_password", "new-password");
  const sent = await askBoth(t("change_password"), old, fresh);
  if (!sent) return;
  await tried(async () => {
    await call("PUT", "/api/v1/session/password", { old: old.value, new: fresh.value });
    say(t("password_changed"));
    setTimeout(() => location.reload(), 1_500); // every browser of the account is logged out
  });
}

const password = (label, kind) => el("input", {
  type: "password", required: true, maxlength: 1000, autocomplete: kind, "aria-label": t(label), placeholder: t(label) });

// `ask` knows one field; the other stands above it.
async function askBoth(title, first, second) {
  const done = ask(title, second);
  second.before(first);
  first.focus();
  return await done !== null;
}

export async function accounts(body) {
  paint(body, (await call("GET", "/api/v1/accounts")).accounts);
}

function paint(body, found) {
  const again = (shape) => paint(body, shape.accounts);
  body.replaceChildren(
    el("p", { class: "quiet" }, t(found.length ? "accounts_say" : "no_accounts")),
    el("ul", { class: "accounts" }, ...found.map((one) => account(one, again))),
    newAccount(again));
}

function account(one, again) {
  const roles = el("select", { "aria-label": t("role_of", { name: one.name }) },
    ...ROLES.map((role) => el("option", { value: role, selected: role === one.role }, t(`role.${role}`))));
  roles.addEventListener("change", () => tried(
    async () => again(await call("PATCH", pathOf(one.name), { role: roles.value })),
    () => { roles.value = one.role; }));
  const keys = el("div", { class: "keys-of" });
  return el("li", {},
    el("div", { class: "line" }, el("strong", { class: "words", dir: "auto" }, one.name), roles,
      el("span", { class: "quiet small" }, moment(one.at))),
    el("div", { class: "line" },
      button(t("set_password"), () => setPassword(one)),
      button(t("log_out_everywhere"), () => tried(async () => {
        const { ended } = await call("DELETE", `${pathOf(one.name)}/sessions`) ?? {};
        say(t("logged_out", { n: ended ?? 0 }));
      })),
      button(t("keys_of"), () => tried(async () => paintKeys(keys, one, await call("GET", `${pathOf(one.name)}/keys`)))),
      button(t("remove"), async () => {
        if (!await sure(t("remove_account", { name: one.name }), t("remove_account_says"), t("remove"))) return;
        await tried(async () => again(await call("DELETE", pathOf(one.name))));
      }, { class: "bad" })),
    keys);
}

async function setPassword({ name }) {
  const field = password("new_password", "new-password");
  const sent = await ask(t("password_of", { name }), field);
  if (sent === null) return;
  await tried(async () => {
    await call("PATCH", pathOf(name), { password: field.value });
    say(t("password_changed"));
  });
}

function newAccount(again) {
  const name = el("input", { required: true, maxlength: 80, dir: "auto", autocomplete: "off" });
  const secret = el("input", { type: "password", required: true, maxlength: 1000, autocomplete: "new-password" });
  const role = el("select", {}, ...ROLES.toReversed().map((one) => el("option", { value: one }, t(`role.${one}`))));
  const wrong = el("p", { class: "wrong", role: "alert" });
  const field = (label, input) => el("label", { class: "field" }, el("span", {}, t(label)), input);
  const form = el("form", { class: "new" },
    field("who.name", name), field("password", secret), field("who.role", role),
    el("button", { type: "submit", class: "main" }, t("add_account")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = "";
    tried(async () => again(await call("POST", "/api/v1/accounts", { name: name.value, password: secret.value, role: role.value })),
      (problem) => { wrong.textContent = told(problem).join(" "); });
  });
  return el("details", {}, el("summary", {}, t("add_account")), form, wrong);
}

function paintKeys(place, owner, { keys }, secret = null) {
  const path = `${pathOf(owner.name)}/keys`;
  const role = el("select", { "aria-label": t("who.role") },
    ...ROLES.slice(0, ROLES.indexOf(owner.role) + 1).map((one) => el("option", { value: one }, t(`role.${one}`))));
  const label = el("input", { maxlength: 80, dir: "auto", "aria-label": t("key_label"), placeholder: t("key_label") });
  const until = el("input", { type: "date", "aria-label": t("key_until"), title: t("key_until") });
  const make = el("form", { class: "line" }, label, role, until, el("button", { type: "submit" }, t("make_key")));
  make.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      const body = { role: role.value, label: label.value, ...(until.value ? { until: until.value } : {}) };
      const made = await call("POST", path, body);
      paintKeys(place, owner, await call("GET", path), made.secret);
    });
  });
  place.replaceChildren(...[
    secret ? el("p", { role: "status" }, t("secret_once"), " ", el("code", { class: "words code" }, secret)) : null,
    el("ul", {}, ...keys.map((key) => el("li", { class: "line" },
      el("span", { class: "words", dir: "auto" }, key.label || key.id), el("span", { class: "chip" }, t(`role.${key.role}`)),
      el("span", { class: "quiet small" }, key.until ? t("until", { day: key.until.slice(0, 10) }) : t("no_end")),
      button(t("revoke"), () => tried(async () => paintKeys(place, owner,
        await call("DELETE", `${path}/${encodeURIComponent(key.id)}`))), { class: "bad" })))),
    make].filter(Boolean));
}

async function tried(act, failed = null) {
  try {
    await act();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (failed) failed(problem);
    say(told(problem).join(" "));
  }
}
