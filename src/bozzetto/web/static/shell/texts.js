// The words of a page: a file a language and a folder, English where the browser asks for another.

const LANGUAGES = ["en", "it"];
const words = {};

export async function loadTexts(...folders) {
  const asked = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  const language = asked.find((one) => LANGUAGES.includes(one)) ?? "en";
  document.documentElement.lang = language;
  const found = await Promise.all(folders.map(
    async (folder) => (await fetch(`/static/${folder}/texts.${language}.json`)).json()));
  Object.assign(words, ...found);
}

// The text of a key; {name} stands for a value, {name:one|many} for a word by its number.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const value = String(values[name] ?? "");
    return many === undefined ? value : value === "1" ? one : many;
  });
}

// Numbers as the page's language writes them.
export const number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);
