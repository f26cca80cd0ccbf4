// What one says of the pictures of a campaign: at once here, and saved as the board saves it.

import { call, campaignPath } from "../shell/api.js";
import { Outbox } from "../shell/outbox.js";
import { knownReviewer, outboxPlace, reviewerOf, sender } from "../shell/reviewer.js";

export class Judging extends EventTarget {
  #user;
  #outbox = null;
  #verdicts = new Map();
  campaign = null;

  constructor(user) {
    super();
    this.#user = user;
  }

  of(image) {
    return this.#verdicts.get(image) ?? { keep: null, rating: null };
  }

  get kept() {
    return [...this.#verdicts.values()].filter((one) => one.keep).length;
  }

  // Whose board it is; what was said of it before is fetched where one is known.
  async open(campaign) {
    if (this.campaign === campaign) return;
    this.campaign = campaign;
    this.#outbox = null;
    this.#verdicts.clear();
    const reviewer = knownReviewer(this.#user);
    if (!campaign || !reviewer) return;
    this.#begin(reviewer);
    await this.renew();
  }

  async renew() {
    const { campaign } = this;
    const reviewer = knownReviewer(this.#user);
    if (!campaign || !reviewer) return;
    const found = await call("GET", `${campaignPath(campaign)}/board?${new URLSearchParams({ reviewer })}`).catch(() => null);
    if (this.campaign !== campaign || !found) return;
    for (const { image, own } of found.items) {
      if (own && !this.#outbox?.has(image.id)) this.#put(image.id, own);
    }
  }

  // Say something; the name is asked for once.
  async say(image, change) {
    const reviewer = await reviewerOf(this.#user);
    if (!reviewer) return;
    this.#outbox ?? this.#begin(reviewer);
    this.#put(image, { ...this.of(image), ...change });
    this.#outbox.add({ kind: "judge", image, change });
  }

  #begin(reviewer) {
    const outbox = this.#outbox = new Outbox(outboxPlace(this.campaign, reviewer), sender(this.campaign, reviewer));
    for (const entry of outbox.waiting) if (entry.image) this.#put(entry.image, entry.change ?? entry.back);
    outbox.addEventListener("refused", ({ detail }) => {
      this.dispatchEvent(new CustomEvent("refused", { detail: detail.problem }));
      if (detail.entry.image) this.#put(detail.entry.image, { keep: null, rating: null });
      this.renew();
    });
    outbox.addEventListener("state", () => this.dispatchEvent(new CustomEvent("state", { detail: outbox })));
    outbox.send();
  }

  get waits() {
    return Boolean(this.#outbox?.waiting.length);
  }

  // Once everything that was said is saved.
  async saved() {
    while (this.#outbox?.waiting.length) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #put(image, { keep = null, rating = null }) {
    this.#verdicts.set(image, { keep, rating });
    this.dispatchEvent(new CustomEvent("verdict", { detail: image }));
  }
}
