// A number that was taken a moment ago comes up by itself; whoever holds yesterday's is not asked about for ever.
const source = `${location.pathname.replace(/\/en$/, "")}/now`;
let wait_ms = 4000;
async function ask() {
  const answer = await fetch(source, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) return location.reload();
  wait_ms *= 2;
  if (wait_ms <= 64000) setTimeout(ask, wait_ms + Math.random() * 2000);
}
setTimeout(ask, wait_ms + Math.random() * 2000);
