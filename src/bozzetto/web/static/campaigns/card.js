// One campaign in the list: how it stands, a few of its pictures, what can be done with it.

import { campaignPath, thumbnailOf } from "../shell/api.js";
import { button, el } from "../shell/dom.js";
import { bar, facts, moment } from "../shell/facts.js";
import { number, t } from "../shell/texts.js";
import { asked, whole } from "./brief.js";

export const boardOf = (campaign) => campaignPath(campaign.name).replace("/api/v1", "");

const isOpen = (campaign) => campaign.waiting + campaign.running > 0;

// Whether pictures of the brief wait for somebody who goes on.
const unfinished = (campaign) => isOpen(campaign) || campaign.total < asked(campaign.brief);

// `acts` are, of who may edit, {resume, keep, takeBack} and, of an admin, {remove}.
export function card(shape, acts, before = null) {
  const campaign = { ...shape, brief: whole(shape.brief) };
  const { id, name } = campaign;
  const open = before?.querySelector("details.more-of")?.open ?? false;
  const undecided = campaign.pictures - campaign.kept - campaign.rejected;
  const node = el("article", { class: "card campaign", "data-id": id, "aria-labelledby": `c-${id}` },
    el("header", {},
      el("h2", { id: `c-${id}` }, el("a", { href: boardOf(campaign), dir: "auto", class: "words" }, name)),
      el("p", { class: "quiet small" }, moment(campaign.at))),
    pictures(campaign),
    el("p", { class: "numbers" }, t("numbers", {
      pictures: number(campaign.pictures), kept: number(campaign.kept),
      rejected: number(campaign.rejected), undecided: number(undecided),
    })),
    campaign.reviewers > 1 ? el("p", { class: "quiet small" }, t("reviewers", { n: campaign.reviewers })) : null,
    isOpen(campaign) ? progress(campaign) : null,
    el("div", { class: "line" },
      campaign.pictures ? el("a", { class: "button main", href: boardOf(campaign) }, t("review")) : null,
      acts.resume && unfinished(campaign) ? button(t("resume"), () => acts.resume(campaign)) : null,
      acts.keep && campaign.kept ? button(t("keep"), () => acts.keep(campaign), { title: t("keep_says") }) : null),
    el("p", { class: "state small", role: "status" }, before?.querySelector(".state")?.textContent ?? ""),
    more(campaign, acts, open));
  return node;
}

function pictures({ images, name }) {
  return images.length ? el("div", { class: "thumbs" }, ...images.map((one) => el(
    "img", { src: thumbnailOf(one), alt: t("picture_of", { campaign: name }), loading: "lazy", decoding: "async" }))) : null;
}

function progress(campaign) {
  const all = Math.max(campaign.total, asked(campaign.brief));
  const done = campaign.total - campaign.waiting - campaign.running;
  const text = t("drawn", { n: number(done), total: number(all) });
  return el("div", {}, bar(all ? done / all : null, text), el("p", { class: "quiet small" }, text));
}

function more(campaign, acts, open) {
  const { brief } = campaign;
  return el("details", { class: "more-of", open },
    el("summary", {}, t("more_of")),
    facts([
      [t("brief.ideas"), brief.ideas.join("\n"), "words"],
      [t("brief.audience"), brief.audience],
      [t("brief.must"), brief.must.join(", ")],
      [t("brief.never"), brief.never.join(", ")],
      [t("brief.n"), brief.n],
      [t("brief.seeds"), brief.seeds],
      [t("brief.sizes"), brief.sizes.join(", ")],
      [t("brief.profile"), brief.profile],
      [t("brief.images"), brief.images],
      [t("brief.chat"), brief.chat],
      [t("made_by"), campaign.actor],
    ]),
    el("div", { class: "line" }, ...downloads(campaign)),
    el("div", { class: "line" },
      campaign.pictures ? el("a", { class: "button", href: `${boardOf(campaign)}?blind=1` }, t("blind")) : null,
      acts.takeBack ? button(t("take_back"), () => acts.takeBack(campaign), { title: t("take_back_says") }) : null,
      acts.remove ? button(t("delete"), () => acts.remove(campaign), { class: "bad" }) : null));
}

function downloads(campaign) {
  if (!campaign.pictures) return [];
  const link = (path, label, title = null) => el(
    "a", { class: "button", href: `${campaignPath(campaign.name)}/${path}`, download: "", title }, label);
  const kept = campaign.kept ? [
    link("export.zip?only_kept=true", t("export_kept")),
    link("tune.zip", t("tune"), t("tune_says")),
  ] : [];
  return [link("export.zip", t("export")), ...kept, link("sheet.pdf", t("sheet_pdf")), link("sheet.png", t("sheet_png"))];
}
