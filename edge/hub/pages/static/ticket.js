// The page of one ticket asks again by itself; a telephone on a shelf needs no touch.
const timeZone = document.getElementById("zone").dataset.zone;
for (const node of document.querySelectorAll("[data-time]")) {
  const at = new Date(Number(node.dataset.time));
  node.textContent = at.toLocaleTimeString("vi-VN", { timeZone, hour: "numeric", minute: "2-digit", hour12: false });
}
const date = { timeZone, weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" };
for (const node of document.querySelectorAll("[data-date]")) {
  const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
  node.textContent = new Date(Number(node.dataset.date)).toLocaleDateString(language, date);
}
setTimeout(() => location.reload(), 15000);
