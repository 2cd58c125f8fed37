// The counter page: what each button and key does; the panel comes ready-made from the hub.
import { aboutTicket, ask, byId, follow, giveNumber, onKeys, press, send, setCounter } from "./desk.js";

const panel = byId("panel");
const counter = panel.dataset.counter;
const work = () => panel.querySelector("main").dataset;

const actions = {
  next: (key) => press(key, { type: "CallNext/1", counter, seen: work().ticket }),
  recall: (key) => press(key, { type: "Recall/1", counter, ticket: work().ticket }),
  "no-show": (key) => press(key, { type: "MarkNoShow/1", counter, ticket: work().ticket }),
  finish: (key) => press(key, { type: "Finish/1", counter, ticket: work().ticket }),
  park: (key) => press(key, { type: "Park/1", counter, ticket: work().ticket }),
  undo: (key) => press(key, { type: "Undo/1", counter, command: byId(key).dataset.command }),
  open: (key) => press(key, { type: "SetCounter/1", counter, state: "open" }),
  online: (key) => press(key, { type: "SetCounter/1", counter, state: "online-dossiers" }),
  pay: (key, { means }) => {
    toWork();
    return press(key, { type: "TakePayment/1", counter, ticket: work().ticket, means });
  },
  withdraw: (key) => {
    toWork();
    return send(key, `/counters/${counter}/charge/withdraw`, {});
  },
  pause: (key) => setCounter(key, counter, byId("page-name").textContent),
  give: (key) => giveNumber(key),
  why: () => ask("why"),
  "call-back": (key, { ticket }) => press(key, { type: "CallTicket/1", counter, ticket, seen: work().ticket }),
  confirm: (key, { ticket, claim }) => press(key, { type: "SetPriority/1", ticket, priority: claim }),
  drop: (key, { ticket }) => press(key, { type: "SetPriority/1", ticket, priority: "none" }),
  return: (key, { ticket }) => press(key, { type: "ReturnToQueue/1", ticket }),
  line: (key) => aboutTicket(byId(key), { counter, seen: work().ticket }),
  async transfer(key) {
    const { ticket, label } = work(); // the person who is here now, whoever it is when the dialog closes
    const [what, fields] = await ask("transfer", named(label));
    if (what !== "transfer") return;
    await press(key, { type: "Transfer/1", counter, ticket, service: fields.get("service"), room: fields.get("room") });
  },
  async tests(key) {
    const { ticket, label } = work();
    const picked = [];
    const boxes = [...byId("dialog-tests").querySelectorAll("input[type=checkbox]")];
    const count = (event) => {
      const box = event.target;
      if (box.checked) picked.push(box.value);
      else picked.splice(picked.indexOf(box.value), 1);
      for (const other of boxes) {
        const place = picked.indexOf(other.value) + 1;
        other.parentElement.dataset.place = place || "";
        other.disabled = !place && picked.length >= 6;
      }
    };
    byId("dialog-tests").addEventListener("change", count);
    const [what] = await ask("tests", (dialog) => {
      for (const box of boxes) { box.parentElement.dataset.place = ""; box.disabled = false; }
      named(label)(dialog);
    });
    byId("dialog-tests").removeEventListener("change", count);
    if (what === "tests" && picked.length) {
      await press(key, { type: "SendToTests/1", counter, ticket, services: picked });
    }
  },
};

const named = (label) => (dialog) => { dialog.querySelector("[data-label]").textContent = label; };

function act(button) {
  if (!button || button.disabled || button.hidden) return false;
  actions[button.dataset.action]?.(button.id, button.dataset);
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  act(button);
  // A mouse leaves the keys as they were: the space bar goes on calling the next person.
  if (event.detail && !document.querySelector("dialog[open]")) toWork();
});

// The amount of a fee: its thousands stand apart while it is typed, Enter shows the code, Escape leaves the field.
// Once the code is shown, the keys of the buttons work; in the field they do not, for people type "200k".
let charged = false;
async function charge(amount) {
  charged = Boolean(await send("do-charge", `/counters/${counter}/charge`, { ticket: work().ticket, amount }));
  if (!charged) panel.querySelector("[data-charge] input")?.select(); // a wrong amount is typed over
  toTheCode();
}
function toTheCode() {
  if (!charged || !byId("charged")) return;
  charged = false;
  byId("charged").focus({ preventScroll: true });
}
const toWork = () => byId("work").focus({ preventScroll: true });
panel.addEventListener("input", ({ target }) => {
  if (!target.closest("[data-charge]") || !/^[\d. ]*$/.test(target.value)) return;
  const behind = target.value.length - target.selectionEnd;
  target.value = target.value.replace(/\D/g, "").replace(/\B(?=(\d{3})+$)/g, ".");
  const at = Math.max(0, target.value.length - behind);
  target.setSelectionRange(at, at);
});
panel.addEventListener("submit", (event) => {
  event.preventDefault();
  charge(event.target.elements.amount.value);
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest("[data-charge]")) toWork();
  if (event.key === "Enter" && event.target.id === "charged") event.stopPropagation(); // one Enter too many ends nobody
});

onKeys((key) => {
  if (key === "l") {
    const line = panel.querySelector(".q");
    line?.focus();
    return Boolean(line);
  }
  if (key === "p") {
    const amount = panel.querySelector("[data-charge] input");
    amount?.select();
    return Boolean(amount);
  }
  const button = document.querySelector(`[data-key="${CSS.escape(key === " " ? "Space" : key)}"]`);
  return act(button);
});

follow(panel, `/counters/${counter}/panel`, toTheCode);
