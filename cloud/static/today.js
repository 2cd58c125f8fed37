// Keeps the figures fresh: every two seconds the server's newest picture of them, where the page is being looked at.
const EVERY_MS = 2000;
const figures = document.querySelector("#today");
const lost = document.querySelector("#lost");
let shown = "";

async function refresh() {
  try {
    const response = await fetch(figures.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (response.status === 401) {
      location.assign(figures.dataset.login);
      return;
    }
    if (!response.ok) throw new Error(response.statusText);
    const newest = await response.text();
    if (newest !== shown) figures.innerHTML = newest;
    shown = newest;
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

async function follow() {
  if (!document.hidden) await refresh();
  setTimeout(follow, EVERY_MS);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
setTimeout(follow, EVERY_MS);
