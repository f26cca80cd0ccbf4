// What the browser keeps of unfinished work belongs to one account: it goes with it. What was said
// of pictures and waits to be saved stays, under its own name.

const WHO = "bozzetto.user";
const MINE = /^bozzetto\./;
const STAYS = /^bozzetto\.(?:said:|reviewer$|user$)/;

export function forgetDrafts() {
  for (const store of stores()) {
    for (const key of Object.keys(store)) {
      if (MINE.test(key) && !STAYS.test(key)) store.removeItem(key);
    }
  }
}

// Who uses the browser now; the drafts of another are not shown.
export function draftsOf(user) {
  const name = user ?? "";
  try {
    const before = localStorage.getItem(WHO);
    if (before !== null && before !== name) forgetDrafts();
    localStorage.setItem(WHO, name);
  } catch {
    // A browser that keeps nothing shows nothing.
  }
}

function stores() {
  try {
    return [localStorage, sessionStorage];
  } catch {
    return [];
  }
}
