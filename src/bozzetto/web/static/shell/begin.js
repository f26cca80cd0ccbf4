// How each page begins: its texts, who one is, the way to the other pages, and what it shows.

import { Problem, call, enter, onEnded } from "./api.js";
import { askAgain, askLogin } from "./login.js";
import { el } from "./dom.js";
import { draftsOf } from "./drafts.js";
import { loadTexts, t } from "./texts.js";

const PAGES = [["studio", "/"], ["library", "/library"], ["campaigns", "/campaigns"],
               ["jobs", "/jobs"], ["settings", "/settings"]];

// Ways out by the command line are of no use here; but for what only who set it up can mend.
const COMMANDS = /--[a-z]|(?:^|\s)-[a-z]\b|\b(?:bozzetto|optimize|generate)\b|\b(?:jobs|library|campaign|profile) (?:list|show|lists|resume)\b/;

const live = el("p", { class: "unseen", role: "status", "aria-live": "polite" });

// Say something to who listens to the page rather than sees it.
export function announce(text) {
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

// Show a page's content below the way to the others; the board brings a heading of its own.
export function show(content, page = null) {
  document.body.replaceChildren(...[page && wayTo(page), content, live].filter(Boolean));
}

export function message(title, ...lines) {
  const shown = lines.filter(Boolean).map((line) => el("p", { dir: "auto" }, line));
  return el("main", { class: "message" }, el("h1", {}, title), ...shown);
}

// What a problem says to a person, and the way out.
export function told(problem) {
  if (problem.status === 0) return [t("no_server")];
  if (problem.ended) return [t(`ended.${problem.code}`)];
  const speaks = problem.code === "setup" || !COMMANDS.test(problem.hint ?? "");
  return [problem.message, speaks && problem.hint].filter(Boolean);
}

function wayTo(page) {
  const link = ([name, path]) => el(
    "a", { href: path, "aria-current": name === page ? "page" : null }, t(`page.${name}`));
  return el("nav", { class: "way", "aria-label": t("pages") },
    el("span", { class: "sign", "aria-hidden": "true" }, "bozzetto"), ...PAGES.map(link));
}

async function session(texts) {
  await enter();
  try {
    return await call("GET", "/api/v1/session");
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await texts;
    return askLogin(problem);
  }
}

// `build` gets who one is ({user, role, accounts}), and shows the page.
export async function begin(folder, build) {
  const texts = loadTexts("shell", folder);
  try {
    const [who] = await Promise.all([session(texts), texts]);
    draftsOf(who.user);
    await build(who);
    onEnded(() => askAgain(who.user));
  } catch (problem) {
    await texts;
    const title = problem.status === 401 ? "no_token" : "problem";
    const lines = problem instanceof Problem ? told(problem) : [];
    show(message(t(title), ...lines), problem.status === 401 ? null : folder);
    if (!(problem instanceof Problem)) throw problem;
  }
}

addEventListener("hashchange", () => { // the newest address, opened in an old tab
  if (/[#&]token=/.test(location.hash)) location.reload();
});
