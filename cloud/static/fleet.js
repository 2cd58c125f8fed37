// Keeps the page of devices fresh: every fifteen seconds the server's newest picture, where the page is being looked at.
// What somebody has in hand stays: the focus, and text that is being selected.
const EVERY_MS = 15_000;
const fleet = document.querySelector("#fleet");
const lost = document.querySelector("#lost");
let shown = "";

async function refresh() {
  try {
    const response = await fetch(fleet.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (response.status === 401) {
      location.assign(fleet.dataset.login);
      return;
    }
    if (!response.ok) throw new Error(response.statusText);
    const newest = await response.text();
    if (newest !== shown && getSelection().isCollapsed) {
      show(newest);
      shown = newest;
    }
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

function show(newest) {
  const held = fleet.contains(document.activeElement) ? document.activeElement.id : "";
  fleet.innerHTML = newest;
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

async function follow() {
  if (!document.hidden) await refresh();
  setTimeout(follow, EVERY_MS);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
setTimeout(follow, EVERY_MS);
