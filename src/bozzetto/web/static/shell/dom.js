// Elements from code. Whatever people or models wrote becomes a text node, never markup.

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// A button that leaves the focus where it is when it is clicked: the keys go on working there.
export function button(label, act, attributes = {}) {
  const made = el("button", { type: "button", onclick: act, ...attributes }, label);
  made.addEventListener("mousedown", (event) => event.preventDefault());
  return made;
}
