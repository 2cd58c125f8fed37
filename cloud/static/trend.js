// Makes the server's drawing of a trend one that tells its numbers where it is pointed at. Without this it stays a drawing.
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();
const HEIGHT = 190;
const number = new Intl.NumberFormat(document.documentElement.lang);

function seconds(name) {
  const [year, month, day = 1] = name.split("-").map(Number);
  return Date.UTC(year, month - 1, day) / 1000;
}

function shown(name) {
  return name.split("-").reverse().join("/");
}

function tick(name) {
  return name.length > 7 ? shown(name).slice(0, 5) : shown(name);
}

function draw(figure) {
  const names = figure.dataset.names.split(",");
  const values = figure.dataset.values.split(",").map(Number);
  if (names.length < 3) return;
  const axis = { stroke: colour("--ink-soft"), font: "12px 'Be Vietnam Pro'", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const chart = new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "UTC"),
      legend: { live: true },
      cursor: { y: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
      axes: [
        { ...axis, values: (_, splits) => splits.map((s) => tick(new Date(s * 1000).toISOString().slice(0, names[0].length))) },
        { ...axis, size: 60, values: (_, splits) => splits.map((n) => number.format(n)) },
      ],
      series: [
        { label: figure.dataset.when, value: (_, at, __, index) => (index === null ? "–" : shown(names[index])) },
        { label: figure.dataset.label, stroke: colour("--brand"), width: 2, fill: colour("--brand-tint"), value: (_, n) => (n === null ? "–" : number.format(n)) },
      ],
    },
    [names.map(seconds), values],
    figure,
  );
  figure.classList.add("live");
  new ResizeObserver(() => chart.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
}

document.querySelectorAll("figure.trend").forEach(draw);
