// <hit-list>: the prompts that were found. A hit that stays keeps its place in the page, so that
// neither the focus nor what one reads is lost while one types.

import { call, thumbnailOf } from "../shell/api.js";
import { told } from "../shell/begin.js";
import { el } from "../shell/dom.js";
import { number, t } from "../shell/texts.js";
import { visible } from "../shell/visible.js";

const STARS = [1, 2, 3, 4, 5];

export class HitList extends HTMLElement {
  #rows = new Map();

  connectedCallback() {
    this.list = el("ol", { class: "hits" });
    this.append(this.list);
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.list.addEventListener("click", (event) => this.#clicked(event));
  }

  show(hits, state) {
    const rows = hits.map((hit) => {
      const row = this.#rows.get(hit.id) ?? rowOf(hit);
      fill(row, hit);
      return row;
    });
    this.toggleAttribute("data-one-source", new Set(hits.map((hit) => hit.source)).size <= 1);
    this.#rows = new Map(rows.map((row) => [row.dataset.id, row]));
    arrange(this.list, rows);
    this.mark(state);
  }

  mark({ pick, like, unlike }) {
    for (const [id, row] of this.#rows) {
      const place = pick.indexOf(id);
      row.toggleAttribute("data-picked", place >= 0);
      const button = row.querySelector("[data-act=pick]");
      button.setAttribute("aria-pressed", String(place >= 0));
      button.firstChild.textContent = place >= 0 ? String(place + 1) : "+";
      row.querySelector("[data-act=like]").setAttribute("aria-pressed", String(like.includes(id)));
      row.querySelector("[data-act=unlike]").setAttribute("aria-pressed", String(unlike.includes(id)));
    }
  }

  // Bring a hit into sight for a moment: where a phrase came from.
  point(id) {
    const row = this.#rows.get(id);
    for (const one of this.#rows.values()) one.toggleAttribute("data-pointed", one === row);
    return row ?? null;
  }

  enter() {
    this.list.querySelector("[data-act=pick]")?.focus();
  }

  #pressed(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || event.target.closest("input, textarea")) return;
    const rows = [...this.list.children];
    const next = rows.indexOf(event.target.closest(".hit")) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    if (next < 0) this.#tell("left");
    else rows[Math.min(next, rows.length - 1)]?.querySelector("[data-act=pick]").focus();
  }

  #clicked(event) {
    const row = event.target.closest(".hit");
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (!row || !act && event.target.closest("button, a, summary, details")) return;
    if (act === "variants") this.#open(row);
    else if (act || !String(getSelection())) this.#tell(act ?? "pick", row.dataset.id);
  }

  async #open(row) {
    const button = row.querySelector("[data-act=variants]");
    const shown = row.querySelector(".variants");
    const open = shown.hidden;
    shown.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open || shown.childElementCount) return;
    try {
      const found = await call("GET", `/api/v1/library/${encodeURIComponent(row.dataset.id)}/variants`);
      shown.replaceChildren(...found.prompts.map((one) => el("li", { dir: "auto" }, visible(one.prompt))));
    } catch (problem) {
      shown.replaceChildren(el("li", { class: "wrong" }, told(problem).join(" ")));
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// Put rows in order while moving as few as possible: one that is moved loses the focus.
function arrange(list, rows) {
  const staying = new Set(rows);
  for (const one of [...list.children]) if (!staying.has(one)) one.remove();
  rows.forEach((row, place) => {
    const there = list.children[place];
    if (there === row) return;
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(row, there ?? null);
    focused?.focus({ preventScroll: true });
  });
}

function rowOf(hit) {
  const act = (name, sign, label, more = {}) => el("button", {
    type: "button", "data-act": name, title: label, "aria-label": label, ...more,
  }, el("span", { "aria-hidden": "true" }, sign));
  const word = (name, more) => el("button", { type: "button", class: "link", "data-act": name, ...more }, t(name));
  const words = el("p", { class: "words", dir: "auto", id: `hit-${hit.id}` });
  const described = { "aria-describedby": words.id };
  return el("li", { class: "hit", "data-id": hit.id },
    act("pick", "+", t("pick"), { class: "pick", "aria-pressed": "false", ...described }),
    el("div", { class: "said" }, words,
      el("div", { class: "under" }, el("div", { class: "about" }),
        word("like", { "aria-pressed": "false", ...described }), word("unlike", { "aria-pressed": "false", ...described })),
      el("ul", { class: "variants", hidden: true })));
}

function fill(row, hit) {
  const key = JSON.stringify([hit.prompt, hit.answers, hit.why, hit.rating, hit.tags, hit.variants]);
  if (row.dataset.key === key) return;
  row.dataset.key = key;
  const open = row.querySelector("details")?.open;
  row.querySelector(".words").replaceChildren(...marked(hit));
  row.querySelector(".words").title = visible(hit.prompt);
  row.querySelector(".about").replaceChildren(...aboutOf(hit));
  if (open && row.querySelector("details")) row.querySelector("details").open = true;
  if (hit.picture && !row.querySelector("img")) {
    row.querySelector(".said").before(
      el("img", { src: thumbnailOf(hit.picture), alt: "", loading: "lazy", decoding: "async", class: "thumbnail" }));
  }
}

// The words of a hit, with those marked that say the idea's.
function marked(hit) {
  const found = (hit.answers ?? []).map((one) => one.found).filter(Boolean);
  if (!found.length) return [visible(hit.prompt)];
  const escaped = found.map((one) => RegExp.escape?.(one) ?? one.replace(/[^\p{L}\p{N}\s]/gu, "\\$&"));
  const pieces = visible(hit.prompt).split(new RegExp(`(?<![\\p{L}\\p{N}])(${escaped.join("|")})(?![\\p{L}\\p{N}])`, "giu"));
  return pieces.map((piece, place) => (place % 2 ? el("mark", {}, piece) : piece));
}

function aboutOf(hit) {
  const parts = [whyOf(hit)];
  if (hit.rating) {
    const stars = STARS.map((n) => (n <= hit.rating ? "★" : "☆")).join("");
    parts.push(el("span", { class: "stars", role: "img", "aria-label": t("stars", { n: hit.rating }) }, stars));
  }
  if (hit.variants) {
    parts.push(el("button", { type: "button", class: "link", "data-act": "variants", "aria-expanded": "false" },
      t(hit.variants === 1 ? "variant" : "variants", { n: number(hit.variants) })));
  }
  parts.push(...hit.tags.slice(0, 3).map((tag) => el("span", { class: "tag", dir: "auto" }, visible(tag))));
  if (hit.use) parts.push(el("span", { class: "tag", dir: "auto" }, visible(hit.use)));
  parts.push(el("span", { class: "source", dir: "auto" }, visible(hit.source)));
  return parts.filter(Boolean);
}

function whyOf(hit) {
  const alike = (hit.answers ?? []).filter((one) => one.found && one.found.toLowerCase() !== one.wanted.toLowerCase());
  const said = alike.map((one) => t("says", { wanted: visible(one.wanted), found: visible(one.found) }));
  const legs = hit.why.map((one) => el("li", {}, t("leg_rank", { leg: t(`leg.${one.leg}`), rank: number(one.rank) })));
  return el("details", { class: "why" }, el("summary", {}, t("why")),
    el("ul", {}, ...said.map((one) => el("li", { dir: "auto" }, one)), ...legs));
}

customElements.define("hit-list", HitList);
