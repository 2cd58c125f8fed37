// The tablet follows its counter: another service to rate brings another page. Nothing is decided here.
const SKIP_MS = 20000; // whoever walks away has given their score; the reason stays open
const THANKS_MS = 6000;

const rating = document.getElementById("rating");
const skip = document.getElementById("skip");
if (skip) setTimeout(() => skip.click(), SKIP_MS);
else if (location.search.includes("thanks")) setTimeout(() => location.replace("/rating"), THANKS_MS);

const changes = new EventSource("/rating/changes");
changes.addEventListener("rate", (event) => {
  if (event.data === rating.dataset.shown) return;
  if (!skip) location.replace("/rating");
  else if (event.data.startsWith("pay ")) skip.click(); // the score counts; the next person wants to pay
});
document.addEventListener("submit", () => changes.close()); // the answer itself ends the question: it brings its own page
