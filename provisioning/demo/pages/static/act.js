// What both parts of the workbench's page need: find, make and do.

export const $ = (id) => document.getElementById(id);

export async function act(type, rest = {}) {
  return fetch("/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ type, ...rest }),
  });
}

export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}
