// The floor lead's page: every counter, whoever needs a look, and any ticket of today.
import { aboutTicket, ask, byId, follow, giveNumber, onKeys, press, say, setCounter, times } from "./desk.js";

const panel = byId("panel");
const result = byId("result");
const search = byId("search");
let shown = ""; // the number whose life is shown

const actions = {
  give: (button) => giveNumber(button.id),
  state: (button) => setCounter(button.id, button.dataset.counter, button.dataset.title),
  ticket: (button) => aboutTicket(button),
  confirm: (button) => press(button.id, { type: "SetPriority/1", ticket: button.dataset.ticket, priority: button.dataset.claim }),
  drop: (button) => press(button.id, { type: "SetPriority/1", ticket: button.dataset.ticket, priority: "none" }),
  return: (button) => press(button.id, { type: "ReturnToQueue/1", ticket: button.dataset.ticket }),
  settle: (button) => press(button.id, { type: "SettleContest/1", contest: button.dataset.contest, verdict: button.dataset.verdict }),
  show: (button) => show(button.dataset.label),
  announce: (button) => announce(button.id),
  end: (button) => press(button.id, { type: "EndNotice/1", notice: button.dataset.notice }),
};

// Have something said and shown in the hall at once.
async function announce(key) {
  const [what, fields] = await ask("announce");
  if (what !== "announce") return;
  await press(key, {
    type: "Announce/1",
    text_vi: fields.get("text_vi").trim(),
    text_en: fields.get("text_en").trim(),
    zones: fields.getAll("zone"),
    urgent: fields.get("urgent") === "yes",
    minutes: Number(fields.get("minutes")),
  });
}

async function show(label) {
  shown = label;
  try {
    const answer = await fetch(`/floor/tickets/${encodeURIComponent(label)}`);
    if (answer.status === 401) location.assign("/login");
    const life = await answer.text();
    if (shown !== label) return; // another number was asked for meanwhile
    const held = result.contains(document.activeElement) ? document.activeElement.id : "";
    result.innerHTML = life;
    times(result);
    if (held) byId(held)?.focus();
  } catch {
    say(document.body.dataset.failed, true);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-action]");
  if (!button || button.disabled) return;
  await actions[button.dataset.action]?.(button);
  if (shown) show(shown);
});

search.addEventListener("submit", (event) => {
  event.preventDefault();
  const label = new FormData(search).get("label").trim();
  if (label) show(label);
});

onKeys((key) => {
  if (key === "/") { search.elements.label.focus(); return true; }
  if (key === "p") { byId("do-announce").click(); return true; }
  if (key === "s") { byId("do-give").click(); return true; }
  return false;
});

follow(panel, "/floor/panel");
