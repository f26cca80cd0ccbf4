// The words of the page: one file a language, English where the browser asks for another.

const LANGUAGES = ["en", "it"];
let words = {};

export async function loadTexts() {
  const asked = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  const language = asked.find((one) => LANGUAGES.includes(one)) ?? "en";
  const answer = await fetch(`/static/texts.${language}.json`);
  words = await answer.json();
  document.documentElement.lang = language;
}

// The text of a key; {name} stands for a value.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
