// Files that come into the library: dropped anywhere on the page or chosen, one after the other,
// each with its progress, its report, and what of it was refused.

import { Problem } from "../shell/api.js";
import { announce, told } from "../shell/begin.js";
import { button, el } from "../shell/dom.js";
import { bar, bytes } from "../shell/facts.js";
import { number, t } from "../shell/texts.js";
import { upload } from "./upload.js";

const STAGES = ["import", "families", "embed", "index"];
const KINDS = ["text", "csv", "tsv", "jsonl", "parquet"];
const SHOWN = 50; // rejected lines of a file

export class Bringing {
  #waiting = [];
  #busy = false;

  // `done` is called after each file that brought something.
  constructor(done) {
    this.done = done;
    this.place = el("section", { class: "bringing", hidden: true, "aria-label": t("bringing") });
    this.input = el("input", { type: "file", multiple: true, hidden: true, "aria-label": t("bring") });
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
  }

  choose() {
    this.input.click();
  }

  // Files dropped anywhere, not in a field of text.
  listen() {
    const over = el("div", { class: "drop", hidden: true }, el("p", {}, t("drop")));
    document.body.append(over);
    const holds = (event) => [...event.dataTransfer?.types ?? []].includes("Files");
    const shows = (yes) => { over.hidden = !yes; };
    addEventListener("dragover", (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      shows(true);
    });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) shows(false); });
    addEventListener("drop", (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      shows(false);
      this.add([...event.dataTransfer.files]);
    });
  }

  // `kind` is what they are, where that cannot be seen from them.
  add(files, kind = null) {
    for (const file of files) this.#waiting.push(this.#line(file, kind));
    this.place.hidden = false;
    this.#work();
  }

  #line(file, kind) {
    const state = el("p", { class: "state small" }, t("waits"));
    const progress = bar(0, file.name);
    const close = button("✕", () => line.gone(), { "aria-label": t("close") });
    const head = el("div", { class: "line" },
      el("strong", { class: "words", dir: "auto" }, file.name), el("span", { class: "quiet small" }, bytes(file.size)), close);
    const node = el("article", { class: "card" }, head, progress, state);
    this.place.append(node);
    const line = {
      file, kind, node, state, progress, close,
      gone: () => {
        this.#waiting = this.#waiting.filter((one) => one !== line);
        node.remove();
        this.place.hidden = !this.place.childElementCount;
      },
    };
    return line;
  }

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    for (let line; (line = this.#waiting.shift());) await this.#take(line);
    this.#busy = false;
  }

  async #take(line) {
    const { file, progress, state, close } = line;
    let halt = () => {};
    const stop = button(t("stop"), () => halt());
    close.replaceWith(stop);
    try {
      const found = await upload(file, line.kind, {
        sent: (share) => { progress.value = share; state.textContent = t(share < 1 ? "sending" : "reading"); },
        told: (step) => show(step, line),
        begun: (act) => { halt = act; },
      });
      this.#report(line, found);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#refuse(line, problem);
    }
    progress.remove();
    stop.replaceWith(close);
  }

  #report(line, { imports }) {
    const counts = imports.map((one) => reportOf(one, line.file.name));
    line.state.remove();
    line.node.append(...counts.flat());
    announce(`${line.file.name}: ${counts.flat()[0].textContent}`);
    if (imports.some((one) => one.new || one.known || one.deleted)) this.done();
  }

  #refuse(line, problem) {
    const stopped = problem.code === "stopped";
    const texts = problem.status === 499 ? [t("stopped")] : told(problem);
    const rows = (problem.errors ?? []).map((one) => ({ place: one.field, reason: one.message }));
    const box = el("div", { role: stopped ? null : "alert" },
      ...texts.map((text) => el("p", { class: stopped ? "quiet" : "wrong", dir: "auto" }, text)));
    const again = problem.status === 422 && line.file.size ? this.#again(line) : null;
    line.state.replaceWith(...[box, badRows(rows, rows.length), again].filter(Boolean));
    if (stopped && problem.status !== 499) this.done();
  }

  // What cannot be seen from a file its owner can say.
  #again(line) {
    const kinds = el("select", { "aria-label": t("kind") }, ...KINDS.map((kind) => el("option", { value: kind }, t(`kind.${kind}`))));
    return el("div", { class: "line small" }, el("span", {}, t("kind")), kinds,
      button(t("again"), () => { line.gone(); this.add([line.file], kinds.value); }));
  }
}

function show(step, { progress, state }) {
  const stage = STAGES.find((name) => step.stage.startsWith(name));
  if (step.total) progress.value = step.done / step.total;
  else progress.removeAttribute("value");
  const name = stage ? t(`stage.${stage}`) : step.stage;
  const count = step.done ? t("so_far", { n: number(step.done) }) : "";
  state.textContent = [name, count, step.message].filter(Boolean).join(" · ");
}

function reportOf(report) {
  const { new: fresh, known, bad } = report;
  const parts = [
    t("report.new", { n: number(fresh) }),
    known ? t("report.known", { n: number(known) }) : "",
    bad ? t("report.bad", { n: number(bad) }) : "",
  ].filter(Boolean).join(", ");
  const text = report.already_complete ? t("report.before") : parts;
  const again = report.deleted ? el("p", { class: "quiet small" }, t("report.deleted", { n: number(report.deleted) })) : null;
  return [
    el("p", { class: fresh ? "good" : "" }, text), again, badRows(report.bad_rows ?? [], bad),
  ].filter(Boolean);
}

function badRows(rows, count) {
  if (!rows.length) return null;
  const shown = rows.slice(0, SHOWN);
  const more = count > shown.length ? el("p", { class: "quiet small" }, t("more_bad", { n: number(count - shown.length) })) : null;
  return el("details", { open: rows.length <= 5 },
    el("summary", {}, t("bad_rows", { n: number(count) })),
    el("ul", { class: "bad-rows" }, ...shown.map((row) => el("li", {},
      el("strong", { dir: "auto" }, row.place), " ", el("span", { dir: "auto", class: "words" }, row.reason)))),
    more);
}
