// <brief-form>: a new campaign, by fields or as TOML. It says how many pictures that will be before
// any is asked for, and keeps what is typed until it was sent.

import { Problem, call } from "../shell/api.js";
import { told } from "../shell/begin.js";
import { button, el } from "../shell/dom.js";
import { say } from "../shell/saying.js";
import { number, t } from "../shell/texts.js";
import { NAMES, briefOf, tomlOf } from "./brief.js";

const SETTLED = 350; // milliseconds from the last key to the plan
const LONGEST_NAME = 60;
const PLACE = "bozzetto.brief";

export class BriefForm extends HTMLElement {
  #settling = 0;
  #round = 0;
  #tab = "fields";
  #made = ""; // the TOML that the fields gave last

  // `send(brief)` makes the campaign and throws what stood against it.
  start({ send, leave }) {
    this.send = send;
    this.fields = fields();
    this.toml = el("textarea", { rows: 14, spellcheck: "false", class: "toml", "aria-label": t("tab.toml") });
    this.plan = el("p", { role: "status" });
    this.wrong = el("div", { role: "alert", class: "wrong" });
    this.yes = el("button", { type: "submit", class: "main", title: "Ctrl+Enter" }, t("make"));
    const tabs = ["fields", "toml"].map((name) => button(t(`tab.${name}`), () => this.#turn(name),
      { role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` }));
    tabs.forEach((one, at) => one.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      this.#turn(at ? "fields" : "toml");
      tabs[1 - at].focus();
    }));
    const panel = (name, ...content) => el(
      "div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}` }, ...content);
    this.panels = { fields: panel("fields", ...layout(this.fields)), toml: panel("toml", this.toml) };
    this.form = el("form", { class: "brief card" },
      el("h2", {}, t("new")),
      el("div", { role: "tablist", class: "line", "aria-label": t("new") }, ...tabs),
      this.panels.fields, this.panels.toml, this.plan, this.wrong,
      el("div", { class: "row" }, button(t("cancel"), leave), this.yes));
    this.replaceChildren(this.form);
    this.#recall();
    this.#turn(this.#tab);
    this.#listen();
    this.#choices();
    this.#count();
  }

  focusFirst() {
    (this.#tab === "toml" ? this.toml : this.fields.name).focus();
  }

  clear() {
    try {
      localStorage.removeItem(PLACE);
    } catch {
      // There was nothing kept.
    }
  }

  #listen() {
    this.form.addEventListener("input", () => {
      this.#remember();
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#count(), SETTLED);
    });
    this.form.addEventListener("change", (event) => {
      if (event.target === this.fields.profile) this.#sizes();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      this.yes.disabled = true;
      this.wrong.replaceChildren();
      try {
        await this.send(this.#said());
      } catch (problem) {
        this.#refuse(problem);
      } finally {
        this.yes.disabled = false;
      }
    });
  }

  #values() {
    const { fields: all } = this;
    const values = Object.fromEntries(NAMES.filter((name) => all[name].value !== undefined).map((name) => [name, all[name].value]));
    return {
      ...values, compare: all.compare.checked,
      sizes: [...all.sizes.querySelectorAll("input:checked")].map((one) => one.value),
    };
  }

  #said() {
    return this.#tab === "toml" ? this.toml.value : named(briefOf(this.#values()));
  }

  #turn(name) {
    const before = this.#tab;
    this.#tab = name;
    for (const [one, panel] of Object.entries(this.panels)) {
      panel.hidden = one !== name;
      const tab = this.form.querySelector(`#tab-${one}`);
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
    }
    if (before === "fields" && name === "toml") this.#write();
    this.#remember();
    if (before !== name) this.#count();
  }

  // The fields as TOML; what was typed there stays as long as the fields say what they said before.
  #write() {
    const made = tomlOf(named(briefOf(this.#values())));
    const typed = this.toml.value;
    if (made === this.#made && typed.trim()) return;
    this.toml.value = made;
    if (typed.trim() && typed !== this.#made) say(t("toml_anew"), { label: t("toml_back"), run: () => this.#putBack(typed) });
    this.#made = made;
  }

  #putBack(typed) {
    this.toml.value = typed;
    this.#remember();
    this.#count();
  }

  // How many pictures that will be; or what is wrong, where something stands there already.
  async #count() {
    const round = ++this.#round;
    const said = this.#said();
    const empty = typeof said === "string" ? !said.trim() : !said.ideas;
    this.wrong.replaceChildren();
    this.plan.textContent = empty ? t("plan_empty") : "";
    if (empty) return;
    try {
      const found = await call("POST", "/api/v1/campaigns/plan", { brief: said });
      if (round === this.#round) {
        this.plan.textContent = t("plan", { ideas: number(found.ideas), pictures: number(found.pictures) });
      }
    } catch (problem) {
      if (round === this.#round) this.#refuse(problem);
    }
  }

  #refuse(problem) {
    if (!(problem instanceof Problem)) throw problem;
    this.wrong.replaceChildren(...told(problem).map((line) => el("p", { dir: "auto" }, line)));
  }

  // What there is to choose from; without it names can be typed.
  async #choices() {
    const ask = (path) => call("GET", path).catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
      return null;
    });
    const [{ profiles = [] }, { backends = [] }] = (await Promise.all(
      [ask("/api/v1/profiles"), ask("/api/v1/backends")])).map((one) => one ?? {});
    this.profiles = new Map(profiles.filter((one) => !one.error).map((one) => [one.name, one]));
    const chosen = this.fields.profile.value || this.#kept?.profile || "";
    this.fields.profile.replaceChildren(el("option", { value: "" }, t("default")),
      ...[...this.profiles].map(([name, one]) => el("option", { value: name, selected: name === chosen }, one.title)));
    for (const kind of ["images", "chat"]) {
      const there = backends.filter((one) => one.kind === kind && !one.missing);
      this.querySelector(`#list-${kind}`).replaceChildren(
        ...there.map((one) => el("option", { value: one.scheme === "compose" ? "compose" : `${one.scheme}:` })));
    }
    this.#sizes(this.#kept?.sizes ?? []);
  }

  #sizes(chosen = this.#values().sizes) {
    const profile = this.profiles.get(this.fields.profile.value);
    const sizes = profile?.sizes ?? ["512x512", "768x768", "1024x1024", "832x1216", "1216x832"];
    const all = [...new Set([...sizes, ...chosen])];
    this.fields.sizes.replaceChildren(...all.map((size) => el("label", { class: "check" },
      el("input", { type: "checkbox", value: size, checked: chosen.includes(size) }), size.replace("x", " × "))));
  }

  // What is typed survives a reload

  #kept = null;

  #remember() {
    try {
      localStorage.setItem(PLACE, JSON.stringify({
        tab: this.#tab, toml: this.toml.value, made: this.#made, values: this.#values(),
      }));
    } catch {
      // A browser that keeps nothing loses it on reload.
    }
  }

  #recall() {
    try {
      const { tab, toml, made, values } = JSON.parse(localStorage.getItem(PLACE) ?? "null") ?? {};
      if (!values) return;
      this.#kept = values;
      this.#tab = tab === "toml" ? "toml" : "fields";
      this.toml.value = toml ?? "";
      this.#made = made ?? "";
      this.fields.compare.checked = Boolean(values.compare);
      for (const [name, value] of Object.entries(values)) {
        if (typeof value === "string" && this.fields[name]) this.fields[name].value = value;
      }
    } catch {
      // What cannot be read is as if it was not there.
    }
  }
}

// Without a name it is called as its first idea.
function named(brief) {
  return brief.name || !brief.ideas ? brief : { name: brief.ideas[0].slice(0, LONGEST_NAME), ...brief };
}

function fields() {
  const input = (name, more = {}) => el("input", { name, dir: "auto", ...more });
  const count = (name, more) => el("input", { type: "number", name, inputmode: "numeric", ...more });
  const area = (name, rows, more = {}) => el("textarea", { name, rows, dir: "auto", ...more });
  return {
    name: input("name", { maxlength: 100, autocomplete: "off", placeholder: t("name_default") }),
    ideas: area("ideas", 4, { placeholder: t("ideas_example"), "aria-describedby": "ideas-hint" }),
    profile: el("select", { name: "profile" }),
    n: count("n", { min: 1, max: 32, value: 4 }),
    seeds: count("seeds", { min: 1, max: 64, value: 1 }),
    sizes: el("div", { class: "line" }),
    images: input("images", { list: "list-images", placeholder: t("default"), autocomplete: "off" }),
    chat: input("chat", { list: "list-chat", placeholder: t("default"), autocomplete: "off" }),
    audience: area("audience", 2),
    must: input("must", { placeholder: t("commas") }),
    never: input("never", { placeholder: t("commas") }),
    compare: el("input", { type: "checkbox", name: "compare" }),
    seed: count("seed", { min: 0, max: 2 ** 32 - 64, placeholder: "0" }),
    steps: count("steps", { min: 1, max: 1000, placeholder: t("default") }),
    guidance: count("guidance", { min: 0, max: 100, step: "any", placeholder: t("default"), inputmode: "decimal" }),
  };
}

function layout(all) {
  const field = (name) => el("label", { class: "field" }, el("span", {}, t(`brief.${name}`)), all[name]);
  const list = (kind) => el("datalist", { id: `list-${kind}` });
  return [
    field("name"), field("ideas"), el("p", { id: "ideas-hint", class: "quiet small" }, t("ideas_hint")),
    el("div", { class: "pairs" }, field("n"), field("seeds"), field("profile"), field("images")),
    el("fieldset", {}, el("legend", {}, t("brief.sizes"), el("span", { class: "small" }, ` (${t("sizes_none")})`)), all.sizes),
    el("details", {}, el("summary", {}, t("more_wishes")),
      el("div", { class: "pairs" }, field("audience"), field("must"), field("never"), field("chat"),
        field("seed"), field("steps"), field("guidance")),
      el("label", { class: "check" }, all.compare, t("brief.compare"))),
    list("images"), list("chat"),
  ];
}

customElements.define("brief-form", BriefForm);
